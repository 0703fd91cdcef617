from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti.errors import KeyUnreadableError
from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.platforms import operations as platforms
from service.platforms.launches import registration_of
from service.platforms.models import AuditEvent, Deployment, Platform, SigningKey
from service.platforms.operations import Added

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SECRET = "a secret for tests, long enough to be taken"
FIELDS = {
    "issuer": "https://lms.example",
    "client_id": "client-1",
    "auth_login_url": "https://lms.example/auth",
    "token_url": "https://lms.example/token",
    "jwks_url": "https://lms.example/jwks",
    "deployment_id": "1",
}


def add(session: Session, **changes: Any) -> platforms.AddOutcome:
    return platforms.add_platform(session, **{**FIELDS, "at": NOW, **changes})


def published(session: Session, *, at: datetime) -> list[str]:
    return [key["kid"] for key in platforms.public_key_set(session, at=at)["keys"]]


def count(session: Session, table: type) -> int:
    return session.scalars(select(func.count()).select_from(table)).one()


def test_new_platform_has_an_approved_deployment(session: Session) -> None:
    outcome = add(session, name="Demo University")
    assert outcome.added is Added.PLATFORM
    assert "https://lms.example" in outcome.sentence
    (platform,) = platforms.list_platforms(session)
    assert (platform.name, platform.created_at, platform.may_use_private_addresses) == ("Demo University", NOW, False)
    assert [(d.deployment_id, d.approved_at) for d in platform.deployments] == [("1", NOW)]


def test_same_again_changes_nothing(session: Session) -> None:
    add(session)
    before = count(session, AuditEvent)
    outcome = add(session, at=LATER)
    assert outcome.added is Added.NOTHING
    assert "nothing changed" in outcome.sentence
    assert (count(session, Platform), count(session, Deployment), count(session, AuditEvent)) == (1, 1, before)


def test_another_deployment_is_added(session: Session) -> None:
    add(session)
    outcome = add(session, deployment_id="2", at=LATER)
    assert outcome.added is Added.DEPLOYMENT
    assert (count(session, Platform), count(session, Deployment)) == (1, 2)


def test_waiting_deployment_is_approved_by_adding_it(session: Session) -> None:
    platform = add(session).platform
    platforms.record_pending_deployment(session, platform.id, "2", at=NOW)
    assert add(session, deployment_id="2", at=LATER).added is Added.DEPLOYMENT
    approved = session.scalars(select(Deployment.approved_at).filter_by(deployment_id="2")).one()
    assert approved == LATER


def test_other_client_of_the_same_issuer_is_another_platform(session: Session) -> None:
    add(session)
    assert add(session, client_id="client-2").added is Added.PLATFORM
    assert count(session, Platform) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"jwks_url": "https://other.example/jwks"},
        {"may_use_private_addresses": True},
        {"token_url": "https://x.example/"},
    ],
)
def test_known_platform_with_other_addresses_is_a_question(session: Session, changes: dict[str, Any]) -> None:
    add(session)
    with pytest.raises(ConflictError) as caught:
        add(session, **changes)
    assert caught.value.details["fields"] == list(changes)
    assert session.scalars(select(Platform.jwks_url)).one() == FIELDS["jwks_url"]


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"issuer": ""}, {"issuer": "malformed"}),
        ({"issuer": " https://lms.example"}, {"issuer": "malformed"}),
        ({"client_id": "a\nb"}, {"client_id": "malformed"}),
        ({"deployment_id": "x" * 256}, {"deployment_id": "malformed"}),
        ({"name": "x" * 256}, {"name": "malformed"}),
        ({"token_url": "lms.example/token"}, {"token_url": "no_url"}),
        ({"jwks_url": "javascript:alert(1)", "token_url": "/x"}, {"jwks_url": "no_url", "token_url": "no_url"}),
        ({"auth_login_url": "http://lms.example/auth"}, {"auth_login_url": "not_https"}),
        ({"token_audience": "a\nb"}, {"token_audience": "malformed"}),
        ({"service_hosts": "https://learn.example"}, {"service_hosts": "malformed"}),
        ({"service_hosts": "localhost"}, {"service_hosts": "malformed"}),
    ],
)
def test_values_that_cannot_be_used(session: Session, changes: dict[str, Any], faults: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        add(session, **changes)
    assert caught.value.details["fields"] == faults
    assert count(session, Platform) == 0


def test_http_is_for_private_addresses(session: Session) -> None:
    http = {name: url.replace("https", "http") for name, url in FIELDS.items() if name.endswith("_url")}
    assert add(session, **http, may_use_private_addresses=True).added is Added.PLATFORM


def test_where_tokens_and_services_are_is_only_changed_by_a_human(session: Session) -> None:
    hosts = "learn.uni.example learn.other.example"
    platform = add(session, token_audience="https://api.example/token", service_hosts=hosts).platform
    assert add(session).added is Added.NOTHING
    assert (platform.token_audience, platform.service_hosts) == ("https://api.example/token", hosts)
    with pytest.raises(ConflictError) as caught:
        add(session, service_hosts="evil.example")
    assert caught.value.details["fields"] == ["service_hosts"]
    registration = registration_of(platform)
    assert registration.is_own_host("https://learn.other.example/api")
    assert not registration.is_own_host("https://third.example/api")


def test_disable_and_enable(session: Session) -> None:
    public_id = add(session).platform.public_id
    platforms.set_platform_disabled(session, public_id, at=LATER)
    platforms.set_platform_disabled(session, public_id, at=LATER + timedelta(days=1))
    assert platforms.get_platform(session, public_id).disabled_at == LATER
    platforms.set_platform_enabled(session, public_id, at=LATER)
    assert platforms.get_platform(session, public_id).disabled_at is None
    kinds = session.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)).all()
    assert kinds == ["platform_added", "platform_disabled", "platform_enabled"]


