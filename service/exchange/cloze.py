"""Reads a text with gaps as Moodle writes it: `{1:SHORTANSWER:=Warsaw#Yes.~%50%Kraków}`."""

import re
from dataclasses import dataclass

from service.exchange.questions import Choice, Format, Rich

_GAP = re.compile(r"\{(?:\d{0,3}):([A-Z_]{2,20}):((?:\\.|[^}\\]){0,2000})\}", re.DOTALL)
_WRITTEN = {"SHORTANSWER", "SA", "MW"}
_NUMBER = {"NUMERICAL", "NM"}
_CHOSEN = {"MULTICHOICE", "MC"}
_TICKED = {"MULTIRESPONSE", "MR"}
_LAYOUTS = re.compile(r"_(?:V|H|S|VS|HS|C)$|(?<=^M[CR])[VHS]{1,2}$|(?<=^SA)C$|(?<=^MW)C$")
_ANSWER = re.compile(r"\s*(?:%(-?\d{1,3}(?:\.\d+)?)%|(=))?(.*)", re.DOTALL)


@dataclass(frozen=True)
class ClozeGap:
    """A gap: something to choose or to write, with the answers that are known."""

    choices: tuple[Choice, ...]
    is_choice: bool
    is_number: bool
    is_ticked: bool = False
    """Whether several answers can be chosen."""


@dataclass(frozen=True)
class Cloze:
    """The text with `[gap-1]` and so on in it."""

    text: str
    gaps: tuple[ClozeGap, ...]
    losses: tuple[str, ...]


def read_cloze(text: str) -> Cloze:
    """Return what the text, which is plain, holds. A gap that cannot be read stays as it is written, and is told."""
    gaps: list[ClozeGap] = []
    losses: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kind = _LAYOUTS.sub("", found[1])
        if kind not in _WRITTEN | _NUMBER | _CHOSEN | _TICKED:
            losses.append(f"its gap of the kind {found[1]}")
            return "(…)"
        is_number = kind in _NUMBER
        choices = tuple(_answer(part, is_number=is_number) for part in re.split(r"(?<!\\)~", found[2]) if part.strip())
        gaps.append(ClozeGap(choices, kind in _CHOSEN, is_number, kind in _TICKED))
        return f"[gap-{len(gaps)}]"

    free = re.sub(r"\[([a-z0-9-]{1,64})\]", r"(\1)", text)
    if free != text:
        losses.append("square brackets, which became round ones")
    return Cloze(_GAP.sub(keep, free), tuple(gaps), tuple(losses))


def _answer(part: str, *, is_number: bool) -> Choice:
    found = _ANSWER.fullmatch(part)
    weight, is_right, rest = found.groups() if found else (None, None, part)
    text, _, feedback = _split_once(rest or "")
    tolerance = 0.0
    if is_number:
        text, _, allowed = text.partition(":")
        tolerance = abs(float(allowed)) if re.fullmatch(r"\s*\d{1,12}(?:\.\d{1,12})?\s*", allowed) else 0.0
    fraction = float(weight) if weight else 100.0 if is_right else 0.0
    return Choice(_plain(text), fraction, _plain(feedback), tolerance)


def _split_once(text: str) -> tuple[str, str, str]:
    found = re.search(r"(?<!\\)#", text)
    return (text[: found.start()], "#", text[found.end() :]) if found else (text, "", "")


def _plain(text: str) -> Rich:
    return Rich(re.sub(r"\\([~#}\\/\"])", r"\1", text).strip(), Format.PLAIN)
