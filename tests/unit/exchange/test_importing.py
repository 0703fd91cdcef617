"""Questions of Moodle become exercises; what cannot come with them is told, question by question."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.errors import ConflictError, ContentError, InvalidInputError, NotFoundError
from service.exchange import importing
from service.exchange.importing import read_questions
from service.exchange.questions import MOST_BYTES
from service.exchange.targets import Report, import_into, import_new
from service.modules.content import Module
from service.modules.loader import check, load_catalogue
from tests.small_content import SmallContent
from tests.unit.exchange.folders import snapshot

SAMPLES = Path(__file__).parent / "samples"
GIFT = (SAMPLES / "mentoring.gift").read_bytes()
XML = (SAMPLES / "moodle.xml").read_bytes()


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A folder in one language, so that what was imported can be loaded."""
    content = SmallContent(tmp_path / "content")
    content.files = {name: data for name, data in content.files.items() if "/he." not in name}
    content.files["catalog.yaml"]["languages"] = ["en"]
    content.files["module-i/course.yaml"]["words"].pop("he")
    return content.write()


def imported(root: Path, questions: bytes) -> tuple[Report, Module]:
    report = import_new(root, "module-i", "imported", questions, language="en")
    assert check(root) == []
    return report, load_catalogue(root).module("imported")


def told(report: Report) -> dict[str, str]:
    """Return what is told of each question, by title."""
    return {outcome.title: outcome.reason or "; ".join(outcome.losses) for outcome in report.outcomes}


RIGHT_IN_GIFT: dict[str, dict[str, Any]] = {
    "who-sets-the-agenda": {"choice": "the-mentee"},
    "signs-of-listening": {"ticked": ["she-sums-up-what-she-heard", "she-lets-a-pause-be-a-pause"]},
    "advice-is-help": {"choice": "false"},
    "pairs": {
        "groups": {
            "one-year-ahead": "peer-mentoring",
            "a-trainee-teaches-a-director": "reverse-mentoring",
            "a-programme-with-a-contract": "formal-mentoring",
        }
    },
    "the-word": {"choice": "confidential"},
    "secret": {"gaps": {"answer": "Confidence"}},
    "how-many": {"gaps": {"answer": "5"}},
    "minutes": {"gaps": {"answer": "70"}},
    "range": {"gaps": {"answer": "4"}},
    "best-guess": {"gaps": {"answer": "8"}},
    "your-example": {"text": "Once", "met": []},
    "steps": {"order": ["say-hello", "agree-on-the-aim", "talk", "say-what-comes-next"]},
    "escapes": {"choice": "and"},
    "plain": {"choice": "true"},
    "question-18": {"choice": "option-1"},
}
RIGHT_IN_XML: dict[str, dict[str, Any]] = {
    "first-sentence": {"choice": "what-have-you-tried"},
    "signs": {"ticked": ["she-asks-for-help", "she-tells-of-a-failure", "she-disagrees"]},
    "notes": {"choice": "false"},
    "roles": {"groups": {"sets-goals": "mentee", "listens": "mentor", "finds-mentors": "coordinator"}},
    "capital-letters": {"gaps": {"answer": "Trust"}},
    "share": {"gaps": {"answer": "78"}},
    "a-talk-of-yours": {"text": "word " * 40, "met": []},
    "the-rule-of-thirds": {"gaps": {"gap-1": "listens", "gap-2": "private", "gap-3": "60"}},
    "seven-stages": {"order": ["selection", "training", "matching", "first-meeting"]},
}


@pytest.mark.parametrize(("questions", "right"), [(GIFT, RIGHT_IN_GIFT), (XML, RIGHT_IN_XML)], ids=["gift", "xml"])
def test_what_was_right_in_moodle_earns_full_marks_here(questions: bytes, right: dict[str, Any], content: Path) -> None:
    _report, module = imported(content, questions)
    assert [exercise.key for exercise in module.exercises] == [*right]
    for exercise in module.exercises:
        answer = exercise.kind.read_answer(exercise.structure, right[exercise.key])
        mark = exercise.kind.mark(exercise.structure, answer)
        assert mark.points == mark.max_points == exercise.points, exercise.key


