"""Puts into words how it stands with a module that someone knows already: the same for the person and for staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext

from service.completion.models import RecognitionStep
from service.completion.recognition_rules import IN_FORCE, StepKind
from service.web.access import me
from service.web.formats import day, isolated, person_name


@dataclass(frozen=True)
class StepWords:
    """A step as a page shows it. `text` is "" where it is not for this reader."""

    state: str
    words: str
    at: datetime
    text: str
    valid_until: datetime | None


def describe_step(step: RecognitionStep, *, at: datetime, is_own: bool = False) -> StepWords:
    """Return the words for a step; its text is for the learner and the staff of the course where it was taken."""
    is_expired = step.kind in IN_FORCE and step.valid_until is not None and step.valid_until <= at
    may_read = is_own or step.member.course_id == me().course_id
    return StepWords(
        "expired" if is_expired else _STATES[step.kind],
        _say(step, is_expired),
        step.at,
        step.text if may_read else "",
        step.valid_until,
    )


def describe_steps(steps: Sequence[RecognitionStep], *, at: datetime, is_own: bool = False) -> list[StepWords]:
    """Return the words for all steps, latest first."""
    return [describe_step(step, at=at, is_own=is_own) for step in reversed(steps)]


_STATES = {
    StepKind.ASKED: "waiting",
    StepKind.MORE_ASKED: "part",
    StepKind.ANSWERED: "waiting",
    StepKind.TAKEN_BACK: "waived",
    StepKind.DECLINED: "not_met",
    StepKind.RECOGNISED: "met",
    StepKind.RECORDED: "met",
    StepKind.UNDONE: "waived",
}


def _say(step: RecognitionStep, is_expired: bool) -> str:
    who = {"name": isolated(person_name(step.member.person)), "day": day(step.done_at or step.at)}
    if is_expired and step.valid_until:
        return gettext("Recognition ended on %(day)s.", day=day(step.valid_until))
    return {
        StepKind.ASKED: gettext("Asked for on %(day)s.", day=who["day"]),
        StepKind.MORE_ASKED: gettext("%(name)s asks for more, %(day)s.", **who),
        StepKind.ANSWERED: gettext("More was said on %(day)s.", day=who["day"]),
        StepKind.TAKEN_BACK: gettext("Request taken back on %(day)s.", day=who["day"]),
        StepKind.DECLINED: gettext("Not recognised: decided by %(name)s, %(day)s.", **who),
        StepKind.RECOGNISED: gettext("Recognised by %(name)s, %(day)s.", **who),
        StepKind.RECORDED: gettext("Done in another way on %(day)s; recorded by %(name)s.", **who),
        StepKind.UNDONE: gettext("Recognition taken back by %(name)s, %(day)s.", **who),
    }[step.kind]
