"""What the other features do with grades: note a column, queue a score, look where the scores are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, select, update
from sqlalchemy.orm import Session

from lti.line_items import LINE_ITEM_SCOPE
from lti.scores import SCORE_SCOPE
from service.db import add_or_get, add_rows
from service.grades import rules
from service.grades.models import LineItem, Score, ScoreState
from service.people.models import Course

SEND_SCORES = "send_scores"
"""The background job to wake once the transaction has committed."""
COURSE_COLUMN = ""
"""The `resource_link_id` of a column that belongs to the course and to no link."""
OWN_MAXIMUM = 100.0
LONGEST_COMMENT = 1024
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


@dataclass(frozen=True)
class NewScore:
    """What the gradebook of a course shall show for a person from now on.

    `fraction` is from 0 to 1, `comment` is shown in the gradebook: no names, nothing of pairs.
    """

    course_id: int
    person_id: int
    subject: str
    label: str
    """Of the column that is made for the course if it has none."""
    fraction: float
    comment: str
    only_if_present: bool = False
    """Whether it changes what was queued for this person before, and begins nothing."""
    only_if_placed: bool = False
    """Whether it makes no column."""


def queue_score(session: Session, *, at: datetime, **values: Any) -> int:
    """Queue one score, with the values of a NewScore; see `queue_scores`."""
    return queue_scores(session, [NewScore(**values)], at=at)


def queue_scores(session: Session, scores: Sequence[NewScore], *, at: datetime) -> int:
    """Queue scores for each gradebook column of their subject in their course, and return how many are news.

    A course without a column gets one if the LMS lets us make it; one that takes no scores gets nothing. Two
    statements, and two more where columns or rows are added, however many scores there are.
    """
    if not scores:
        return 0
    columns = _columns_of(session, scores)
    given = {
        (item.id, score.person_id): (item, score)
        for score in scores
        for item in columns[score.course_id, score.subject]
    }
    queued = _queue(session, given, at)
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


def find_last_confirmed(session: Session, platform_id: int, *, course_id: int | None = None) -> datetime | None:
    """Return when a gradebook of this platform, or that of one course of it, was last seen to show a score of ours."""
    wanted = select(func.max(Score.last_checked_at)).where(Score.state == ScoreState.CONFIRMED)
    wanted = wanted.join(LineItem, LineItem.id == Score.line_item_id).join(Course, Course.id == LineItem.course_id)
    wanted = wanted.where(Course.platform_id == platform_id)
    return session.scalar(wanted if course_id is None else wanted.where(Course.id == course_id))


def _columns_of(session: Session, scores: Sequence[NewScore]) -> Mapping[tuple[int, str], Sequence[LineItem]]:
    """Return the columns by course and subject, with those that had to be made."""
    asked: dict[tuple[int, str], list[NewScore]] = {}
    for score in scores:
        asked.setdefault((score.course_id, score.subject), []).append(score)
    courses, found = _find_columns(session, asked)
    new = []
    for (course_id, subject), of_column in asked.items():
        course, items, label = courses[course_id], found[course_id, subject], of_column[0].label[:255]
        for item in items:
            if item.resource_link_id == COURSE_COLUMN and item.label != label:
                item.label = label  # the LMS is told with the next score
        may_add = course.line_items_url and {SCORE_SCOPE, LINE_ITEM_SCOPE}.issubset(course.grade_scopes)
        if not items and may_add and not all(one.only_if_present or one.only_if_placed for one in of_column):
            keys = {"course_id": course_id, "subject": subject, "resource_link_id": COURSE_COLUMN}
            new.append(keys | {"label": label, "score_maximum": OWN_MAXIMUM})
    if new:
        added = [item for (item,) in add_rows(session, LineItem, new, LineItem)]
        if len(added) < len(new):  # someone else was quicker
            return _find_columns(session, asked)[1]
        found |= {(item.course_id, item.subject): [item] for item in added}
    return found


def _find_columns(
    session: Session, asked: Collection[tuple[int, str]]
) -> tuple[Mapping[int, Course], dict[tuple[int, str], list[LineItem]]]:
    """Return the courses by id, and the columns by course and subject: none where a course takes no scores."""
    course_ids, subjects = {course_id for course_id, _ in asked}, {subject for _, subject in asked}
    is_of_course = and_(LineItem.course_id == Course.id, LineItem.subject.in_(subjects))
    wanted = select(Course, LineItem).outerjoin(LineItem, is_of_course).where(Course.id.in_(course_ids))
    courses: dict[int, Course] = {}
    found: dict[tuple[int, str], list[LineItem]] = {place: [] for place in asked}
    for course, item in session.execute(wanted.order_by(LineItem.id)):
        courses[course.id] = course
        if item and SCORE_SCOPE in course.grade_scopes and (course.id, item.subject) in found:
            found[course.id, item.subject].append(item)
    return courses, found


Given = Mapping[tuple[int, int], tuple[LineItem, NewScore]]
"""Scores with their columns, by ids of column and person."""


def _queue(session: Session, given: Given, at: datetime) -> int:
    rows = _lock_scores(session, given)
    new = [
        _first_row(session, item, score, at)
        for key, (item, score) in given.items()
        if key not in rows and not score.only_if_present
    ]
    added = {(row.line_item_id, row.person_id) for row in add_rows(session, Score, new, *_SCORE_KEYS)}
    if len(added) < len(new):  # someone else was quicker
        rows = _lock_scores(session, given)
    changed = [_change(row, *given[key], at) for key, row in rows.items() if key not in added]
    session.flush()
    return len(added) + sum(changed)


_SCORE_KEYS = (Score.line_item_id, Score.person_id)


def _lock_scores(session: Session, given: Given) -> dict[tuple[int, int], Score]:
    items, people = {item_id for item_id, _ in given}, {person_id for _, person_id in given}
    wanted = select(Score).where(Score.line_item_id.in_(items), Score.person_id.in_(people)).order_by(Score.id)
    locked = session.scalars(wanted.with_for_update(of=Score), execution_options={"populate_existing": True})
    return {(row.line_item_id, row.person_id): row for row in locked if (row.line_item_id, row.person_id) in given}


def _first_row(session: Session, item: LineItem, score: NewScore, at: datetime) -> dict[str, Any]:
    return {
        "platform_id": session.get_one(Course, item.course_id).platform_id,
        "line_item_id": item.id,
        "person_id": score.person_id,
        "score_given": rules.score_given(score.fraction, item.score_maximum),
        "comment": score.comment[:LONGEST_COMMENT],
        **dict.fromkeys(("queued_at", "asked_at", "next_try_at"), at),
    }


def _change(row: Score, item: LineItem, score: NewScore, at: datetime) -> bool:
    """Give a row, which is locked, a new value if it is one."""
    value = rules.score_given(score.fraction, item.score_maximum), score.comment[:LONGEST_COMMENT]
    if not rules.is_news(row.state, row.next_try_at, (row.score_given, row.comment), value):
        return False
    (row.score_given, row.comment), row.queued_at, row.asked_at = value, at, at
    row.revision += 1
    row.tries = 0
    row.reason, row.overrules = "", False
    if row.state is not ScoreState.SENDING:
        # What is being sent keeps its lease: its sender finds the revision changed, and leaves the row waiting.
        row.state = ScoreState.WAITING
        row.next_try_at = max(at, rules.timestamp_for(row.sent_timestamp, at))
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