def test_words_come_with_their_form_and_their_remarks(content: Path) -> None:
    _report, module = imported(content, GIFT)
    words = module.words["en"].exercises
    assert (
        words["signs-of-listening"].task_html == "<p>Which of these show that somebody <strong>listens</strong>?</p>\n"
    )
    assert words["who-sets-the-agenda"].parts["options"]["the-mentee"]["feedback"] == "Yes: it is her time."
    assert words["who-sets-the-agenda"].model_html.startswith("<p>The mentee brings the topics")
    assert words["advice-is-help"].parts["options"]["true"]["feedback"] == "Advice can wait. Questions help more."
    assert words["escapes"].parts["options"]["and"] == {"text": "= and { }", "feedback": "A # and a ~."}
    assert "2 &lt; 3 &amp; 3 &gt; 2 &lt;b&gt;really" in words["plain"].task_html
    assert words["question-18"].task_html == "<p>מה בונה <em>אמון</em>?</p>\n"
    assert module.words["en"].title == "First meeting"


def test_each_loss_is_told_in_gift(content: Path) -> None:
    report, _module = imported(content, GIFT)
    losses = told(report)
    assert losses["Who sets the agenda?"] == losses["Pairs"] == losses["Secret"] == ""
    assert "more than one answer" in losses["The word"]
    assert losses["Minutes"] == "numbers between the whole ones"
    assert "less than all" in losses["Best guess"]
    assert "not closed" in losses["Broken"]
    assert "put it into the text" in next(told for title, told in losses.items() if title.startswith("Read the"))
    assert [outcome.question.line for outcome in report.outcomes][:3] == [2, 4, 11]


def test_each_loss_is_told_in_xml(content: Path) -> None:
    report, module = imported(content, XML)
    losses = told(report)
    assert losses["Signs"] == losses["Roles"] == losses["Seven stages"] == ""
    for loss in ("its picture or file", "its hints", "more than one answer", "remarks on 1 of its answers"):
        assert loss in losses["First sentence"]
    assert "capital and small letters" in losses["Capital letters"]
    assert "its units" in losses["Share"]
    assert "attachments" in losses["A talk of yours"]
    assert "calculated" in losses["Sums"]
    assert "no categories" in losses["Sums"] or losses["Before you begin"].startswith("It is text without a question")
    assert module.exercise("first-sentence").points == 2
    assert module.exercise("roles").pass_points == 1.8
    assert (report.module, report.to_translate) == ("module-i/imported", ())


def test_questions_are_added_to_a_module_and_the_rest_of_it_stays(tmp_path: Path) -> None:
    root = SmallContent(tmp_path / "content").write()
    path = root / "module-i" / "roles" / "module.yaml"
    path.write_text("# Ask Ruth before a change.\n" + path.read_text())
    before = path.read_text()
    report = import_into(root, "roles", GIFT, language="en", after="first")
    assert path.read_text().startswith(before)
    added = yaml.safe_load(path.read_text())["exercises"][3:]
    assert {exercise["after"] for exercise in added} == {"first"}
    assert len(added) == 15
    # What is left is for the translator, and the check says where.
    assert list(report.to_translate) == check(root)
    assert {fault.file for fault in report.to_translate} == {"module-i/roles/he.yaml", "module-i/roles/module.yaml"}
    again = import_into(root, "roles", GIFT, language="en", is_trial=True)
    assert "who-sets-the-agenda-2" in {outcome.key for outcome in again.outcomes}


def test_a_trial_and_a_refusal_write_nothing(content: Path) -> None:
    before = snapshot(content)
    import_into(content, "roles", GIFT, language="en", is_trial=True)
    for module, language, after, error in [
        ("nothing", "en", "", NotFoundError),
        ("roles", "en", "third", InvalidInputError),
        ("roles", "pl", "", InvalidInputError),
        ("../roles", "en", "", InvalidInputError),
    ]:
        with pytest.raises(error):
            import_into(content, module, GIFT, language=language, after=after)
    for course, module, error in [
        ("nothing", "new", NotFoundError),
        ("module-i", "roles", ConflictError),
        ("module-i", "", InvalidInputError),
        ("..", "new", InvalidInputError),
    ]:
        with pytest.raises(error):
            import_new(content, course, module, GIFT, language="en")
    with pytest.raises(ContentError):
        import_new(content, "module-i", "new", GIFT, language="he")
    assert snapshot(content) == before


