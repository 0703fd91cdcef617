"""What the doctor finds: words in English, which the pages translate and the command line prints as they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """How a step went."""

    IN_ORDER = "in_order"
    WARNING = "warning"
    """It works, but something is missing or about to fail."""
    FAULT = "fault"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True)
class Finding:
    """One step. `sentence` and `advice` may hold `%(name)s`, to be filled from `facts` after they are translated."""

    step: str
    state: State
    sentence: str
    advice: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


def in_order(step: str, sentence: str, **facts: object) -> Finding:
    """Return a finding with which all is well."""
    return Finding(step, State.IN_ORDER, sentence, facts=facts)


def warning(step: str, sentence: str, advice: str = "", **facts: object) -> Finding:
    """Return a finding that someone should look at."""
    return Finding(step, State.WARNING, sentence, advice, facts)


def fault(step: str, sentence: str, advice: str = "", **facts: object) -> Finding:
    """Return a finding that has to be put right."""
    return Finding(step, State.FAULT, sentence, advice, facts)


def not_tried(step: str, sentence: str, **facts: object) -> Finding:
    """Return a step that could not be taken, and why."""
    return Finding(step, State.NOT_TRIED, sentence, facts=facts)
