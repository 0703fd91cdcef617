"""What a link in the LMS shows: found when it is launched, picked by staff in the LMS or on the spot."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import and_, bindparam, exists, select
from sqlalchemy.orm import Session

from lti.claims import LaunchClaims, ResourceLink
from lti.deep_linking import Answer, sign_answer
from lti.errors import LaunchRefusedError
from service.db import Json
from service.errors import NotFoundError
from service.forums.rules import is_open_to
from service.grades.models import LineItem
from service.grades.operations import note_line_item
from service.modules import rules
from service.modules.content import Catalogue
from service.modules.deep_linking import get_request, record_answer, record_request
from service.modules.models import Placement
from service.modules.operations import find_ancestor, find_placement, note_link, set_placement
from service.people.known import Member
from service.people.models import LEARNING_ROLES
from service.people.operations import find_member_ever
from service.platforms.launches import registration_of
from service.platforms.models import Platform
from service.platforms.operations import ensure_signing_key, open_signing_key

CONTENT = "content"
LINK_HISTORY = "resource_link_history"
CONTEXT_HISTORY = "context_history"
"""Custom parameters of our links: what is shown, and where the LMS says what link and course were copied from."""
SCORE_MAXIMUM = 100.0

# Made once: to build a statement anew takes longer than to run it, and every launch runs one of these.
_IS_PLACED = exists().where(
    Placement.course_id == bindparam("course_id"),
    Placement.resource_link_id == bindparam("link"),
    Placement.content == bindparam("content"),
    Placement.title == bindparam("title"),
)
_HAS_COLUMN = exists().where(
    LineItem.course_id == bindparam("course_id"),
    LineItem.resource_link_id == bindparam("link"),
    LineItem.subject == bindparam("content"),
    LineItem.url == bindparam("column_url"),
    LineItem.label == bindparam("title"),
)
_PLACED, _PLACED_WITH_COLUMN = select(_IS_PLACED), select(and_(_IS_PLACED, _HAS_COLUMN))


@dataclass(frozen=True)
class SignedAnswer:
    """An answer to an LMS that asked for content, and where the browser must take it."""

    return_url: str
    token: str


@dataclass(frozen=True)
class Placed:
    """What a link shows, "" if nobody has said so; `is_new` if it, or its column, was not known before."""

    content: str
    is_new: bool


def place_link(session: Session, catalogue: Catalogue, member: Member, claims: LaunchClaims, *, at: datetime) -> Placed:
    """Return what the launched link shows; record it, and its column in the gradebook.

    What the launch says wins over what is kept, so that an activity can be edited in the LMS (CONFORMANCE D18).
    """
    link = claims.resource_link
    if link is None:
        raise NotFoundError("launch.without_link", "Only the launch of a link or a picker signs someone in.")
    content = claims.custom.get(CONTENT, "")
    if not rules.is_known_content(catalogue, content):
        content = _find_placed(session, catalogue, member, claims, link.id)
    if not content:
        note_link(session, member.course_id, link.id, link.title, at=at)
        return Placed("", is_new=True)
    column_url = claims.ags.line_item_url if claims.ags and rules.is_graded(content) else None
    if _is_placed_so(session, member.course_id, link, content, column_url):
        return Placed(content, is_new=False)
    set_placement(session, catalogue, member.course_id, link.id, link.title, content, at=at)
    if column_url:
        note_line_item(session, member.course_id, content, link.id, link.title, SCORE_MAXIMUM, column_url, at=at)
    return Placed(content, is_new=True)


def _is_placed_so(session: Session, course_id: int, link: ResourceLink, content: str, column_url: str | None) -> bool:
    """Tell in one statement whether link and column are recorded just as this launch has them: most launches do."""
    known = {"course_id": course_id, "link": link.id, "content": content, "title": link.title}
    if column_url is None:
        return bool(session.connection().scalar(_PLACED, known))
    return bool(session.connection().scalar(_PLACED_WITH_COLUMN, known | {"column_url": column_url}))


def open_review(session: Session, catalogue: Catalogue, member: Member, claims: LaunchClaims, *, at: datetime) -> str:
    """Return the local path of what someone has handed in for the column of the gradebook that a launch names."""
    if claims.resource_link is not None:
        place_link(session, catalogue, member, claims, at=at)
    url = claims.ags.line_item_url if claims.ags else None
    item = session.scalars(select(LineItem).filter_by(course_id=member.course_id, url=url or "").limit(1)).first()
    reviewed = find_member_ever(session, member.course_id, subject=claims.for_user or "")
    query = {"item": item.public_id if url and item else "", "person": reviewed.person.public_id if reviewed else ""}
    return f"/course/{member.course.public_id}/review?{urlencode(query)}"


def open_picker(session: Session, member: Member, claims: LaunchClaims, *, at: datetime) -> str:
    """Remember that the LMS asks for content, and return the local path of the picker for this member."""
    if claims.deep_linking is None:
        raise NotFoundError("launch.without_picker", "This launch asks for no content.")
    request = record_request(session, member, claims.deployment_id, claims.deep_linking, at=at)
    return f"/course/{member.course.public_id}/pick/{request.public_id}"


def check_picker(claims: LaunchClaims) -> None:
    """Raise LaunchRefusedError for a picker that is opened outside a course: there is nothing to add to."""
    if claims.deep_linking is not None and claims.context is None:
        raise LaunchRefusedError("context_missing", "The LMS asks for content outside a course.")


def answer_picker(
    session: Session,
    member: Member,
    request_id: str,
    chosen: Json,
    answer: Answer,
    *,
    secret_key: str,
    at: datetime,
) -> SignedAnswer:
    """Answer a content request of this member with `answer`; `chosen` is what their form said.

    Raises NotFoundError for someone else's request, ConflictError if it is too old or was answered otherwise.
    """
    request = get_request(session, member, request_id, at=at, locked=True)
    platform = session.get_one(Platform, member.course.platform_id)

    def sign() -> str:
        return sign_answer(
            answer,
            registration=registration_of(platform),
            deployment_id=request.deployment_id,
            data=request.data,
            signing_key=open_signing_key(ensure_signing_key(session, secret_key, at=at), secret_key),
            at=at,
        )

    return SignedAnswer(request.return_url, record_answer(request, chosen, sign, at=at))


def content_path(member: Member, content: str) -> str:
    """Return the local path of what a link shows to this member.

    Staff have no readiness of their own and see everyone's; learners do not pair and see their start page. Where the
    role alone does not open a forum, the list of forums knows whether a seat does, and shows what is open if not.
    """
    course = f"/course/{member.course.public_id}"
    module_key, exercise_keys = rules.find_module_key(content), rules.find_exercise_keys(content)
    if module_key:
        return f"{course}/modules/{module_key}"
    if exercise_keys:
        return f"{course}/modules/{exercise_keys[0]}#exercise-{exercise_keys[1]}"
    if forum_key := rules.find_forum_key(content):
        is_open = is_open_to(forum_key, member.role)
        return f"{course}/forums/{forum_key if is_open else '?' + urlencode({'open': forum_key})}"
    if course_key := rules.find_course_key(content):
        return f"{course}/?{urlencode({'course': course_key})}"
    is_learner = member.role in LEARNING_ROLES
    people = "/" if is_learner else "/people/"
    pages = {"readiness": "/readiness" if is_learner else people, "board": people}
    pages["pairing"] = "/" if is_learner else "/pairing/"
    return course + pages.get(content, "/")


def unset_path(member: Member, resource_link_id: str) -> str:
    """Return the local path of a link of which nobody has said what it shows (CONFORMANCE Y04)."""
    return f"/course/{member.course.public_id}/link?{urlencode({'id': resource_link_id})}"


def _find_placed(session: Session, catalogue: Catalogue, member: Member, claims: LaunchClaims, link_id: str) -> str:
    """Return what is kept of the link, or of the newest known link that it was copied from (CONFORMANCE Y02)."""
    placed = find_placement(session, member.course_id, link_id)
    if placed is None or not placed.content:
        links, contexts = (rules.read_history(claims.custom.get(name, "")) for name in (LINK_HISTORY, CONTEXT_HISTORY))
        placed = find_ancestor(session, member.course, links, contexts)
    return placed.content if placed and rules.is_known_content(catalogue, placed.content) else ""
