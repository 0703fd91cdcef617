"""Makes what tests of grades start from: a learner in a course that takes scores, a queued score, a taken row."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti.line_items import LINE_ITEM_READ_SCOPE, LINE_ITEM_SCOPE
from lti.scores import RESULT_SCOPE, SCORE_SCOPE
from service.grades.models import LineItem, Score
from service.grades.operations import note_line_item, queue_score
from service.grades.outbox import Claim, claim_due
from service.people.models import Membership
from tests.makers import AT, make_member, make_platform

ALL_SCOPES = (LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE, RESULT_SCOPE, SCORE_SCOPE)
SUBJECT = "module:roles"
URL = "https://lms.example/lineitems/7/lineitem?type_id=1"


def make_learner(session: Session, subject: str = "10", **changes: Any) -> Membership:
    """Return a member of a course whose LMS grants everything."""
    return make_member(session, subject, **({"grade_scopes": ALL_SCOPES} | changes))


def note_column(session: Session, learner: Membership, *, link: str = "5", url: str = URL) -> LineItem:
    """Return the column of an activity, as its launch makes it known."""
    return note_line_item(session, learner.course_id, SUBJECT, link, "Roles", 100.0, url, at=AT)


def queue(session: Session, learner: Membership, fraction: float, *, at: datetime = AT, **changes: Any) -> int:
    """Queue a score of the module and return how many columns it is for."""
    values: dict[str, Any] = {
        "course_id": learner.course_id,
        "person_id": learner.person_id,
        "subject": SUBJECT,
        "label": "Roles",
        "fraction": fraction,
        "comment": "3/3",
        "at": at,
    }
    return queue_score(session, **(values | changes))


def the_score(session: Session) -> Score:
    """Return the only score there is, as it is in the database."""
    return session.scalars(select(Score), execution_options={"populate_existing": True}).one()


def take_one(session: Session, *, at: datetime) -> Claim:
    """Take the only row that is due."""
    [claim] = take(session, at=at)
    return claim


def take(session: Session, *, at: datetime, limit: int = 10) -> list[Claim]:
    """Take what is due at the only LMS."""
    return claim_due(session, make_platform(session).id, limit=limit, at=at)
