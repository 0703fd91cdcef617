"""What a login and a launch ask of the database: registrations, one-time login attempts, key sets."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeAlias, cast

from sqlalchemy import Connection, CursorResult, Row, Select, Table, and_, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from lti.claims import LaunchClaims
from lti.ports import DeploymentState, FoundAttempt, Registration, StoredKeySet
from lti.ports import LoginAttempt as PromisedAttempt
from service.db import ResultT, look, set_row, single_statements, transaction
from service.platforms.models import Deployment, LoginAttempt, Platform, PlatformKeySet
from service.platforms.profiles import profile_of

KnownPlatform: TypeAlias = Platform | Row[Any]
"""An object, or a row of its table: to make an object takes longer than to read what a launch needs of it."""
Record: TypeAlias = Callable[[Session, KnownPlatform, LaunchClaims], ResultT]
"""What a launch brings, recorded in a session."""
Database: TypeAlias = Connection | Session
"""What runs the statements of a login."""
SWEEP_EVERY = 8
SWEPT_AT_ONCE = 64
"""One login in eight removes up to 64 attempts that are over: more than come in, so that the table stays bounded."""

_ATTEMPTS, _PLATFORMS = cast(Table, LoginAttempt.__table__), cast(Table, Platform.__table__)
_DEPLOYMENTS = cast(Table, Deployment.__table__)
# Made once: to build a statement anew takes longer than to run it, and every launch runs these.
_OF_ISSUER = select(_PLATFORMS).where(_PLATFORMS.c.issuer == bindparam("issuer"))
_OF_CLIENT = _OF_ISSUER.where(_PLATFORMS.c.client_id == bindparam("client_id"))
_RECORD = insert(_ATTEMPTS)
_CONSUME = (
    update(_ATTEMPTS)
    .where(
        _ATTEMPTS.c.state_hash == bindparam("wanted"),
        _ATTEMPTS.c.consumed_at.is_(None),
        _ATTEMPTS.c.expires_at > bindparam("at"),
    )
    .values(consumed_at=bindparam("at"))
    .returning(_ATTEMPTS.c.state_hash)
)
_FIND: Select[Any] = (
    select(*_ATTEMPTS.c, *_PLATFORMS.c, _DEPLOYMENTS.c.id.label("deployment"), _DEPLOYMENTS.c.approved_at)
    .join(_PLATFORMS, _PLATFORMS.c.id == _ATTEMPTS.c.platform_id)
    .outerjoin(
        _DEPLOYMENTS,
        and_(
            _DEPLOYMENTS.c.platform_id == _PLATFORMS.c.id,
            _DEPLOYMENTS.c.deployment_id == bindparam("deployment_id"),
        ),
    )
    .where(_ATTEMPTS.c.state_hash == bindparam("wanted"))
)


def registration_of(platform: KnownPlatform) -> Registration:
    """Return what the LTI layer needs to know of `platform`, an object or a row of its table."""
    domains = profile_of(platform.product_family, platform.issuer).domains
    return Registration(
        id=platform.id,
        issuer=platform.issuer,
        client_id=platform.client_id,
        auth_login_url=platform.auth_login_url,
        token_url=platform.token_url,
        jwks_url=platform.jwks_url,
        token_audience=platform.token_audience,
        service_domains=(*platform.service_hosts.split(), *domains),
        may_use_private_addresses=platform.may_use_private_addresses,
        is_disabled=platform.disabled_at is not None,
    )


def note_product_family(session: Session, platform: KnownPlatform, product_family: str) -> None:
    """Keep which LMS a launch says that it comes from."""
    if platform.product_family != product_family:
        session.execute(update(Platform).where(Platform.id == platform.id).values(product_family=product_family))


def list_registrations(database: Database, issuer: str, client_id: str | None) -> list[Registration]:
    """Return the registrations of `issuer`, of one client if it is given; disabled ones too."""
    if client_id is None:
        found = database.execute(_OF_ISSUER, {"issuer": issuer})
    else:
        found = database.execute(_OF_CLIENT, {"issuer": issuer, "client_id": client_id})
    return [registration_of(platform) for platform in found]


def record_attempt(database: Database, attempt: PromisedAttempt, *, at: datetime) -> None:
    """Store a login attempt; now and then remove some that are over."""
    values = {
        "state_hash": attempt.state_hash,
        "nonce_hash": attempt.nonce_hash,
        "platform_id": attempt.registration.id,
        "target_link_uri": attempt.target_link_uri,
        "deployment_hint": attempt.deployment_hint,
        "expires_at": attempt.expires_at,
    }
    database.execute(_RECORD, values)
    if int(attempt.state_hash[:8], 16) % SWEEP_EVERY == 0:
        sweep_attempts(database, at=at)


def sweep_attempts(database: Database, *, at: datetime) -> int:
    """Remove up to 64 login attempts that are over; return how many."""
    over = select(LoginAttempt.state_hash).where(LoginAttempt.expires_at <= at).limit(SWEPT_AT_ONCE)
    result = database.execute(delete(LoginAttempt).where(LoginAttempt.state_hash.in_(over)))
    return result.rowcount if isinstance(result, CursorResult) else 0


def consume_attempt(database: Database, state_hash: str, *, at: datetime) -> bool:
    """Use a login attempt up; return False if it was used, is over, or never was. One caller wins."""
    return database.execute(_CONSUME, {"wanted": state_hash, "at": at}).one_or_none() is not None


class LoginStore:
    """lti.ports.Registrations and LoginRecorder for a login, each of whose statements may stand alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_registrations(self, issuer: str, client_id: str | None) -> Sequence[Registration]:
        """Return the registrations of `issuer`, of one client if it is given."""
        return list_registrations(self._database, issuer, client_id)

    def record_attempt(self, attempt: PromisedAttempt, *, at: datetime) -> None:
        """Store a login attempt."""
        record_attempt(self._database, attempt, at=at)


