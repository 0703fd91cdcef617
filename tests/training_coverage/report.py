"""Where each requirement about training is answered, found by the `rows:` tags of the content.

`rows.tsv` lists every TRAIN and EXER row of the sources S0, S3 and S4 (the acceptance table), with the course of the
course map that it belongs to: A (mentor-basics) and B (module-i) are written; C (mentees), D (coordinators) and
E (managers) are not yet. `tool`: a part of the tool answers it instead of a text. `open`: nothing answers it.
`make coverage` prints it as a table, and below it how many words each module has.
"""

import csv
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from service.modules.content import Catalogue, ModuleWords
from service.modules.loader import load_catalogue

ROWS = Path(__file__).with_name("rows.tsv")
CONTENT = Path(__file__).parents[2] / "training_modules"
WRITTEN = {"A", "B"}
OBJECTIVES = tuple(f"S4-{number:02}" for number in range(3, 15))
OUTCOMES = tuple(f"S4-{number:02}" for number in range(15, 21))
LONGEST = 58


@dataclass(frozen=True)
class Row:
    """A requirement. `instead` says where it goes or what is missing, if no written course answers it."""

    id: str
    tags: frozenset[str]
    course: str
    text: str
    instead: str


@dataclass(frozen=True)
class Places:
    """What answers a row: courses and modules by their keys, exercises as `module/exercise`."""

    texts: tuple[str, ...]
    exercises: tuple[str, ...]


def read_rows() -> list[Row]:
    """Return the rows in the order of the list."""
    with ROWS.open(encoding="utf-8", newline="") as file:
        return [
            Row(row["id"], frozenset(row["tags"].split()), row["course"], row["what it asks for"], row["where instead"])
            for row in csv.DictReader(file, delimiter="\t")
        ]


def places_of(row_id: str, catalogue: Catalogue) -> Places:
    """Return what is tagged with the row. A module whose exercise has the tag answers it too."""
    texts = [course.key for course in catalogue.courses if row_id in course.rows]
    exercises = []
    for module in catalogue.modules:
        tagged = [f"{module.key}/{one.key}" for one in module.exercises if row_id in one.rows]
        exercises.extend(tagged)
        if tagged or row_id in module.rows:
            texts.append(module.key)
    return Places(tuple(texts), tuple(exercises))


def gaps(rows: Sequence[Row], catalogue: Catalogue) -> list[str]:
    """Return a sentence for each row of a written course that leads nowhere."""
    return [sentence for row in rows if row.course in WRITTEN for sentence in _gaps_of(row, catalogue)]


def _gaps_of(row: Row, catalogue: Catalogue) -> Iterator[str]:
    places = places_of(row.id, catalogue)
    if not places.texts:
        yield f"{row.id} leads to no module: {row.text}"
    if "EXER" in row.tags and not places.exercises:
        yield f"{row.id} leads to no exercise: {row.text}"


def table(rows: Sequence[Row], catalogue: Catalogue) -> Iterator[str]:
    """Give the lines of the report."""
    for row in rows:
        places = places_of(row.id, catalogue)
        found = ", ".join(places.exercises if "EXER" in row.tags else places.texts)
        if row.course not in WRITTEN:
            found = f"({row.instead})"
        tags = " ".join(sorted(row.tags, reverse=True))
        yield f"{row.id:7} {tags:10} {row.course:4} {_short(row.text):{LONGEST}}  {found or 'NOTHING'}"
    count = Counter(row.course for row in rows)
    written = [row for row in rows if row.course in WRITTEN]
    answered = len([row for row in written if not list(_gaps_of(row, catalogue))])
    yield ""
    yield f"{answered} of {len(written)} rows of the written courses A and B are answered."
    for what, ids in (("objectives", OBJECTIVES), ("outcomes", OUTCOMES)):
        yield f"{sum(bool(places_of(one, catalogue).exercises) for one in ids)} of {len(ids)} {what} have exercises."
    yield "Not written yet: " + ", ".join(f"course {course}: {count[course]}" for course in "CDE")
    yield f"Answered by the tool: {count['tool']}. Open: {count['open']}."


def word_table(catalogue: Catalogue) -> Iterator[str]:
    """Give the words in the sections of each module, by language, without drawings and exercises."""
    yield f"{'words in the sections':32}" + "".join(f"{language:>8}" for language in catalogue.languages)
    for module in catalogue.modules:
        counts = (words_in(module.words[language]) for language in catalogue.languages)
        yield f"{module.course_key + '/' + module.key:32}" + "".join(f"{count:8}" for count in counts)


def words_in(words: ModuleWords) -> int:
    """Return how many words its sections have. What a quote, an apostrophe or a hyphen joins is one."""
    html = " ".join(part for one in words.sections for part in (one.heading, *(each.html for each in one.paragraphs)))
    without_drawings = re.sub(r'<figure class="figure">.*?</figure>', " ", html, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", " ", re.sub(r"</?(?:a|em|strong)\b[^>]*>", "", without_drawings))
    return len(re.findall(r"\w+(?:[’'׳״\"־‑-]\w+)*", unescape(text)))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


if __name__ == "__main__":
    content = load_catalogue(CONTENT)
    sys.stdout.writelines(f"{line}\n" for line in (*table(read_rows(), content), "", *word_table(content)))
