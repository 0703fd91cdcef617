"""A question of another system, as its file tells it, whatever the file's format was."""

from dataclasses import dataclass
from enum import StrEnum

MOST_BYTES = 5 * 1024 * 1024
"""Of a file with questions; one with pictures in it may be larger, and should come without them."""


class Kind(StrEnum):
    """What kinds of questions Moodle has, by its own names; everything else is OTHER."""

    MULTICHOICE = "multichoice"
    TRUE_FALSE = "truefalse"
    MATCHING = "matching"
    SHORT_ANSWER = "shortanswer"
    NUMERICAL = "numerical"
    ESSAY = "essay"
    CLOZE = "cloze"
    ORDERING = "ordering"
    DESCRIPTION = "description"
    CATEGORY = "category"
    OTHER = "other"


class Format(StrEnum):
    """How a text is written."""

    HTML = "html"
    MOODLE = "moodle_auto_format"
    """HTML in which an end of line is one."""
    MARKDOWN = "markdown"
    PLAIN = "plain_text"


@dataclass(frozen=True)
class Rich:
    """A text and how it is written."""

    text: str = ""
    format: Format = Format.HTML

    def __bool__(self) -> bool:
        return bool(self.text.strip())


@dataclass(frozen=True)
class Choice:
    """An answer that the question knows. `fraction` is its part of the marks in percent, below 0 if it takes away."""

    text: Rich
    fraction: float
    feedback: Rich = Rich()
    tolerance: float = 0.0
    """Of a number."""


@dataclass(frozen=True)
class Question:
    """A question. Of `choices` and `pairs` each kind fills what it has; an ordering has its choices in order."""

    kind: Kind
    source_kind: str
    """As the file calls it."""
    line: int
    """Where it begins in the file; 0 if that is not known."""
    name: str = ""
    text: Rich = Rich()
    choices: tuple[Choice, ...] = ()
    pairs: tuple[tuple[Rich, Rich], ...] = ()
    """What is asked, perhaps nothing, and what goes with it."""
    has_one_answer: bool = True
    general_feedback: Rich = Rich()
    points: float = 1.0
    least_words: int = 0
    left_behind: tuple[str, ...] = ()
    """What the file has and nothing here can hold, in words that follow “without”."""
    fault: str = ""
    """Why it cannot be read, as a sentence; empty if it can."""
