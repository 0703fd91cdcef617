"""Requests of an LMS for content: kept while a member picks, for as long as the session lasts, and answered once."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lti.claims import DeepLinkingSettings
from lti.deep_linking import ANSWER_LIFETIME, takes_links
from service.db import Json
from service.errors import ConflictError, NotFoundError
from service.modules.models import DeepLinkingRequest
from service.people.known import Member

REQUEST_LIFETIME = timedelta(hours=12)
SENT_AGAIN_WITHIN = ANSWER_LIFETIME / 2
"""How long the same form brings the same answer again: so long that it still arrives before it expires."""
SWEPT_AT_ONCE = 20


def record_request(
    session: Session, member: Member, deployment_id: str, settings: DeepLinkingSettings, *, at: datetime
) -> DeepLinkingRequest:
    """Keep what the LMS asked for; remove some requests that are over, so that the table stays bounded."""
    over = select(DeepLinkingRequest.id).where(DeepLinkingRequest.expires_at <= at).limit(SWEPT_AT_ONCE)
    session.execute(delete(DeepLinkingRequest).where(DeepLinkingRequest.id.in_(over)))
    request = DeepLinkingRequest(
        membership_id=member.id,
        deployment_id=deployment_id,
        return_url=settings.return_url,
        takes_links=takes_links(settings),
        takes_many=settings.accept_multiple,
        data=settings.data,
        created_at=at,
        expires_at=at + REQUEST_LIFETIME,
    )
    session.add(request)
    session.flush()
    return request


def get_request(
    session: Session, member: Member, public_id: str, *, at: datetime, locked: bool = False
) -> DeepLinkingRequest:
    """Return a request of this member, locked until the transaction ends if asked for.

    Raises NotFoundError for someone else's, whether it exists or not, and ConflictError when it is too old.
    """
    query = select(DeepLinkingRequest).filter_by(public_id=public_id, membership_id=member.id)
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    request = session.scalars(query).one_or_none()
    if request is None:
        raise NotFoundError("deep_linking.unknown", "No such request of this member.")
    if request.expires_at <= at:
        raise ConflictError("deep_linking.expired", "The request is too old.")
    return request


def check_open(request: DeepLinkingRequest) -> None:
    """Raise ConflictError if the request has its answer."""
    if request.answered_at is not None:
        raise ConflictError("deep_linking.answered", "The request was answered before.")


def record_answer(request: DeepLinkingRequest, answer: Json, sign: Callable[[], str], *, at: datetime) -> str:
    """Return the signed answer to a locked request: signed now, or for the same `answer` sent twice the one there is.

    Raises ConflictError for another answer, or one that comes too late (CONFORMANCE D17).
    """
    is_repeat = request.answered_at is not None and at < request.answered_at + SENT_AGAIN_WITHIN
    if not (is_repeat and request.answer == answer):
        check_open(request)
        request.answered_at, request.answer, request.token = at, answer, sign()
    return request.token
