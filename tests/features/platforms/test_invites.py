"""One-time links for LMSs and what comes of them (CONFORMANCE K)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from lti.browser_binding import hash_token
from lti.registration import PlatformConfiguration, RegistrationAnswer
from service.db import transaction
from service.errors import InvalidInputError, NotAllowedError
from service.platforms import invites, models
from service.platforms import operations as platforms
from service.platforms.invites import Outcome, Registered
from service.platforms.models import AuditEvent, Deployment, Platform, PlatformInvite
from service.platforms.operations import PlatformState, state_of
from tests.features.platforms.test_operations import NOW

ISSUER = "https://lms.example"
CONFIGURATION = PlatformConfiguration(
    issuer=ISSUER,
    auth_login_url=f"{ISSUER}/auth",
    token_url=f"{ISSUER}/token",
    jwks_url=f"{ISSUER}/certs",
    registration_url=f"{ISSUER}/register",
    product_family="moodle",
)


def invite(session: Session, *, days: int = 7, private: bool = False, note: str = "My University") -> tuple[int, str]:
    lifetime = timedelta(days=days)
    row, token = invites.add_invite(session, note=note, lifetime=lifetime, may_use_private_addresses=private, at=NOW)
    return row.id, token


def register(
    session: Session,
    client_id: str = "abc",
    deployment_id: str = "7",
    configuration: PlatformConfiguration = CONFIGURATION,
    *,
    private: bool = False,
) -> Registered:
    _, token = invite(session, private=private)
    row = invites.use_invite(session, token, at=NOW)
    return invites.record_registration(
        session, row.id, configuration, RegistrationAnswer(client_id, deployment_id), at=NOW
    )


def refusal(session: Session, token: str, *, at=NOW) -> str:
    with pytest.raises(NotAllowedError) as caught:
        invites.get_invite(session, token, at=at)
    return caught.value.code


def test_r10_only_a_good_invite_opens_the_way(session: Session) -> None:
    _, token = invite(session)
    assert invites.get_invite(session, token, at=NOW).note == "My University"
    assert refusal(session, "") == "invite.missing"
    assert refusal(session, token + "x") == "invite.unknown"
    assert refusal(session, hash_token(token)) == "invite.unknown"
    assert refusal(session, token, at=NOW + timedelta(days=7)) == "invite.expired"
    invites.use_invite(session, token, at=NOW)
    session.expire_all()
    assert refusal(session, token) == "invite.used"


@pytest.mark.parametrize(("days", "note"), [(0, ""), (-1, ""), (91, ""), (7, "a\nb"), (7, "x" * 256)])
def test_invite_is_bounded(session: Session, days: int, note: str) -> None:
    with pytest.raises(InvalidInputError):
        invite(session, days=days, note=note)


def test_of_many_at_once_one_uses_the_invite(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        _, token = invite(session)
    ready = threading.Barrier(6)

    def click(_: int) -> bool:
        ready.wait(timeout=30)
        try:
            with transaction(sessions) as session:
                invites.use_invite(session, token, at=NOW)
        except NotAllowedError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(click, range(6))) == [False] * 5 + [True]


def test_r07_invite_is_free_again_after_a_failure(session: Session) -> None:
    _, token = invite(session)
    row = invites.use_invite(session, token, at=NOW)
    invites.free_invite(session, row.id, code="registration_refused", at=NOW)
    assert invites.get_invite(session, token, at=NOW).id == row.id
    event = session.scalars(select(AuditEvent).filter_by(kind="registration_failed")).one()
    assert event.detail == {"invite": row.public_id, "code": "registration_refused"}


def test_r05_new_platform_waits_with_the_deployment_it_named(session: Session) -> None:
    registered = register(session)
    platform = registered.platform
    assert registered.outcome is Outcome.NEW
    assert (platform.name, platform.product_family) == ("My University", "moodle")
    assert not platform.may_use_private_addresses
    assert [(d.deployment_id, d.approved_at) for d in platform.deployments] == [("7", None)]
    assert state_of(platform) is PlatformState.PENDING
    used = session.scalars(select(PlatformInvite)).one()
    assert (used.used_at, used.platform_id) == (NOW, platform.id)


def test_r05_without_deployment_it_waits_for_the_first_launch(session: Session) -> None:
    platform = register(session, deployment_id="").platform
    assert platform.deployments == []
    assert state_of(platform) is PlatformState.PENDING


def test_r08_same_client_is_renewed_and_stays_approved(session: Session) -> None:
    first = register(session).platform
    platforms.approve_deployment(session, first.public_id, "7", at=NOW)
    again = register(session)
    assert (again.outcome, again.platform.id) == (Outcome.RENEWED, first.id)
    assert state_of(first) is PlatformState.ACTIVE
    assert session.scalars(select(func.count()).select_from(Platform)).one() == 1
    assert session.scalars(select(func.count()).select_from(Deployment)).one() == 1


def test_r08_other_addresses_are_trusted_only_when_approved_again(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        platform = register(session).platform
        platforms.approve_deployment(session, platform.public_id, "7", at=NOW)
        session.add(models.PlatformKeySet(platform_id=platform.id, jwks={"keys": []}, fetched_at=NOW))
        token = {"encrypted_token": b"t", "granted_scopes": [], "expires_at": NOW}
        session.add(models.AccessToken(platform_id=platform.id, scopes="s", **token))
    moved = replace(CONFIGURATION, jwks_url=f"{ISSUER}/other/certs")
    with transaction(sessions) as session:
        again = register(session, configuration=moved)
        assert again.outcome is Outcome.CHANGED
    with transaction(sessions) as session:
        platform = session.scalars(select(Platform)).one()
        assert platform.jwks_url == moved.jwks_url
        assert state_of(platform) is PlatformState.PENDING
        for table in (models.PlatformKeySet, models.AccessToken):
            assert session.scalars(select(func.count()).select_from(table)).one() == 0


def test_r08_another_client_of_the_same_issuer_is_a_row_of_its_own(session: Session) -> None:
    first, second = register(session).platform, register(session, "def").platform
    assert first.id != second.id
    assert invites.has_platform(session, ISSUER)
    assert not invites.has_platform(session, f"{ISSUER}/")


def test_renewing_enables_nothing(session: Session) -> None:
    platform = register(session).platform
    platforms.set_platform_disabled(session, platform.public_id, at=NOW)
    register(session)
    assert state_of(platform) is PlatformState.DISABLED


def test_private_addresses_come_from_the_invite_and_are_not_taken_away(session: Session) -> None:
    assert register(session, private=True).platform.may_use_private_addresses
    assert register(session).platform.may_use_private_addresses
