"""What staff see of the scores of a course, and what they can do: send again, keep the teacher's grade, compare."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, exists, func, select
from sqlalchemy.orm import Session, contains_eager

from service.errors import NotFoundError
from service.grades import rules
from service.grades.models import LineItem, PlatformSending, Score, ScoreState, ScoreTry
from service.grades.operations import SEND_SCORES
from service.people.models import Person

LATE_AFTER = timedelta(hours=1)
"""A score that is still on its way then needs someone's attention, though it is tried on."""
OWN_REST = timedelta(minutes=1)
"""So long after a try a learner may ask for another."""
ON_THE_WAY = (ScoreState.WAITING, ScoreState.SENDING)
CHOSEN_ONE_BY_ONE = (ScoreState.DIFFERS, ScoreState.OVERRIDDEN)
KEPT_BY_TRY = (ScoreState.CLOCK_CONFLICT, ScoreState.SENT)
"""States that tell the next try what to do: to date anew, or only to look."""


class Group(StrEnum):
    """Scores by what they mean to staff; a score is in one of them."""

    ATTENTION = "attention"
    ON_THE_WAY = "on_the_way"
    ARRIVED = "arrived"
    TEACHER = "teacher"
    """The gradebook shows what a teacher set."""
    NOT_GRADED = "not_graded"
    """The LMS keeps no grade for the person: a state, not an error (FEATURES M5)."""


STEADY_GROUPS = {
    ScoreState.CONFIRMED: Group.ARRIVED,
    ScoreState.SENT: Group.ARRIVED,
    ScoreState.OVERRIDDEN: Group.TEACHER,
    ScoreState.NOT_GRADABLE: Group.NOT_GRADED,
}


@dataclass(frozen=True)
class Choice:
    """Which scores of a course are meant: those of a group, of a column (its public id), or all."""

    course_id: int
    group: Group | None = None
    column: str = ""


@dataclass(frozen=True)
class Standing:
    """A score with whose it is."""

    score: Score
    person: Person


def count_groups(session: Session, choice: Choice, *, at: datetime) -> dict[Group, int]:
    """Return how many scores are in each group, whatever group is chosen; groups without any too."""
    conditions = _chosen(Choice(choice.course_id, None, choice.column), at)
    named = select(_group(at).label("name")).select_from(Score).join(LineItem).where(*conditions).subquery()
    rows = session.execute(select(named.c.name, func.count()).group_by(named.c.name))
    counts = {Group(row[0]): row[1] for row in rows}
    return {name: counts.get(name, 0) for name in Group}


def list_standings(session: Session, choice: Choice, *, at: datetime) -> Sequence[Standing]:
    """Return the chosen scores, in no order that a reader may rely on."""
    wanted = select(Score, Person).join(Score.line_item).join(Person, Score.person_id == Person.id)
    wanted = wanted.where(*_chosen(choice, at)).options(contains_eager(Score.line_item))
    return [Standing(score, person) for score, person in session.execute(wanted)]


def list_columns(session: Session, course_id: int) -> Sequence[LineItem]:
    """Return the gradebook columns of a course that the LMS knows, in the order in which they came."""
    wanted = select(LineItem).where(LineItem.course_id == course_id, LineItem.url != "")
    return session.scalars(wanted.order_by(LineItem.id)).all()


def get_column(session: Session, course_id: int, public_id: str) -> LineItem:
    """Return a column of this course; raise NotFoundError for any other."""
    item = session.scalars(select(LineItem).filter_by(course_id=course_id, public_id=public_id)).one_or_none()
    if item is None:
        raise NotFoundError("column.unknown", "No such gradebook column in this course.")
    return item


def find_score_of(session: Session, item: LineItem, person_id: int) -> Score | None:
    """Return a person's score in a column, if there is one."""
    return session.scalars(select(Score).filter_by(line_item_id=item.id, person_id=person_id)).one_or_none()


