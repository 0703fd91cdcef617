"""What the other features do with grades: note a column, queue a score, look where the scores are."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.orm import Session

from lti.line_items import LINE_ITEM_SCOPE
from lti.scores import SCORE_SCOPE
from service.db import add_or_get
from service.grades import rules
from service.grades.models import LineItem, Score, ScoreState
from service.people.models import Course

SEND_SCORES = "send_scores"
"""The background job to wake once the transaction has committed."""
COURSE_COLUMN = ""
"""The `resource_link_id` of a column that belongs to the course and to no link."""
OWN_MAXIMUM = 100.0
_SCORES_OF = (
    select(Score)
    .join(LineItem)
    .where(Score.person_id == bindparam("person_id"), LineItem.course_id == bindparam("course_id"))
    .order_by(LineItem.subject, LineItem.id)
)


def note_line_item(
    session: Session,
    course_id: int,
    subject: str,
    resource_link_id: str,
    label: str,
    score_maximum: float,
    url: str,
    *,
    at: datetime,
) -> LineItem:
    """Record the gradebook column of a link, as its launch tells it; what could not be sent there is due again."""
    keys = {"course_id": course_id, "subject": subject, "resource_link_id": resource_link_id}
    item = session.scalars(select(LineItem).filter_by(**keys)).one_or_none()
    if item is None or item.url != url:
        _part_from_others(session, course_id, subject, resource_link_id)
    item = item or _take_over(session, course_id, subject, resource_link_id, url)
    item = item or add_or_get(
        session, LineItem, keys, {"label": label[:255], "score_maximum": score_maximum, "url": url}
    )
    if item.url != url:
        item.url = url
        _revive(session, Score.line_item_id == item.id, Score.state == ScoreState.LINE_ITEM_GONE, at=at)
    # Whoever launches from a course shows that it goes on.
    items = select(LineItem.id).where(LineItem.course_id == course_id)
    _revive(session, Score.line_item_id.in_(items), Score.state == ScoreState.PAUSED, at=at)
    item.label = label[:255]
    session.flush()
    return item


def queue_score(  # noqa: PLR0913 (one call says all there is to say of a score, and all by name)
    session: Session,
    *,
    course_id: int,
    person_id: int,
    subject: str,
    label: str,
    fraction: float,
    comment: str,
    at: datetime,
    only_if_present: bool = False,
) -> int:
    """Queue a score for each gradebook column of `subject` in the course and return how many are news.

    `fraction` is from 0 to 1, `comment` is shown in the gradebook: no names, nothing of pairs. A course without
    a column gets one called `label` if the LMS lets us make it; one that takes no scores gets nothing.
    `only_if_present` changes what was queued for this person before, and begins nothing.
    """
    queued = 0
    for item in _columns_of(session, course_id, subject, label, may_add=not only_if_present):
        queued += _queue(session, item, person_id, fraction, comment[:1024], at, only_if_present)
    if queued:
        _wake(session)
    return queued


def list_courses_with_column(session: Session, course_ids: Sequence[int], subject: str) -> Sequence[int]:
    """Return those of the courses whose gradebook has a column for `subject`."""
    wanted = select(LineItem.course_id).where(LineItem.course_id.in_(course_ids), LineItem.subject == subject)
    return session.scalars(wanted.distinct().order_by(LineItem.course_id)).all()


def list_scores_of(session: Session, person_id: int, course_id: int) -> Sequence[Score]:
    """Return a person's scores in a course, each with its column, for the grade line."""
    return session.scalars(_SCORES_OF, {"person_id": person_id, "course_id": course_id}).all()


def count_waiting(session: Session) -> int:
    """Return how many scores are still to be sent or looked at."""
    return session.scalar(select(func.count()).where(Score.next_try_at.is_not(None))) or 0


def count_by_state(session: Session) -> dict[ScoreState, int]:
    """Return how many scores are in each state that has any, in the order of ScoreState."""
    rows = session.execute(select(Score.state, func.count()).group_by(Score.state))
    counts = {row[0]: row[1] for row in rows}
    return {state: counts[state] for state in ScoreState if state in counts}


