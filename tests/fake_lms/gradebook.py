"""The gradebook's rules: what a score, a teacher's hand or a lock does to a grade (MOODLE.md 5, FEATURES M1-M6)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.fake_lms.models import LEARNER, Enrolment, Grade, GradeItem, Person
from tests.fake_lms.switches import Switches

_TIMESTAMP = re.compile(
    r"\d{4}-\d\d-\d\d([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?", re.ASCII
)


class ScoreRefusedError(Exception):
    """A score that the gradebook does not take."""


class ScoreInvalidError(ScoreRefusedError):
    """Not a score, or one for somebody who gets no grades."""


class ScoreTooOldError(ScoreRefusedError):
    """Not newer than what is stored."""


class GradeLockedError(ScoreRefusedError):
    """A teacher locked the column or the cell."""


@dataclass(frozen=True)
class Score:
    """A score as the tool sent it, checked."""

    person_id: int
    graded_at: int
    value: float | None
    """In the column's own scale; None where nothing is graded."""
    comment: str | None


def read_timestamp(text: Any) -> int:
    """Return whole seconds since 1970 of any of the formats that Moodle takes. Raise ScoreInvalidError for others."""
    if not isinstance(text, str) or not _TIMESTAMP.fullmatch(text):
        raise ScoreInvalidError("timestamp")
    without_fraction = re.sub(r"[.,]\d+", "", text)
    try:
        moment = datetime.fromisoformat(without_fraction)
    except ValueError as error:
        raise ScoreInvalidError("timestamp") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def read_score(body: Any, item: GradeItem, switches: Switches) -> Score:
    """Check the JSON of a score and bring it to the column's scale. Raise ScoreInvalidError."""
    if not isinstance(body, dict):
        raise ScoreInvalidError("not a JSON object")
    for name in ("userId", "timestamp", "activityProgress", "gradingProgress"):
        if not body.get(name):
            raise ScoreInvalidError(name)
    if not str(body["userId"]).isdigit():
        raise ScoreInvalidError("userId")
    given, maximum = _number(body, "scoreGiven"), _number(body, "scoreMaximum")
    if given is not None and maximum is None:
        raise ScoreInvalidError("scoreMaximum")
    value = None
    if given is not None and body["gradingProgress"] == "FullyGraded":
        value = given * item.maximum / maximum if maximum else given
        if switches["clamp_scores"]:
            value = min(max(value, 0.0), item.maximum)
    return Score(
        person_id=int(body["userId"]),
        graded_at=read_timestamp(body["timestamp"]),
        value=value,
        comment=str(body["comment"]) if body.get("comment") else None,
    )


def _number(body: dict[str, Any], name: str) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ScoreInvalidError(name) from None


def is_gradable(session: Session, course_id: int, person_id: int) -> bool:
    """Say whether Moodle grades this person: learners, suspended ones too, and nobody else."""
    enrolment = session.get(Enrolment, (course_id, person_id))
    return enrolment is not None and enrolment.role == LEARNER


def find_grade(session: Session, item: GradeItem, person_id: int) -> Grade | None:
    return session.scalars(select(Grade).filter_by(item_id=item.id, person_id=person_id)).first()


def cell_of(session: Session, item: GradeItem, person_id: int) -> Grade:
    """Return the person's cell of the column, making an empty one."""
    grade = find_grade(session, item, person_id)
    if grade is None:
        grade = Grade(item_id=item.id, person_id=person_id)
        session.add(grade)
        session.flush()
    return grade


def record_score(session: Session, item: GradeItem, body: Any, switches: Switches) -> None:
    """Take a score of the tool, or raise ScoreInvalidError, ScoreTooOldError or GradeLockedError and store nothing."""
    score = read_score(body, item, switches)
    if session.get(Person, score.person_id) is None:
        raise ScoreInvalidError("nobody")
    if switches["refuse_not_gradable"] and not is_gradable(session, item.course_id, score.person_id):
        raise ScoreInvalidError("not gradable")
    grade = find_grade(session, item, score.person_id) or Grade(item_id=item.id, person_id=score.person_id)
    if switches["conflict_on_old_timestamp"] and grade.graded_at is not None and grade.graded_at >= score.graded_at:
        raise ScoreTooOldError(
            f"Refusing score with an earlier timestamp for item {item.id} and user {score.person_id}"
        )
    if item.is_locked or grade.is_locked:
        raise GradeLockedError
    if score.value is None and not switches["wipe_unless_fully_graded"]:
        return
    session.add(grade)
    grade.raw = score.value
    if grade.is_overridden and switches["keep_teacher_override"]:
        return
    grade.is_overridden = False
    grade.final, grade.comment = score.value, score.comment
    grade.graded_at = None if score.value is None and score.comment is None else score.graded_at


def set_teacher_grade(session: Session, item: GradeItem, person_id: int, value: float, comment: str, at: int) -> None:
    """Grade by hand at `at` (seconds since 1970): an override on an activity's item, none on one that the tool made."""
    grade = cell_of(session, item, person_id)
    grade.final, grade.comment, grade.graded_at = value, comment or None, at
    grade.is_overridden = item.is_coupled


def clear_override(session: Session, item: GradeItem, person_id: int) -> None:
    """Let the tool's last score count again."""
    grade = find_grade(session, item, person_id)
    if grade is not None and grade.is_overridden:
        grade.is_overridden = False
        grade.final = grade.raw


def grades_of(session: Session, item: GradeItem, person_id: str = "") -> list[Grade]:
    """List the grades of a column that are not empty, in the order in which people first got one; or one person's."""
    wanted = select(Grade).where(Grade.item_id == item.id, Grade.final.is_not(None))
    if person_id:
        wanted = wanted.where(Grade.person_id == (int(person_id) if person_id.isdigit() else 0))
    return list(session.scalars(wanted.order_by(Grade.id)))