def get_score(session: Session, course_id: int, column: str, person: str) -> Score:
    """Return a person's score in a column, both by their public ids, locked; raise NotFoundError."""
    wanted = select(Score).join(Score.line_item).join(Person, Score.person_id == Person.id)
    wanted = wanted.where(LineItem.course_id == course_id, LineItem.public_id == column, Person.public_id == person)
    score = session.scalars(wanted.with_for_update(of=Score)).one_or_none()
    if score is None:
        raise NotFoundError("score.unknown", "No such score in this course.")
    return score


def send_again(session: Session, choice: Choice, *, at: datetime) -> int:
    """Let the chosen scores be tried now and return how many that changes.

    Where the gradebook shows another value, nothing is sent: someone has to decide over each by itself.
    """
    return _try_now(session, _chosen(choice, at), at)


def send_own_again(session: Session, person_id: int, course_id: int, *, at: datetime) -> int:
    """Let a learner's own scores of a course be tried now, those of the last minute excepted; return how many."""
    tried_just_now = exists().where(ScoreTry.score_id == Score.id, ScoreTry.at > at - OWN_REST)
    return _try_now(session, [*_chosen(Choice(course_id), at), Score.person_id == person_id, ~tried_just_now], at)


def _try_now(session: Session, conditions: Sequence[ColumnElement[bool]], at: datetime) -> int:
    wanted = select(Score).join(Score.line_item).where(*conditions, Score.state.not_in(CHOSEN_ONE_BY_ONE))
    scores = session.scalars(wanted.order_by(Score.id).with_for_update(of=Score)).all()
    return [send_one_again(session, score, at=at) for score in scores].count(True)


def may_be_tried(score: Score, *, at: datetime) -> bool:
    """Say whether asking for a try changes anything: what is on its way at this moment, or has arrived, stays."""
    if score.state is ScoreState.SENDING:
        return False
    rests = score.next_try_at > at if score.next_try_at else score.state in rules.STANDS_STILL
    return rests or score.state in CHOSEN_ONE_BY_ONE


def send_one_again(session: Session, score: Score, *, at: datetime) -> bool:
    """Let a score be tried now, for another week; say whether that changes anything.

    Where the gradebook shows another value, ours replaces it: the caller has asked someone.
    """
    if not may_be_tried(score, at=at):
        return False
    is_choice = score.state in CHOSEN_ONE_BY_ONE
    if is_choice or score.state is ScoreState.LINE_ITEM_GONE:
        # As if new: dated later, and a column of the course that is gone is made again.
        score.tries = 0
    # Waits begin anew, but a repeat stays one.
    score.tries = min(score.tries, 1)
    score.overrules = is_choice
    if score.state not in KEPT_BY_TRY:
        score.state = ScoreState.WAITING
    score.next_try_at = score.asked_at = at
    session.info.setdefault("wake", set()).add(SEND_SCORES)
    return True


def keep_theirs(score: Score) -> bool:
    """Accept what the gradebook shows instead of ours; say whether that changes anything."""
    if score.state is not ScoreState.DIFFERS:
        return False
    score.state, score.next_try_at, score.reason = ScoreState.OVERRIDDEN, None, ""
    return True


def find_pause(session: Session, platform_id: int, *, at: datetime) -> PlatformSending | None:
    """Return how sending to an LMS goes if it is paused at present."""
    row = session.get(PlatformSending, platform_id)
    return row if row and row.paused_until and row.paused_until > at else None


def is_late(score: Score, *, at: datetime) -> bool:
    """Say whether a score is on its way for so long that someone should look."""
    return score.state in ON_THE_WAY and score.asked_at < at - LATE_AFTER


def _group(at: datetime) -> ColumnElement[str]:
    """Return the group of a score, as SQL."""
    steady = [(Score.state == state, group.value) for state, group in STEADY_GROUPS.items()]
    in_time = and_(Score.state.in_(ON_THE_WAY), Score.asked_at >= at - LATE_AFTER)
    return case(*steady, (in_time, Group.ON_THE_WAY.value), else_=Group.ATTENTION.value)


def _chosen(choice: Choice, at: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions on scores joined with their columns."""
    conditions = [LineItem.course_id == choice.course_id]
    if choice.column:
        conditions.append(LineItem.public_id == choice.column)
    if choice.group:
        conditions.append(_group(at) == choice.group.value)
    return conditions
