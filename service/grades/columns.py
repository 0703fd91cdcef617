"""A gradebook column as a sender sees it, and the right to look for it or make it, for one sender at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from lti.line_items import LINE_ITEM_READ_SCOPE, LINE_ITEM_SCOPE
from lti.scores import RESULT_SCOPE
from service.grades.models import LineItem
from service.people.models import Course

COLUMN_LEASE = timedelta(seconds=60)


@dataclass(frozen=True)
class Column:
    """A gradebook column, and what the LMS lets us do with it."""

    id: int
    course_id: int
    url: str
    label: str
    told_label: str
    score_maximum: float
    subject: str
    is_coupled: bool
    line_items_url: str
    scopes: frozenset[str]

    @property
    def may_read_results(self) -> bool:
        """Say whether the LMS lets us look at what it shows."""
        return RESULT_SCOPE in self.scopes

    @property
    def may_make(self) -> bool:
        """Say whether the LMS lets us make a column in this course."""
        return LINE_ITEM_SCOPE in self.scopes and bool(self.line_items_url)

    @property
    def may_rename(self) -> bool:
        """Say whether the LMS knows the column by an older name of ours."""
        return bool(self.told_label) and self.told_label != self.label and not self.is_coupled and self.may_make

    @property
    def search_scopes(self) -> tuple[str, ...]:
        """Return the scopes for a list of columns: Moodle wants the one to read beside the one to write."""
        return tuple(scope for scope in (LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE) if scope in self.scopes)


def column_of(item: LineItem, course: Course) -> Column:
    """Return what a sender has to know of a column."""
    return Column(
        id=item.id,
        course_id=course.id,
        url=item.url,
        label=item.label,
        told_label=item.told_label,
        score_maximum=item.score_maximum,
        subject=item.subject,
        is_coupled=bool(item.resource_link_id),
        line_items_url=course.line_items_url,
        scopes=frozenset(course.grade_scopes),
    )


def claim_column(session: Session, column_id: int, *, at: datetime) -> tuple[str, bool]:
    """Return a column's address, and whether the caller is the one to look for it or make it if it has none."""
    item = session.get_one(LineItem, column_id, with_for_update=True, populate_existing=True)
    is_free = not item.url and (item.claimed_until is None or item.claimed_until <= at)
    if is_free:
        item.claimed_until = at + COLUMN_LEASE
    return item.url, is_free


def settle_column(session: Session, column_id: int, url: str, told_label: str = "") -> None:
    """Record the address that was found or made, empty if neither worked, and let others have the column."""
    item = session.get_one(LineItem, column_id, with_for_update=True, populate_existing=True)
    if not item.url:
        item.url, item.told_label = url, told_label
    item.claimed_until = None


def note_told_label(session: Session, column_id: int, label: str) -> None:
    """Record by which name of ours the LMS knows a column; empty if a teacher's stands there, which stays."""
    session.get_one(LineItem, column_id, with_for_update=True, populate_existing=True).told_label = label


def forget_address(session: Session, column: Column) -> None:
    """Forget the address of a course's own column that is gone, so that the next try finds or makes it."""
    item = session.get_one(LineItem, column.id, with_for_update=True, populate_existing=True)
    if item.url == column.url:
        item.url = ""