def find_last_confirmed(session: Session, platform_id: int, *, course_id: int | None = None) -> datetime | None:
    """Return when a gradebook of this platform, or that of one course of it, was last seen to show a score of ours."""
    wanted = select(func.max(Score.last_checked_at)).where(Score.state == ScoreState.CONFIRMED)
    wanted = wanted.join(LineItem, LineItem.id == Score.line_item_id).join(Course, Course.id == LineItem.course_id)
    wanted = wanted.where(Course.platform_id == platform_id)
    return session.scalar(wanted if course_id is None else wanted.where(Course.id == course_id))


def _columns_of(session: Session, course_id: int, subject: str, label: str, *, may_add: bool) -> Sequence[LineItem]:
    course = session.get_one(Course, course_id)
    if SCORE_SCOPE not in course.grade_scopes:
        return []
    items = session.scalars(
        select(LineItem).filter_by(course_id=course_id, subject=subject).order_by(LineItem.id)
    ).all()
    for item in items:
        if item.resource_link_id == COURSE_COLUMN and item.label != label[:255]:
            item.label = label[:255]  # the LMS is told with the next score
    if items or not may_add or not course.line_items_url or LINE_ITEM_SCOPE not in course.grade_scopes:
        return items
    keys = {"course_id": course_id, "subject": subject, "resource_link_id": COURSE_COLUMN}
    return [add_or_get(session, LineItem, keys, {"label": label[:255], "score_maximum": OWN_MAXIMUM})]


def _queue(
    session: Session, item: LineItem, person_id: int, fraction: float, comment: str, at: datetime, only_if_present: bool
) -> bool:
    given = rules.score_given(fraction, item.score_maximum)
    platform_id = session.get_one(Course, item.course_id).platform_id
    keys = {"line_item_id": item.id, "person_id": person_id}
    row = session.scalars(select(Score).filter_by(**keys).with_for_update(of=Score)).one_or_none()
    if row is None:
        if only_if_present:
            return False
        times = dict.fromkeys(("queued_at", "asked_at", "next_try_at"), at)
        values = {"platform_id": platform_id, "score_given": given, "comment": comment, **times}
        row = add_or_get(session, Score, keys, values)
        session.refresh(row, with_for_update={"of": Score})
        if row.queued_at == at:
            return True
    if not rules.is_news(row.state, row.next_try_at, (row.score_given, row.comment), (given, comment)):
        return False
    row.score_given, row.comment, row.queued_at, row.asked_at = given, comment, at, at
    row.revision += 1
    row.tries = 0
    row.reason, row.overrules = "", False
    if row.state is not ScoreState.SENDING:
        # What is being sent keeps its lease: its sender finds the revision changed, and leaves the row waiting.
        row.state = ScoreState.WAITING
        row.next_try_at = max(at, rules.timestamp_for(row.sent_timestamp, at))
    session.flush()
    return True


def _take_over(session: Session, course_id: int, subject: str, resource_link_id: str, url: str) -> LineItem | None:
    """Couple a column that we found by its marks, before any launch told us that it belongs to this link."""
    keys = {"course_id": course_id, "subject": subject, "resource_link_id": COURSE_COLUMN, "url": url}
    item = session.scalars(select(LineItem).filter_by(**keys)).one_or_none()
    if item is not None:
        item.resource_link_id = resource_link_id
    return item


def _part_from_others(session: Session, course_id: int, subject: str, resource_link_id: str) -> None:
    """Uncouple what the link showed before it was edited: its column must not get scores of that any more (D18).

    The subject keeps the course's own column, to be found or made when there is next something to send.
    """
    others = select(LineItem).filter_by(course_id=course_id, resource_link_id=resource_link_id)
    for item in session.scalars(others.where(LineItem.subject != subject)):
        keys = {"course_id": course_id, "subject": item.subject, "resource_link_id": COURSE_COLUMN}
        item.url = ""
        if session.scalars(select(LineItem).filter_by(**keys)).one_or_none() is None:
            item.resource_link_id = COURSE_COLUMN


def _revive(session: Session, *which: ColumnElement[bool], at: datetime) -> None:
    """Let rows be sent again at once, for another week."""
    values = {"state": ScoreState.WAITING, "next_try_at": at, "asked_at": at}
    changed = session.execute(update(Score).where(*which).values(**values))
    if changed.rowcount:  # type: ignore[attr-defined]
        _wake(session)


def _wake(session: Session) -> None:
    session.info.setdefault("wake", set()).add(SEND_SCORES)
