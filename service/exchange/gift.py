"""Reads questions in GIFT, Moodle's format for plain text. What is no GIFT becomes a question with a fault.

Written here, because the parsers that can be had get escapes wrong and take broken answers for descriptions
(docs/decisions/0008). The rules are those of https://docs.moodle.org/en/GIFT_format.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import replace

from service.exchange.questions import Choice, Format, Kind, Question, Rich

_ESCAPED = ":#={}~"
_FIRST_STAND_IN = 0xE000
"""Escaped signs are letters of the private use area while the others are looked for."""
_STAND_INS = {f"\\{sign}": chr(_FIRST_STAND_IN + number) for number, sign in enumerate(_ESCAPED)}
_FORMATS = {
    "html": Format.HTML,
    "moodle": Format.MOODLE,
    "markdown": Format.MARKDOWN,
    "plain": Format.PLAIN,
}
_NUMBER = r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d{1,3})?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*")
_WITH_TOLERANCE = re.compile(rf"\s*({_NUMBER})\s*(?::\s*({_NUMBER})\s*)?")
_WEIGHT = re.compile(r"\s*%(-?\d{1,3}(?:\.\d+)?)%")


class _UnreadableError(Exception):
    """Says in a sentence what is wrong with a question."""


def read_gift(text: str) -> Iterator[Question]:
    """Give the questions of a file in their order."""
    plain = re.sub("[\ue000-\uf8ff]", "", text.replace("\r\n", "\n").replace("\r", "\n"))
    for line, block in _blocks(plain):
        yield _read(block, line)


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """Give what stands between empty lines, with the number of its first line; remarks are left out."""
    first, lines = 0, []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line.strip().startswith("//"):
            continue
        if line.strip():
            first = first or number
            lines.append(line)
        elif lines:
            yield first, "\n".join(lines)
            first, lines = 0, []


def _read(block: str, line: int) -> Question:
    category = re.match(r"\s*\$CATEGORY\s*:\s*(.*)", block)
    if category:
        return Question(Kind.CATEGORY, "category", line, name=_restored(category[1].split("\n")[0].strip()))
    for escape, stand_in in _STAND_INS.items():
        block = block.replace(escape, stand_in)
    named = re.match(r"\s*::(.*?)::", block, re.DOTALL)
    name = " ".join(_restored(named[1]).split()) if named else ""
    try:
        return replace(_read_unnamed(block[named.end() :] if named else block), line=line, name=name)
    except _UnreadableError as problem:
        return Question(Kind.OTHER, "GIFT", line, name=name, text=Rich(_restored(block)), fault=str(problem))


def _read_unnamed(text: str) -> Question:
    text_format, text = _with_format(text, Format.MOODLE)
    before, brace, rest = text.partition("{")
    if not brace:
        if "}" in text:
            raise _UnreadableError("It has a } and no { before it.")
        return Question(Kind.DESCRIPTION, "description", 0, text=Rich(_restored(text), text_format))
    inside, brace, after = rest.partition("}")
    if not brace:
        raise _UnreadableError("The { of its answers is not closed by a } before the next empty line.")
    if "{" in after or "}" in after:
        raise _UnreadableError("It has a second { or }. Is an escape \\ missing?")
    gap = f"{before.rstrip()} _____ {after.lstrip()}" if after.strip() else before
    answers, _, general = inside.partition("####")
    question = _read_answers(answers.strip(), text_format)
    return replace(
        question, text=Rich(_restored(gap).strip(), text_format), general_feedback=_rich(general, text_format)
    )


def _read_answers(answers: str, text_format: Format) -> Question:
    true_false = re.fullmatch(r"(T|TRUE|F|FALSE)\s*((?:#[^#]*){0,2})", answers, re.IGNORECASE)
    if not answers:
        question = Question(Kind.ESSAY, "essay", 0)
    elif true_false:
        question = _true_false(true_false[1], true_false[2], text_format)
    elif answers.startswith(">"):
        question = _ordering(answers, text_format)
    elif answers.startswith("#"):
        question = Question(Kind.NUMERICAL, "numerical", 0, choices=tuple(_numbers(answers[1:], text_format)))
    elif "~" not in answers and "->" in answers:
        question = _matching(answers, text_format)
    else:
        question = _listed(answers, text_format)
    return question


def _listed(answers: str, text_format: Format) -> Question:
    if not answers.startswith(("=", "~")):
        raise _UnreadableError("What stands in its braces is no list of answers: each begins with = or ~.")
    choices = tuple(_choices(answers, text_format))
    if "~" not in answers:
        return Question(Kind.SHORT_ANSWER, "shortanswer", 0, choices=choices)
    return Question(Kind.MULTICHOICE, "multichoice", 0, choices=choices, has_one_answer="=" in answers)


def _choices(answers: str, text_format: Format) -> Iterator[Choice]:
    for sign, answer in _parts(answers):
        weight = _WEIGHT.match(answer)
        text, _, feedback = answer[weight.end() if weight else 0 :].partition("#")
        fraction = float(weight[1]) if weight else 100.0 if sign == "=" else 0.0
        if not -100 <= fraction <= 100:
            raise _UnreadableError("A weight of its answers is not from -100 to 100.")
        yield Choice(_rich(text, text_format), fraction, _rich(feedback, text_format))


def _parts(answers: str) -> Iterator[tuple[str, str]]:
    return ((found[1], found[2]) for found in re.finditer(r"([=~])([^=~]*)", answers))


def _matching(answers: str, text_format: Format) -> Question:
    pairs = []
    for _sign, answer in _parts(answers):
        asked, arrow, match = answer.partition("->")
        if not arrow or not match.strip():
            raise _UnreadableError("One of its pairs lacks an arrow -> with something behind it.")
        pairs.append((_rich(asked, text_format), _rich(match, Format.PLAIN)))
    return Question(Kind.MATCHING, "matching", 0, pairs=tuple(pairs))


def _true_false(value: str, feedbacks: str, text_format: Format) -> Question:
    is_true = value.upper().startswith("T")
    wrong, right = (*(part.strip() for part in feedbacks.split("#")[1:]), "", "")[:2]
    choices = tuple(
        Choice(Rich(name), 100.0 if is_right else 0.0, _rich(right if is_right else wrong, text_format))
        for name, is_right in (("true", is_true), ("false", not is_true))
    )
    return Question(Kind.TRUE_FALSE, "truefalse", 0, choices=choices)


def _ordering(answers: str, text_format: Format) -> Question:
    """Read what the plugin for orderings writes: a line of settings, then a line for each item."""
    items = [line.strip() for line in answers.split("\n")[1:] if line.strip()]
    return Question(
        Kind.ORDERING, "ordering", 0, choices=tuple(Choice(_rich(item, text_format), 100.0) for item in items)
    )


def _numbers(answers: str, text_format: Format) -> Iterator[Choice]:
    listed = list(_parts(answers)) if answers.lstrip().startswith("=") else [("=", answers)]
    for _sign, answer in listed:
        weight = _WEIGHT.match(answer)
        value, _, feedback = answer[weight.end() if weight else 0 :].partition("#")
        middle, tolerance = _number(_restored(value))
        fraction = float(weight[1]) if weight else 100.0
        yield Choice(Rich(f"{middle:.12g}", Format.PLAIN), fraction, _rich(feedback, text_format), tolerance)


def _number(value: str) -> tuple[float, float]:
    """Return a number and how far an answer may be from it."""
    between, near = _RANGE.fullmatch(value), _WITH_TOLERANCE.fullmatch(value)
    if between:
        low, high = sorted((_float(between[1]), _float(between[2])))
        middle, tolerance = (low + high) / 2, (high - low) / 2
    elif near:
        middle, tolerance = _float(near[1]), abs(_float(near[2] or "0"))
    else:
        raise _UnreadableError("It asks for a number, and its answer is none, such as 3, 3:0.5 or 1..5.")
    if not math.isfinite(middle) or not math.isfinite(tolerance):
        raise _UnreadableError("Its number is too large.")
    return middle, tolerance


def _float(text: str) -> float:
    return float(text.replace(",", "."))


def _with_format(text: str, usual: Format) -> tuple[Format, str]:
    named = re.match(r"\s*\[(html|moodle|markdown|plain)\]", text)
    return (_FORMATS[named[1]], text[named.end() :]) if named else (usual, text)


def _rich(text: str, usual: Format) -> Rich:
    text_format, text = _with_format(text, usual)
    return Rich(_restored(text).strip(), text_format)


def _restored(text: str) -> str:
    for escape, stand_in in _STAND_INS.items():
        text = text.replace(stand_in, escape[1])
    return text.replace("\\n", "\n")
