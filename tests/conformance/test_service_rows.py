"""CONFORMANCE.md section H: access tokens and service calls, by the real client against the pretend LMS over HTTP.

What one answer more or less does is held in tests/functional/lti and tests/functional/grades.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from lti.errors import AddressRefusedError, ServiceUnreachableError, TokenRefusedError
from lti.line_items import LINE_ITEM_READ_SCOPE, LINE_ITEM_SCOPE
from lti.service_client import ServiceAnswer, ServiceClient
from service.db import transaction, utc_now
from service.grades.models import Score, ScoreState
from service.platforms.models import AccessToken
from service.platforms.operations import public_key_set, rotate_signing_key
from tests.fake_lms import FakeLms, models
from tests.fake_lms.claims import AGS_CLAIM
from tests.functional.grades.school import SECRET, KeyServer, School

LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"


@pytest.fixture
def tool_keys() -> Iterator[KeyServer]:
    server = KeyServer()
    yield server
    server.close()


@pytest.fixture
def lms(tool_keys: KeyServer, tmp_path: Path) -> Iterator[FakeLms]:
    with FakeLms(tool_url=tool_keys.url, store=tmp_path / "lms.sqlite") as running:
        yield running


@pytest.fixture
def school(sessions: sessionmaker[Session], lms: FakeLms, tool_keys: KeyServer) -> School:
    return School(sessions, lms, tool_keys)


@pytest.fixture
def client(school: School) -> ServiceClient:
    return school.open_client(school.platform.id)


def read_items(client: ServiceClient, lms: FakeLms, *, url: str = "") -> ServiceAnswer:
    url = url or lms.claims_for("mentor_he", "mentoring/roles")[AGS_CLAIM]["lineitems"]
    return client.request("GET", url, scopes=(LINE_ITEM_SCOPE,), accept=LINE_ITEMS)


def calls(lms: FakeLms, service: str) -> list[int]:
    """Return the statuses of the calls of one service."""
    return [call.status for call in lms.calls if call.service == service]


def score_of(school: School) -> Score:
    with transaction(school.sessions, reads_only=True) as session:
        return session.scalars(select(Score)).one()


def test_t01_assertion_passes_every_check(client: ServiceClient, lms: FakeLms) -> None:
    lms.switches.set("strict_assertions", True)
    assert read_items(client, lms).status == 200
    with lms.store.session() as store:
        store.execute(delete(models.AccessToken))
    assert read_items(client, lms).status == 200  # a fresh `jti`
    assert calls(lms, "token") == [200, 200]


def test_t02_only_the_scope_needed(client: ServiceClient, lms: FakeLms, school: School) -> None:
    assert len(lms.claims_for("mentor_he", "mentoring/roles")[AGS_CLAIM]["scope"]) > 1
    read_items(client, lms)
    with transaction(school.sessions, reads_only=True) as session:
        assert session.scalars(select(AccessToken.granted_scopes)).one() == [LINE_ITEM_SCOPE]


def test_t02_scope_that_the_lms_withholds(client: ServiceClient, lms: FakeLms) -> None:
    lms.switches.set("withheld_scopes", "lineitem")
    with pytest.raises(TokenRefusedError):
        read_items(client, lms)
    assert calls(lms, "lineitems") == []


def test_t03_one_token_for_all_processes(school: School, lms: FakeLms) -> None:
    for _ in range(3):
        assert read_items(school.open_client(school.platform.id), lms).status == 200
    assert calls(lms, "token") == [200]


def test_t03_token_of_other_scopes_is_another(client: ServiceClient, lms: FakeLms) -> None:
    answer = read_items(client, lms)
    url = lms.claims_for("mentor_he", "mentoring/roles")[AGS_CLAIM]["lineitems"]
    client.request("GET", url, scopes=(LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE), accept=LINE_ITEMS)
    assert (answer.status, calls(lms, "token")) == (200, [200, 200])


def test_t05_token_that_the_lms_forgot(client: ServiceClient, lms: FakeLms) -> None:
    read_items(client, lms)
    with lms.store.session() as store:
        store.execute(delete(models.AccessToken))
    assert read_items(client, lms).status == 200
    assert (calls(lms, "token"), calls(lms, "lineitems")) == ([200, 200], [200, 401, 200])


def test_t06_and_t07_what_fails_is_tried_later_and_not_before(school: School, lms: FakeLms) -> None:
    school.queue(school.arrive("mentor_he", "mentoring/roles"), 1.0)
    lms.switches.update({"fail_services": "429", "fail_only": "scores", "retry_after_s": 600})
    school.send()
    waiting = score_of(school)
    assert waiting.state is not ScoreState.CONFIRMED
    assert waiting.next_try_at is not None
    assert waiting.next_try_at >= utc_now() + timedelta(seconds=590)
    lms.switches.set("fail_services", "off")
    school.send()
    assert calls(lms, "scores") == [429]
    school.send(clock=lambda: utc_now() + timedelta(hours=1))
    assert calls(lms, "scores") == [429, 200]


@pytest.mark.parametrize("failure", ["500", "reset", "timeout"])
def test_t07_the_queue_outlives_a_dead_lms(school: School, lms: FakeLms, failure: str) -> None:
    school.queue(school.arrive("mentor_he", "mentoring/roles"), 1.0)
    lms.switches.update({"fail_services": failure, "timeout_s": 4.0})
    school.send()
    assert score_of(school).next_try_at is not None
    lms.switches.set("fail_services", "off")
    school.send(clock=lambda: utc_now() + timedelta(days=1))
    assert calls(lms, "scores")[-1] == 200


def test_t07_no_answer_is_an_error_of_its_own(client: ServiceClient, lms: FakeLms) -> None:
    lms.switches.set("fail_services", "reset")
    with pytest.raises(ServiceUnreachableError):
        read_items(client, lms)


def test_t08_key_that_the_lms_does_not_know(client: ServiceClient, lms: FakeLms, tool_keys: KeyServer) -> None:
    tool_keys.key_set = {"keys": []}
    with pytest.raises(TokenRefusedError) as refused:
        read_items(client, lms)
    assert refused.value.status == 400
    assert calls(lms, "token") == [400]


def test_t09_score_is_taken_with_whatever_body(school: School, lms: FakeLms) -> None:
    """The pretend LMS answers a score as Moodle does, with nothing that is JSON."""
    school.queue(school.arrive("mentor_he", "mentoring/roles"), 1.0)
    school.send()
    assert calls(lms, "scores") == [200]


@pytest.mark.parametrize("url", ["http://localhost:1/items", "http://169.254.169.254/", "https://evil.example/items"])
def test_t11_no_token_for_a_foreign_host(client: ServiceClient, lms: FakeLms, url: str) -> None:
    with pytest.raises(AddressRefusedError):
        read_items(client, lms, url=url)
    assert list(lms.calls) == []


def test_t12_new_key_signs_while_the_old_one_is_still_published(
    school: School, client: ServiceClient, lms: FakeLms, tool_keys: KeyServer
) -> None:
    read_items(client, lms)
    with transaction(school.sessions) as session:
        (old,) = public_key_set(session, at=utc_now())["keys"]
        new = rotate_signing_key(session, SECRET, overlap=timedelta(days=7), at=utc_now()).kid
        tool_keys.key_set = public_key_set(session, at=utc_now())
        later = public_key_set(session, at=utc_now() + timedelta(days=8))
    assert [key["kid"] for key in tool_keys.key_set["keys"]] == [new, old["kid"]]
    assert [key["kid"] for key in later["keys"]] == [new]
    with lms.store.session() as store:
        store.execute(delete(models.AccessToken))
    assert read_items(school.open_client(school.platform.id), lms).status == 200
    assert client  # a process that opened its client before signs with the old key, which is still published
    with lms.store.session() as store:
        store.execute(delete(models.AccessToken))
    assert read_items(client, lms).status == 200