class LaunchStore(Generic[ResultT]):
    """lti.ports.LoginAttempts and KeySets for a launch.

    Reads in short transactions of their own, so that the network can be asked for a key while none is open.
    `record` is what a launch does to the database; it is called once or twice, and what it returned last is in `done`.
    """

    def __init__(self, sessions: sessionmaker[Session], session: Session, record: Record[ResultT]) -> None:
        self._sessions = sessions
        self._session = session
        self._record = record
        self._platform: Row[Any] | None = None
        self.done: ResultT | None = None

    def find_attempt(self, state_hash: str, deployment_id: str) -> FoundAttempt | None:
        """Return the attempt with its registration and the state of the deployment, in one statement."""
        wanted = {"wanted": state_hash, "deployment_id": deployment_id}
        with single_statements(self._sessions) as connection:
            row = connection.execute(_FIND, wanted).one_or_none()
        if row is None:
            return None
        self._platform = row
        promised = PromisedAttempt(
            state_hash=row.state_hash,
            nonce_hash=row.nonce_hash,
            registration=registration_of(row),
            target_link_uri=row.target_link_uri,
            deployment_hint=row.deployment_hint,
            expires_at=row.expires_at,
        )
        if row.deployment is None:
            state = DeploymentState.UNKNOWN
        else:
            state = DeploymentState.PENDING if row.approved_at is None else DeploymentState.APPROVED
        return FoundAttempt(promised, row.consumed_at is not None, state)

    def take(self, state_hash: str, claims: LaunchClaims, *, at: datetime) -> bool:
        """Record the launch and use its attempt up, in one transaction; False, and nothing recorded, if it was used.

        Most launches bring nothing new: they are looked at first, and then one statement is all that is written.
        """
        known = self._platform
        if known is None:
            raise LookupError("No attempt was found yet.")
        looked = look(
            self._sessions,
            lambda session: self._record(session, known, claims),
            lambda connection: consume_attempt(connection, state_hash, at=at),
        )
        if looked is not None:
            self.done, is_first = looked
            return is_first
        if not consume_attempt(self._session, state_hash, at=at):
            return False
        self.done = self._record(self._session, self._session.get_one(Platform, known.id), claims)
        return True

    def find_key_set(self, registration_id: int) -> StoredKeySet | None:
        """Return the last good key set that any process read."""
        with transaction(self._sessions, reads_only=True) as session:
            row = session.get(PlatformKeySet, registration_id)
        return None if row is None else StoredKeySet(row.jwks, row.fetched_at)

    def set_key_set(self, registration_id: int, key_set: StoredKeySet) -> None:
        """Keep a key set for all processes."""
        values = {"jwks": dict(key_set.jwks), "fetched_at": key_set.fetched_at}
        with transaction(self._sessions) as session:
            set_row(session, PlatformKeySet, {"platform_id": registration_id}, values)