def test_unknown_platform(session: Session) -> None:
    for call in (platforms.set_platform_disabled, platforms.set_platform_enabled):
        with pytest.raises(NotFoundError):
            call(session, "nobody", at=NOW)
    with pytest.raises(NotFoundError):
        platforms.approve_deployment(session, "nobody", "1", at=NOW)


def test_approve_a_deployment_that_waits(session: Session) -> None:
    platform = add(session).platform
    platforms.record_pending_deployment(session, platform.id, "2", at=NOW)
    platforms.record_pending_deployment(session, platform.id, "2", at=LATER)
    platforms.approve_deployment(session, platform.public_id, "2", at=LATER)
    platforms.approve_deployment(session, platform.public_id, "2", at=LATER + timedelta(days=1))
    row = session.scalars(select(Deployment).filter_by(deployment_id="2")).one()
    assert (row.first_seen_at, row.approved_at) == (NOW, LATER)
    with pytest.raises(NotFoundError):
        platforms.approve_deployment(session, platform.public_id, "3", at=LATER)


def test_waiting_deployments_are_bounded(session: Session) -> None:
    platform = add(session).platform
    for number in range(platforms.MOST_PENDING_DEPLOYMENTS + 10):
        platforms.record_pending_deployment(session, platform.id, f"d{number}", at=NOW)
    assert count(session, Deployment) == 1 + platforms.MOST_PENDING_DEPLOYMENTS


def test_one_key_is_made_and_kept(session: Session) -> None:
    first = platforms.ensure_signing_key(session, SECRET, at=NOW)
    assert platforms.ensure_signing_key(session, SECRET, at=LATER) is first
    assert b"PRIVATE" not in first.encrypted_private_pem


def test_t12_newest_key_signs_and_all_live_ones_are_published(session: Session) -> None:
    old = platforms.ensure_signing_key(session, SECRET, at=NOW)
    new = platforms.add_signing_key(session, SECRET, at=LATER)
    assert platforms.ensure_signing_key(session, SECRET, at=LATER).kid == new.kid
    assert published(session, at=LATER) == [new.kid, old.kid]
    old.retired_at = LATER
    session.flush()
    assert published(session, at=LATER) == [new.kid]


def test_t12_rotated_key_is_published_until_the_overlap_is_over(session: Session) -> None:
    old = platforms.ensure_signing_key(session, SECRET, at=NOW)
    new = platforms.rotate_signing_key(session, SECRET, overlap=timedelta(days=7), at=LATER)
    over = LATER + timedelta(days=7)
    assert platforms.ensure_signing_key(session, SECRET, at=LATER).kid == new.kid
    assert published(session, at=over - timedelta(seconds=1)) == [new.kid, old.kid]
    assert published(session, at=over) == [new.kid]
    assert [key.kid for key in platforms.list_signing_keys(session)] == [new.kid, old.kid]


def test_t12_an_older_key_goes_when_it_was_to_go(session: Session) -> None:
    first = platforms.ensure_signing_key(session, SECRET, at=NOW)
    second = platforms.rotate_signing_key(session, SECRET, overlap=timedelta(days=7), at=NOW)
    third = platforms.rotate_signing_key(session, SECRET, overlap=timedelta(days=30), at=LATER)
    assert first.retired_at == NOW + timedelta(days=7)
    assert second.retired_at == LATER + timedelta(days=30)
    assert published(session, at=NOW + timedelta(days=8)) == [third.kid, second.kid]


def test_t12_without_overlap_a_leaked_key_goes_at_once(session: Session) -> None:
    platforms.rotate_signing_key(session, SECRET, overlap=timedelta(days=7), at=NOW)
    new = platforms.rotate_signing_key(session, SECRET, overlap=timedelta(0), at=LATER)
    assert published(session, at=LATER) == [new.kid]


def test_published_key_verifies_what_the_stored_one_signs(session: Session) -> None:
    row = platforms.ensure_signing_key(session, SECRET, at=NOW)
    key = platforms.open_signing_key(row, SECRET)
    token = jwt.encode({"a": 1}, key.private_key, algorithm="RS256", headers={"kid": key.kid})
    (jwk,) = platforms.public_key_set(session, at=NOW)["keys"]
    assert jwt.decode(token, jwt.PyJWK(jwk), algorithms=["RS256"]) == {"a": 1}
    with pytest.raises(KeyUnreadableError):
        platforms.open_signing_key(row, SECRET + "!")
    assert count(session, SigningKey) == 1


def test_refusals_fill_no_disk(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platforms, "MOST_REFUSALS", 5)
    session.add(AuditEvent(at=NOW, kind="deployment_approved", detail={}))
    session.flush()
    for number in range(9):
        session.add(AuditEvent(at=NOW + timedelta(seconds=number), kind="launch_refused", detail={"number": number}))
        session.flush()
    platforms.forget_refusals(session)
    kept = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [event.detail.get("number") for event in kept] == [None, 4, 5, 6, 7, 8]


def test_refusals_are_recorded_up_to_a_rate(session: Session) -> None:
    most = platforms.MOST_REFUSALS_A_MINUTE
    session.add_all(AuditEvent(at=NOW, kind="launch_refused", detail={}) for _ in range(most - 1))
    recorded = [
        platforms.record_refusal(session, support_id=str(number), platform_id=None, detail={"code": "x"}, at=NOW)
        for number in range(3)
    ]
    assert recorded == [True, False, False]
    assert count(session, AuditEvent) == most
    later = NOW + timedelta(minutes=1)
    assert platforms.record_refusal(session, support_id="new", platform_id=None, detail={}, at=later)