BOMB = b"""<?xml version="1.0"?><!DOCTYPE quiz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><quiz>&b;</quiz>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE quiz [<!ENTITY a SYSTEM "file:///etc/passwd">]><quiz>&a;</quiz>"""


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (b"x" * (10 * 1024 * 1024), "questions.too_large"),
        (BOMB, "questions.unsafe_xml"),
        (OUTSIDE, "questions.unsafe_xml"),
        (b"<?xml version='1.0'?><quiz>", "questions.broken_xml"),
        (b"<?xml version='1.0' encoding='utf-99'?><quiz/>", "questions.broken_xml"),
        (b"<?xml version='1.0'?><course/>", "questions.no_quiz"),
        (b"<quiz></quiz>", "questions.none"),
        (b"", "questions.none"),
        (b"// a remark\n", "questions.none"),
        ("Ein Übungstext {=a ~b}".encode("latin-1"), "questions.no_text"),
        (b"What? {T}\n\n" * 2001, "questions.too_many"),
    ],
)
def test_what_is_no_file_of_questions_is_refused(given: bytes, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_questions(given)
    assert caught.value.code == code
    assert len(given) <= MOST_BYTES or code == "questions.too_large"


def test_a_module_has_no_more_exercises_than_the_format_allows(content: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST_EXERCISES", 4)
    report = import_into(content, "roles", GIFT, language="en")
    taken = [outcome.key for outcome in report.outcomes if outcome.key]
    assert taken == ["who-sets-the-agenda"]
    assert report.outcomes[-1].reason == "A module has 4 exercises at most."


def cloze(text: str) -> bytes:
    inside = f"<name><text>Ticks</text></name><questiontext><text><![CDATA[{text}]]></text></questiontext>"
    return f'<quiz><question type="cloze">{inside}</question></quiz>'.encode()


def test_a_gap_for_several_answers_becomes_an_exercise_if_it_stands_alone(content: Path) -> None:
    gap = "{1:MULTIRESPONSE:=A pause~=A question#Yes.~Advice}"
    _, module = imported(content, cloze(f"<p>What helps? {gap}</p>"))
    exercise = module.exercise("ticks")
    assert (exercise.type, exercise.structure["answers"]) == ("several-answers", ["a-pause", "a-question"])
    assert module.words["en"].exercises["ticks"].task_html == "<p>What helps?</p>\n"


def test_beside_other_gaps_it_is_told_what_to_do_with_it() -> None:
    both = cloze("<p>{1:MRV:=a~=b~c} and {1:SA:=d}</p>")
    [outcome] = importing.draw_all(read_questions(both), (), "s", "en").outcomes
    assert "let that gap be a question of its own" in outcome.reason


IN_TWO = '<span lang="en" class="multilang">{}</span> <span class="multilang" lang="pl">{}</span>'.format


@pytest.mark.parametrize(
    ("text", "language", "task", "loss"),
    [
        (IN_TWO("Who leads?", "Kto prowadzi?"), "pl", "Kto prowadzi?", "its words in en"),
        (IN_TWO("Who leads?", "Kto prowadzi?"), "en", "Who leads?", "its words in pl"),
        (IN_TWO("Who leads?", "Kto prowadzi?"), "he", "Who leads?", "words in he everywhere"),
        ("{mlang en}Who?{mlang}{mlang pl,cs}Kto?{mlang}", "pl", "Kto?", "its words in en, cs"),
        ("{mlang pl}Kto?{mlang}{mlang other}Who?{mlang}", "en", "Who?", "its words in pl"),
        ('<span lang="en">Plain</span> span', "pl", "Plain span", ""),
    ],
)
def test_of_texts_in_several_languages_one_is_chosen_and_the_others_are_told(
    text: str, language: str, task: str, loss: str
) -> None:
    answers = (
        f"<answer fraction='100'><text><![CDATA[{text}]]></text></answer><answer fraction='0'><text>x</text></answer>"
    )
    inside = f"<name><text>N</text></name><questiontext><text><![CDATA[<p>{text}</p>]]></text></questiontext>{answers}"
    questions = read_questions(f'<quiz><question type="multichoice">{inside}</question></quiz>'.encode())
    drawing = importing.draw_all(questions, (), "s", language)
    [drawn] = drawing.exercises
    assert drawn.words["task"].replace("\\", "") == task
    assert task in [option["text"] for option in drawn.words["options"].values()]
    assert loss in "; ".join(drawing.outcomes[0].losses)


@pytest.mark.parametrize("mark", ["{mlang en}", '<span class="multilang" lang="en">'])
@pytest.mark.parametrize("size", [50_000, 500_000])
def test_marks_that_nothing_closes_hold_nobody_up(mark: str, size: int) -> None:
    text = mark * (size // len(mark))
    inside = f"<name><text>N</text></name><questiontext><text><![CDATA[{text}]]></text></questiontext>"
    questions = read_questions(f'<quiz><question type="shortanswer">{inside}</question></quiz>'.encode())
    began_at = time.process_time()
    [outcome] = importing.draw_all(questions, (), "s", "en").outcomes
    assert outcome.reason
    assert time.process_time() - began_at < 2
