"""What a report, a warning and a block may be, and what is asked of who decides."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from service.forums.rules import LONGEST_REASON, Plan
from service.typed_text import clean_text

LONGEST_WORDS = 2000
REPORTS_AT_ONCE = 5
"""In `rules.AT_ONCE`, by one person."""
LONGEST_BLOCK = timedelta(days=366)


class ReportReason(StrEnum):
    """Why someone reports a post."""

    UNKIND = "unkind"
    CONFIDENTIAL = "confidential"
    """It tells what was told in confidence, or lets someone be recognised."""
    ADVERT = "advert"
    OTHER = "other"


class MeasureKind(StrEnum):
    """What moderators do about a writer."""

    WARNING = "warning"
    BLOCK = "block"
    """The person reads, and does not write, up to and including a day."""


@dataclass(frozen=True)
class Decision:
    """What a moderator decides about a post."""

    measure: MeasureKind | None
    hides: bool
    reason: str
    until: date | None
    """The last day of a block, by UTC."""
    seen: str
    """The `reports.stamp` that the page showed."""


def takes_reports(plan: Plan) -> bool:
    """Tell whether posts are reported to moderators: not where a few talk in private, see `safety`."""
    return not plan.has_rings


def report_faults(reason: str, words: str) -> dict[str, str]:
    """Return what is wrong with a report, by field."""
    faults = {}
    if reason not in set(ReportReason):
        faults["reason"] = "report.reason"
    if len(clean_text(words)) > LONGEST_WORDS:
        faults["words"] = "report.long"
    if reason == ReportReason.OTHER and not clean_text(words):
        faults["words"] = "report.words"
    return faults


def decision_faults(decision: Decision, *, has_reports: bool, today: date) -> dict[str, str]:
    """Return what is wrong with a decision, by field. That nothing needs doing decides only what was reported."""
    faults = {}
    acts = decision.hides or decision.measure is not None
    if not acts and not has_reports:
        faults["measure"] = "decision.nothing"
    if acts and not decision.reason.strip():
        faults["reason"] = "decision.reason"
    elif len(decision.reason) > LONGEST_REASON:
        faults["reason"] = "decision.long"
    if decision.measure is MeasureKind.BLOCK and not is_block_day(decision.until, today):
        faults["until"] = "decision.until"
    return faults


def is_block_day(until: date | None, today: date) -> bool:
    """Tell whether a block may last until this day."""
    return until is not None and today <= until <= today + LONGEST_BLOCK


class FlagState(StrEnum):
    """How far coordinators are with what someone wrote to them about somebody's safety."""

    NEW = "new"
    SEEN = "seen"
    """Somebody has looked at it and deals with it."""
    CLOSED = "closed"


def flag_faults(words: str, quote: str) -> dict[str, str]:
    """Return what is wrong with a flag, by field."""
    faults = {}
    if not clean_text(words).strip():
        faults["words"] = "flag.words"
    for name, text in (("words", words), ("quote", quote)):
        if len(clean_text(text)) > LONGEST_WORDS:
            faults[name] = "report.long"
    return faults
