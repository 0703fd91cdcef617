import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from sqlalchemy import event, func, insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from lti.browser_binding import hash_token
from lti.claims import LaunchClaims
from lti.ports import DeploymentState, LoginAttempt, Registration, StoredKeySet
from service.db import look, transaction
from service.platforms import launches, operations
from service.platforms.launches import KnownPlatform, LaunchStore, LoginStore, Record
from service.platforms.models import LoginAttempt as Row
from service.platforms.models import Platform, PlatformKeySet
from tests.features.platforms.test_operations import FIELDS, NOW

SOON = NOW + timedelta(minutes=10)


@pytest.fixture
def registration(sessions: sessionmaker[Session]) -> Registration:
    with transaction(sessions) as session:
        platform = operations.add_platform(session, **FIELDS, at=NOW).platform
        return launches.registration_of(platform)


@pytest.fixture
def store(sessions: sessionmaker[Session]) -> Iterator[LaunchStore]:
    with sessions() as session:
        yield LaunchStore(sessions, session, only_look)


def only_look(_session: Session, platform: KnownPlatform, _claims: object) -> str:
    """What a launch does that brings nothing new."""
    return platform.issuer


def rename(session: Session, known: KnownPlatform, _claims: object) -> str:
    """What a launch does that brings something new."""
    platform = session.get_one(Platform, known.id)
    platform.name += "+"
    return platform.name


CLAIMS = cast(LaunchClaims, "claims")


def promise(registration: Registration, state: str = "s", *, expires_at: datetime = SOON) -> LoginAttempt:
    return LoginAttempt(hash_token(state), hash_token("n"), registration, "http://t/", "1", expires_at)


def record(sessions: sessionmaker[Session], attempt: LoginAttempt) -> None:
    with transaction(sessions) as session:
        LoginStore(session).record_attempt(attempt, at=NOW)


def consume(sessions: sessionmaker[Session], state: str, *, at: datetime) -> bool:
    with transaction(sessions) as session:
        return launches.consume_attempt(session, hash_token(state), at=at)


def test_attempt_comes_back_as_promised(
    sessions: sessionmaker[Session], registration: Registration, store: LaunchStore
) -> None:
    attempt = promise(registration)
    record(sessions, attempt)
    found = store.find_attempt(hash_token("s"), "1")
    assert found is not None
    assert found.attempt == attempt
    assert not found.is_consumed
    assert found.deployment is DeploymentState.APPROVED
    assert store.find_attempt(hash_token("other"), "1") is None


def test_state_of_the_deployment(
    sessions: sessionmaker[Session], registration: Registration, store: LaunchStore
) -> None:
    record(sessions, promise(registration))
    with transaction(sessions) as session:
        operations.record_pending_deployment(session, registration.id, "2", at=NOW)
        other = operations.add_platform(session, **{**FIELDS, "client_id": "client-2", "deployment_id": "3"}, at=NOW)
        assert other.platform.id != registration.id
    for deployment_id, state in (("2", "pending"), ("3", "unknown"), ("4", "unknown")):
        found = store.find_attempt(hash_token("s"), deployment_id)
        assert found is not None
        assert found.deployment == state


def test_finding_holds_no_transaction_open(
    sessions: sessionmaker[Session], registration: Registration, store: LaunchStore
) -> None:
    record(sessions, promise(registration))
    store.find_attempt(hash_token("s"), "1")
    assert not store._session.in_transaction()
    assert consume(sessions, "s", at=NOW)


def test_attempt_is_consumed_once(sessions: sessionmaker[Session], registration: Registration) -> None:
    record(sessions, promise(registration))
    assert consume(sessions, "s", at=NOW)
    assert not consume(sessions, "s", at=NOW)
    assert not consume(sessions, "unknown", at=NOW)


def test_attempt_that_is_over_is_not_consumed(sessions: sessionmaker[Session], registration: Registration) -> None:
    record(sessions, promise(registration))
    assert not consume(sessions, "s", at=SOON)
    assert consume(sessions, "s", at=SOON - timedelta(seconds=1))


def test_s16_one_of_many_at_once_consumes(sessions: sessionmaker[Session], registration: Registration) -> None:
    record(sessions, promise(registration))
    ready = threading.Barrier(6)

    def one(_: int) -> bool:
        ready.wait(timeout=30)
        return consume(sessions, "s", at=NOW)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(one, range(6))) == [False] * 5 + [True]


@pytest.mark.parametrize(("act", "names"), [(only_look, {""}), (rename, {"+"})])
def test_s16_one_of_many_launches_at_once_is_taken_and_recorded(
    sessions: sessionmaker[Session], registration: Registration, act: Record[str], names: set[str]
) -> None:
    record(sessions, promise(registration))
    ready = threading.Barrier(6)

    def one(_: int) -> bool:
        with transaction(sessions) as session:
            store = LaunchStore(sessions, session, act)
            store.find_attempt(hash_token("s"), "1")
            ready.wait(timeout=30)
            return store.take(hash_token("s"), CLAIMS, at=NOW)

    with sessions() as session:
        before = session.scalars(select(Platform.name)).one()
    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(one, range(6))) == [False] * 5 + [True]
    with sessions() as session:
        assert {session.scalars(select(Platform.name)).one().removeprefix(before)} == names


