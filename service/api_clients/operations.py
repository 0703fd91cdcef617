"""What can be done with clients: add one, give it another key, revoke, know it by its key, count what it asks."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from lti.browser_binding import hash_token, new_token
from service.api_clients import rules
from service.api_clients.models import ApiClient, ApiClientCourse, ApiKey
from service.errors import InvalidInputError, NotAllowedError, NotFoundError
from service.people.known import AnyCourse
from service.platforms.models import Platform
from service.platforms.operations import record_audit
from service.platforms.profiles import profile_of

GRAIN = timedelta(hours=1)
"""How exactly it is kept when a key was last used, so that few questions write that down."""


class KeyRefusedError(NotAllowedError):
    """No key, or one that opens nothing: `key.missing`, `key.unknown`, `key.ended`."""


class RateExceededError(NotAllowedError):
    """Too many questions within a minute; `details["retry_after"]` says in how many seconds they are taken again."""


def add_client(
    session: Session,
    platform: Platform,
    *,
    name: str,
    scopes: Collection[str],
    courses: Sequence[AnyCourse] | None,
    per_minute: int = rules.USUAL_PER_MINUTE,
    by: str = "",
    at: datetime,
) -> tuple[ApiClient, str]:
    """Return a new client and its first key, which is told only now.

    `courses` None: it may ask about every course of the LMS. `by` is the public id of the person who adds it, empty
    for the command. Raise InvalidInputError for what cannot be: also all of an LMS that several institutions share.
    """
    rules.check_client(name, scopes, per_minute)
    if courses is None and profile_of(platform.product_family, platform.issuer).is_shared:
        raise InvalidInputError("client.shared", "Several institutions share this registration: name the courses.")
    if courses is not None and not courses:
        raise InvalidInputError("client.no_course", "A client that may ask about no course is of no use.")
    named = courses or []
    if any(course.platform_id != platform.id for course in named):
        raise NotFoundError("course.unknown", "The course is not of this platform.")
    client = ApiClient(
        platform_id=platform.id,
        name=name.strip(),
        scopes=sorted(set(scopes)),
        covers_platform=courses is None,
        per_minute=per_minute,
        created_at=at,
    )
    session.add(client)
    session.flush()
    session.add_all(ApiClientCourse(client_id=client.id, course_id=id_) for id_ in {one.id for one in named})
    detail = {"scopes": client.scopes, "courses": sorted(course.public_id for course in named)}
    _audit(session, client, "api_client_added", at, by, **detail)
    return client, _add_key(session, client, at)


def list_clients(session: Session, platform_id: int | None = None, *, course_id: int | None = None) -> list[ApiClient]:
    """Return the clients, the newest first: of one LMS, or those that know one course alone."""
    wanted = select(ApiClient).options(selectinload(ApiClient.courses), selectinload(ApiClient.keys))
    if platform_id is not None:
        wanted = wanted.where(ApiClient.platform_id == platform_id)
    if course_id is not None:
        of_client = ApiClientCourse.client_id == ApiClient.id
        wanted = wanted.where(
            ApiClient.covers_platform.is_(False),
            exists().where(of_client, ApiClientCourse.course_id == course_id),
            ~exists().where(of_client, ApiClientCourse.course_id != course_id),
        )
    return list(session.scalars(wanted.order_by(ApiClient.revoked_at.is_not(None), ApiClient.id.desc())))


def get_client(
    session: Session, public_id: str, platform_id: int | None = None, *, course_id: int | None = None
) -> ApiClient:
    """Return the client that `list_clients` would list; raise NotFoundError for any other."""
    for client in list_clients(session, platform_id, course_id=course_id):
        if client.public_id == public_id:
            return client
    raise NotFoundError("client.unknown", f"There is no client {public_id}.")


def rotate_key(session: Session, client: ApiClient, *, overlap: timedelta, by: str = "", at: datetime) -> str:
    """Give a client another key and return it, told only now; those before it end when `overlap` is over."""
    rules.check_overlap(overlap)
    if client.revoked_at is not None:
        raise InvalidInputError("client.revoked", "The client is revoked for ever: add a new one.")
    _end_keys(session, client, at + overlap)
    _audit(session, client, "api_key_rotated", at, by, overlap_days=overlap / timedelta(days=1))
    return _add_key(session, client, at)


def revoke_client(session: Session, client: ApiClient, *, by: str = "", at: datetime) -> None:
    """Let none of a client's keys open anything from now on; a second time changes nothing."""
    if client.revoked_at is None:
        client.revoked_at = at
        _end_keys(session, client, at)
        _audit(session, client, "api_client_revoked", at, by)


def know_client(session: Session, key: str, *, at: datetime) -> ApiClient:
    """Return the client that has this key, locked, and note when it came; raise KeyRefusedError.

    Raise NotAllowedError `platform.disabled` where its LMS is switched off.
    """
    if not key:
        raise KeyRefusedError("key.missing", "No key was sent.")
    wanted = (
        select(ApiKey, Platform.disabled_at)
        .join(ApiKey.client)
        .join(Platform, Platform.id == ApiClient.platform_id)
        .options(contains_eager(ApiKey.client))
        .where(ApiKey.key_hash == hash_token(key))
        .with_for_update(of=ApiClient)
    )
    row = session.execute(wanted).one_or_none()
    if row is None:
        raise KeyRefusedError("key.unknown", "There is no such key.")
    found, disabled_at = row
    if found.ends_at is not None and found.ends_at <= at:
        raise KeyRefusedError("key.ended", f"The key {found.public_id} has ended.")
    if disabled_at is not None:
        raise NotAllowedError("platform.disabled", "The connection to the learning platform is switched off.")
    if found.last_used_at is None or at - found.last_used_at >= GRAIN:
        found.last_used_at = at
    client: ApiClient = found.client
    return client


def count_question(client: ApiClient, questions: int, *, at: datetime) -> None:
    """Count what a client, which is locked, asks in this minute; raise RateExceededError if that is too much.

    One row for each client, which all processes share: what is refused is not counted.
    """
    minute = rules.minute_of(at)
    used = client.used if client.minute == minute else 0
    if used and used + questions > client.per_minute:
        raise RateExceededError("rate.exceeded", "Too many questions.", retry_after=rules.seconds_left(at))
    client.minute, client.used = minute, used + questions


def count_more(session: Session, client_id: int, questions: int, *, at: datetime) -> None:
    """Count further questions of a client. Raise RateExceededError."""
    count_question(session.get_one(ApiClient, client_id, with_for_update=True), questions, at=at)


def _add_key(session: Session, client: ApiClient, at: datetime) -> str:
    key = f"{rules.KEY_PREFIX}{new_token()}"
    session.add(ApiKey(client_id=client.id, key_hash=hash_token(key), hint=key[-4:], created_at=at))
    session.flush()
    session.refresh(client, ["keys"])
    return key


def _end_keys(session: Session, client: ApiClient, end: datetime) -> None:
    still_open = or_(ApiKey.ends_at.is_(None), ApiKey.ends_at > end)
    for key in session.scalars(select(ApiKey).where(ApiKey.client_id == client.id, still_open)):
        key.ends_at = end


def _audit(session: Session, client: ApiClient, kind: str, at: datetime, by: str, **detail: object) -> None:
    told = {"client": client.public_id, "by": by, **detail}
    record_audit(session, kind, at=at, platform_id=client.platform_id, detail=told)
