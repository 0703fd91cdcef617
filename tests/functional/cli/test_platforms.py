"""LMSs from the command line."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction, utc_now
from service.errors import InvalidInputError, NotFoundError
from service.platforms.invites import get_invite
from service.platforms.models import AuditEvent, Platform, PlatformInvite
from service.platforms.operations import record_pending_deployment
from tests.functional.cli.conftest import Run

MOODLE = ("platform", "add", "--lms=moodle", "--site=https://lms.example/", "--client-id=abc", "--deployment-id=1")


def _platform(sessions: sessionmaker[Session]) -> Platform:
    with transaction(sessions, reads_only=True) as session:
        return session.scalars(select(Platform)).one()


def test_invite_is_a_link_of_which_only_a_hash_is_kept(run: Run, sessions: sessionmaker[Session]) -> None:
    link = run("platform", "invite", "--note", "My University", "--days", "2").output.strip()
    assert link.startswith("https://tool.example/lti/register?invite=")
    [token] = parse_qs(urlsplit(link).query)["invite"]
    with transaction(sessions) as session:
        row = session.scalars(select(PlatformInvite)).one()
        assert get_invite(session, token, at=utc_now()) is row
        assert (row.note, row.may_use_private_addresses) == ("My University", False)
        assert token not in str(vars(row))
        assert 47 < (row.expires_at - utc_now()).total_seconds() / 3600 <= 48


@pytest.mark.parametrize("days", ["0", "91", "x"])
def test_invite_is_good_for_a_bounded_time(run: Run, days: str) -> None:
    assert run("platform", "invite", "--days", days).exit_code == 2


def test_make_of_an_lms_fills_in_its_addresses(run: Run, sessions: sessionmaker[Session]) -> None:
    assert "Registered https://lms.example (client abc)" in run(*MOODLE).output
    row = _platform(sessions)
    assert (row.issuer, row.auth_login_url) == ("https://lms.example", "https://lms.example/mod/lti/auth.php")
    assert "newer than the grade" in run("platform", "show", row.public_id).output


def test_tokens_and_services_elsewhere(run: Run, sessions: sessionmaker[Session]) -> None:
    d2l = [option.replace("moodle", "d2l") for option in MOODLE]
    run(*d2l, "--service-host=a.example", "--service-host=b.example")
    row = _platform(sessions)
    assert row.token_audience == "https://api.brightspace.com/auth/token"
    assert row.service_hosts == "a.example b.example"


def test_further_host_of_services(run: Run, sessions: sessionmaker[Session]) -> None:
    run(*MOODLE)
    public_id = _platform(sessions).public_id
    for host in ("a.example", "b.example", "a.example"):
        assert run("platform", "allow-host", public_id, host).exit_code == 0
    for host in ("https://c.example", "localhost", "x" * 1100 + ".example", "*.example"):
        assert isinstance(run("platform", "allow-host", public_id, host).exception, InvalidInputError)
    assert _platform(sessions).service_hosts == "a.example b.example"


def test_without_make_or_addresses_it_says_what_is_missing(run: Run) -> None:
    result = run("platform", "add", "--client-id=abc", "--deployment-id=1", "--issuer=https://lms.example")
    assert result.exit_code == 2
    assert "--auth-login-url, --token-url, --jwks-url" in result.output


def test_approve_takes_all_that_wait_or_one(run: Run, sessions: sessionmaker[Session]) -> None:
    run(*MOODLE)
    row = _platform(sessions)
    assert "No deployment waits." in run("platform", "approve", row.public_id).output
    with transaction(sessions) as session:
        for name in ("2", "3", "4"):
            record_pending_deployment(session, row.id, name, at=utc_now())
    assert "Deployment 3 of" in run("platform", "approve", row.public_id, "--deployment-id", "3").output
    assert run("platform", "approve", row.public_id).output.count("approved") == 2
    with transaction(sessions, reads_only=True) as session:
        approvals = session.scalars(select(AuditEvent).filter_by(kind="deployment_approved")).all()
    assert sorted(event.detail["deployment"] for event in approvals) == ["2", "3", "4"]
    assert isinstance(run("platform", "approve", row.public_id, "--deployment-id", "9").exception, NotFoundError)


def test_states_in_the_list(run: Run, sessions: sessionmaker[Session]) -> None:
    run(*MOODLE)
    row = _platform(sessions)
    states = []
    for command in ("show", "disable", "enable"):
        run("platform", command, row.public_id)
        states.append(run("platform", "list").output.split()[1])
    with transaction(sessions) as session:
        for deployment in session.get_one(Platform, row.id).deployments:
            deployment.approved_at = None
    states.append(run("platform", "list").output.split()[1])
    assert states == ["active", "disabled", "active", "pending"]
