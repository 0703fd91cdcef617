"""Reads questions in Moodle XML. Entities and document types are refused: they can grow to gigabytes or read files."""

import math
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from service.errors import InvalidInputError
from service.exchange.questions import Choice, Format, Kind, Question, Rich

_KINDS = {
    "multichoice": Kind.MULTICHOICE,
    "truefalse": Kind.TRUE_FALSE,
    "matching": Kind.MATCHING,
    "match": Kind.MATCHING,
    "shortanswer": Kind.SHORT_ANSWER,
    "numerical": Kind.NUMERICAL,
    "essay": Kind.ESSAY,
    "cloze": Kind.CLOZE,
    "multianswer": Kind.CLOZE,
    "ordering": Kind.ORDERING,
    "description": Kind.DESCRIPTION,
    "category": Kind.CATEGORY,
}


def read_moodle_xml(content: bytes) -> Iterator[Question]:
    """Give the questions of a file in their order. Raise InvalidInputError for what is no Moodle XML."""
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise InvalidInputError(
            "questions.unsafe_xml", "The file declares a document type or entities; a file of Moodle does not."
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise InvalidInputError("questions.broken_xml", f"The file is no XML that can be read: {error}.") from error
    if root.tag != "quiz":
        raise InvalidInputError(
            "questions.no_quiz", f"The file is XML, but of {root.tag[:40]!r}, not of a Moodle quiz."
        )
    return (_read(element) for element in root.findall("question"))


def _read(element: Element) -> Question:
    source_kind = element.get("type", "")[:40]
    kind = _KINDS.get(source_kind, Kind.OTHER)
    if kind is Kind.CATEGORY:
        return Question(kind, source_kind, 0, name=_words(element, "category"))
    choices = tuple(_choices(element, kind))
    return Question(
        kind=kind,
        source_kind=source_kind or "question",
        line=0,
        name=" ".join(_words(element, "name").split()),
        text=_rich(element.find("questiontext")),
        choices=choices,
        pairs=tuple(
            (_rich(pair), Rich(_words(pair, "answer"), Format.HTML)) for pair in element.findall("subquestion")
        ),
        has_one_answer=_is_yes(element, "single", usual=True),
        general_feedback=_rich(element.find("generalfeedback")),
        points=_number(element.findtext("defaultgrade"), 1.0),
        least_words=int(_number(element.findtext("minwordlimit"), 0.0)),
        left_behind=tuple(_left_behind(element, kind)),
    )


def _choices(element: Element, kind: Kind) -> Iterator[Choice]:
    usual = 100.0 if kind is Kind.ORDERING else 0.0
    for answer in element.findall("answer"):
        yield Choice(
            text=_rich(answer),
            fraction=_number(answer.get("fraction"), usual),
            feedback=_rich(answer.find("feedback")),
            tolerance=abs(_number(answer.findtext("tolerance"), 0.0)),
        )


def _left_behind(element: Element, kind: Kind) -> Iterator[str]:
    files = sum(1 for _ in element.iter("file"))
    if files:
        yield "its picture or file" if files == 1 else f"its {files} pictures and files"
    if element.find("hint") is not None:
        yield "its hints"
    for name in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
        if _rich(element.find(name)) and not _is_usual(_words(element, name)):
            yield "its remarks on the answer as a whole"
            break
    if kind is Kind.SHORT_ANSWER and _is_yes(element, "usecase", usual=False):
        yield "the difference between capital and small letters"
    if kind is Kind.NUMERICAL and element.find("units/unit") is not None:
        yield "its units"
    if kind is Kind.ESSAY and _rich(element.find("responsetemplate")):
        yield "the text that the answer begins with"
    if kind is Kind.ESSAY and _number(element.findtext("attachments"), 0.0):
        yield "attachments to the answer"


def _is_usual(text: str) -> bool:
    """Say whether it is what Moodle writes into every new question in English, which nobody would miss."""
    return "Your answer is" in text and len(text) < 80


def _rich(element: Element | None) -> Rich:
    if element is None:
        return Rich()
    known = {found.value: found for found in Format}
    return Rich(element.findtext("text") or "", known.get(element.get("format", ""), Format.HTML))


def _words(element: Element, name: str) -> str:
    return (element.findtext(f"{name}/text") or "").strip()


def _is_yes(element: Element, name: str, *, usual: bool) -> bool:
    said = (element.findtext(name) or "").strip().lower()
    return said in {"true", "1"} if said else usual


def _number(text: str | None, usual: float) -> float:
    """Return the number; a fraction may have many decimals, since Moodle writes a third as 33.33333."""
    try:
        value = float((text or "").strip())
    except ValueError:
        return usual
    return value if math.isfinite(value) else usual