def test_what_a_launch_brings_is_undone_with_its_use(
    sessions: sessionmaker[Session], registration: Registration
) -> None:
    record(sessions, promise(registration))
    with sessions() as session:
        store = LaunchStore(sessions, session, rename)
        store.find_attempt(hash_token("s"), "1")
        assert store.take(hash_token("s"), CLAIMS, at=NOW)
    with sessions() as session:
        assert "+" not in session.scalars(select(Platform.name)).one()
    assert consume(sessions, "s", at=NOW)


def _add(session: Session) -> None:
    session.add(PlatformKeySet(platform_id=1, jwks={}, fetched_at=NOW))


def _insert(session: Session) -> None:
    session.execute(insert(PlatformKeySet).values(platform_id=1, jwks={}, fetched_at=NOW))


def _change(session: Session) -> None:
    session.scalars(select(Platform)).one().name = "Changed"


def _return_changed(session: Session) -> None:
    session.scalars(update(Platform).values(name="Changed").returning(Platform.id)).one()


def _set_equal(session: Session) -> None:
    platform = session.scalars(select(Platform)).one()
    platform.name = str(platform.name)


@pytest.mark.parametrize(
    ("act", "is_look"),
    [(_add, False), (_insert, False), (_change, False), (_return_changed, False), (_set_equal, True)],
)
def test_who_looks_writes_nothing(
    sessions: sessionmaker[Session], registration: Registration, act: Callable[[Session], None], is_look: bool
) -> None:
    def look_and_count(session: Session) -> int:
        act(session)
        return session.scalar(select(func.count()).select_from(Platform)) or 0

    settled: list[bool] = []
    found = look(sessions, look_and_count, lambda connection: settled.append(connection.in_transaction()) or "settled")
    assert found == ((1, "settled") if is_look else None)
    assert len(settled) == is_look
    with sessions() as session:
        assert session.scalars(select(Platform.name)).one() != "Changed"
        assert session.scalars(select(PlatformKeySet)).all() == []


def test_consuming_is_undone_by_a_rollback(sessions: sessionmaker[Session], registration: Registration) -> None:
    record(sessions, promise(registration))
    with sessions() as session:
        assert launches.consume_attempt(session, hash_token("s"), at=NOW)
    assert consume(sessions, "s", at=NOW)


def test_s22_sweeping_takes_what_is_over_in_small_batches(
    sessions: sessionmaker[Session], registration: Registration
) -> None:
    with transaction(sessions) as session:
        for number in range(100):
            launches.record_attempt(
                session, promise(registration, f"old{number}", expires_at=NOW), at=NOW - timedelta(1)
            )
        launches.record_attempt(session, promise(registration, "live"), at=NOW - timedelta(1))
    with transaction(sessions) as session:
        assert launches.sweep_attempts(session, at=NOW) == launches.SWEPT_AT_ONCE
        assert launches.sweep_attempts(session, at=NOW) == 100 - launches.SWEPT_AT_ONCE
        assert launches.sweep_attempts(session, at=NOW) == 0
        assert session.scalars(select(func.count()).select_from(Row)).one() == 1


def test_registrations_are_found_by_issuer_and_client(
    sessions: sessionmaker[Session], registration: Registration
) -> None:
    with transaction(sessions) as session:
        second = operations.add_platform(session, **{**FIELDS, "client_id": "client-2"}, at=NOW).platform
        operations.set_platform_disabled(session, second.public_id, at=NOW)
        store = LoginStore(session)
        assert store.list_registrations("https://lms.example", "client-1") == [registration]
        assert {r.is_disabled for r in store.list_registrations("https://lms.example", None)} == {False, True}
        assert store.list_registrations("https://lms.example/", None) == []
        assert store.list_registrations("https://lms.example", "CLIENT-1") == []


def test_key_set_is_shared(registration: Registration, store: LaunchStore) -> None:
    assert store.find_key_set(registration.id) is None
    for kid, at in (("a", NOW), ("b", SOON)):
        store.set_key_set(registration.id, StoredKeySet({"keys": [{"kid": kid}]}, at))
    assert store.find_key_set(registration.id) == StoredKeySet({"keys": [{"kid": "b"}]}, SOON)


def test_statements_of_the_door(
    sessions: sessionmaker[Session], registration: Registration, store: LaunchStore
) -> None:
    """The door itself sends four statements for a login and a launch, and one more in every eighth login."""
    state = next(s for s in map(str, range(100)) if int(hash_token(s)[:8], 16) % launches.SWEEP_EVERY)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement.split(maxsplit=1)[0])

    engine = sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", note)
    with transaction(sessions) as session:
        login = LoginStore(session)
        (found,) = login.list_registrations("https://lms.example", "client-1")
        login.record_attempt(promise(found, state), at=NOW)
    store.find_attempt(hash_token(state), "1")
    assert store.take(hash_token(state), CLAIMS, at=NOW)
    event.remove(engine, "before_cursor_execute", note)
    assert statements == ["SELECT", "INSERT", "SELECT", "UPDATE"]


def test_times_are_utc(sessions: sessionmaker[Session], registration: Registration, store: LaunchStore) -> None:
    record(sessions, promise(registration))
    found = store.find_attempt(hash_token("s"), "1")
    assert found is not None
    assert found.attempt.expires_at.tzinfo is UTC
