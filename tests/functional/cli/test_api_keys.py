"""Keys of other systems from the command line."""

import pytest
from sqlalchemy.orm import Session, sessionmaker

from service.api_clients.operations import KeyRefusedError, know_client
from service.db import transaction, utc_now
from service.errors import InvalidInputError, NotFoundError
from service.people.models import Membership
from tests.functional.cli.conftest import Run
from tests.makers import make_member


@pytest.fixture
def member(sessions: sessionmaker[Session]) -> Membership:
    with transaction(sessions) as session:
        return make_member(session, "mentor-1")


def test_a_key_is_added_rotated_and_revoked(run: Run, sessions: sessionmaker[Session], member: Membership) -> None:
    platform, course = run("platform", "list").output.split()[0], member.course.public_id
    said, key = run("api-key", "add", "--platform", platform, "--name", "CRM", "--course", course).output.splitlines()
    client = said.split()[0]
    listed = run("api-key", "list").output
    assert f"{client}  eligibility  {course}  CRM" in listed
    assert f"…{key[-4:]}" in listed
    assert key not in listed
    newer = run("api-key", "rotate", client, "--retire-after", "3").output.splitlines()[1]
    assert "opens until" in run("api-key", "list").output
    with transaction(sessions) as session:
        assert {know_client(session, one, at=utc_now()).public_id for one in (key, newer)} == {client}
    hook = ["webhook", "add", client, "http://127.0.0.1:9/hook"]
    assert isinstance(run(*hook).exception, InvalidInputError)
    assert run(*hook, "--allow-private-address").output.startswith("whsec_")
    assert "in order  http://127.0.0.1:9/hook" in run("webhook", "list").output
    assert run("api-key", "revoke", client).exit_code == 0
    assert "switched off" in run("webhook", "list").output
    with transaction(sessions) as session:
        for one in (key, newer):
            with pytest.raises(KeyRefusedError):
                know_client(session, one, at=utc_now())


def test_what_cannot_be_added_is_refused(run: Run, member: Membership) -> None:
    platform = run("platform", "list").output.split()[0]
    add = ["api-key", "add", "--platform", platform, "--name", "CRM"]
    assert run(*add).exit_code == 2
    assert run(*add, "--all-courses", "--course", member.course.public_id).exit_code == 2
    assert isinstance(run(*add, "--course", "nothing").exception, NotFoundError)
    assert isinstance(run("api-key", "rotate", "nothing").exception, NotFoundError)
