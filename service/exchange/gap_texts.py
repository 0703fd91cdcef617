"""Makes an exercise of a text with gaps (Moodle's cloze)."""

from dataclasses import replace
from typing import Any

from service.exchange.cloze import ClozeGap, read_cloze
from service.exchange.drafts import Draft, Losses, NotTakenError, accepted_of, escaped, key_of
from service.exchange.markup import as_lines, as_text
from service.exchange.questions import Format, Kind, Question, Rich
from service.exchange.stock import Stock


def make_cloze(question: Question, losses: Losses, stock: Stock) -> Draft:
    """Return the exercise. Raise NotTakenError if a gap has no answer that can be looked for."""
    found = read_cloze(losses.take(as_lines(question.text)))
    losses.add(*found.losses)
    if not found.gaps:
        raise NotTakenError("No gap was found in its text that could be read.")
    gaps: dict[str, Any] = {}
    words: dict[str, Any] = {}
    answers = []
    for number, gap in enumerate(found.gaps, start=1):
        if gap.is_ticked:
            raise NotTakenError(
                "One of its gaps takes several answers (MULTIRESPONSE), and a gap here takes one: let that gap be a "
                "question of its own, and it becomes an exercise with several answers."
            )
        key = f"gap-{number}"
        make = _chosen if gap.is_choice else _written
        gaps[key], words[key], answer = make(gap, losses, stock)
        answers.append(answer)
        feedback = next((losses.take(as_text(c.feedback)) for c in gap.choices if c.fraction == 100 and c.feedback), "")
        words[key]["feedback"] = feedback or stock.accepted(answer)
    model = "\n".join(f"{number}. {escaped(answer)}" for number, answer in enumerate(answers, start=1))
    return Draft(
        "fill-the-gap", {"gaps": gaps}, {"text": found.text, "gaps": words}, model, is_whole=False, task=stock.fill_in
    )


def find_ticked(question: Question) -> Question | None:
    """Return a text whose only gap lets people choose several answers (MULTIRESPONSE) as the question that it is.

    None for any other: beside other gaps there is no place for such a one, and `make_cloze` refuses it.
    """
    found = read_cloze(as_lines(question.text).text)
    if len(found.gaps) != 1 or not found.gaps[0].is_ticked:
        return None
    [gap] = found.gaps
    asked = Rich(found.text.replace("[gap-1]", "").strip() or question.name, Format.PLAIN)
    return replace(question, kind=Kind.MULTICHOICE, text=asked, choices=gap.choices, has_one_answer=False, pairs=())


def _chosen(gap: ClozeGap, losses: Losses, stock: Stock) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Return the gap's structure, its words, and the text of its answer."""
    options: dict[str, str] = {}
    for choice in gap.choices:
        text = losses.take(as_text(choice.text))
        options[key_of(text, f"option-{len(options) + 1}", options)] = text
    best = max((choice.fraction for choice in gap.choices), default=0)
    right = [key for key, choice in zip(options, gap.choices, strict=True) if choice.fraction == best > 0]
    if not right:
        raise NotTakenError("One of its gaps has no right answer.")
    return {"options": [*options], "answer": right[0]}, {"options": options}, options[right[0]]


def _written(gap: ClozeGap, losses: Losses, stock: Stock) -> tuple[dict[str, Any], dict[str, Any], str]:
    right = [choice for choice in gap.choices if choice.fraction == 100]
    accepted = list(accepted_of(right, is_number=gap.is_number, losses=losses))
    if not accepted:
        raise NotTakenError("One of its gaps has no answer with full marks that can be looked for.")
    if len(right) < len(gap.choices):
        losses.add("answers that earn less than all, and remarks on them")
    return {"accepted": {stock.language: accepted}}, {}, accepted[0].replace("*", "")
