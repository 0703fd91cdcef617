"""The doctor on the command line: the installation, and a connection to the pretend LMS in good and bad days."""

import json
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction, utc_now
from service.doctor.connection import ListeningHttp, examine_connection, read_patient
from service.doctor.findings import State
from service.errors import NotFoundError
from service.people.models import Course
from service.platforms.models import AccessToken, Platform
from service.platforms.operations import (
    add_platform,
    ensure_signing_key,
    public_key_set,
    record_pending_deployment,
    set_platform_disabled,
)
from tests.demo.stage import ROOT
from tests.fake_lms import FakeLms
from tests.fake_lms.service_answers import SERVICES_PATH
from tests.functional.cli.conftest import Run
from tests.ports import open_server
from tests.storage import bucket, storage_server, storage_settings

SECRET = "commands-" * 5
KEYS = "Public keys of the learning platform"


@pytest.fixture(autouse=True)
def little_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """Content that is soon read: the doctor checks all there is, each time."""
    monkeypatch.setenv("MENTORREADY_CONTENT_PATH", str(ROOT / "tests" / "sample_content"))


@pytest.fixture
def keys(sessions: sessionmaker[Session]) -> Iterator[str]:
    """The address of the tool, of which only the key set is served."""
    with transaction(sessions) as session:
        ensure_signing_key(session, SECRET, at=utc_now())
        body = json.dumps(public_key_set(session, at=utc_now())).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
            """Write nothing."""

    server = open_server(Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def lms(keys: str, tmp_path: Path) -> Iterator[FakeLms]:
    with FakeLms(tool_url=keys, store=tmp_path / "lms.sqlite") as running:
        # Made now, not when the doctor asks for it: on a busy machine that takes longer than the doctor waits, and the
        # LMS answers nothing else meanwhile, the request for a token neither.
        running.rotate_keys()
        yield running


@pytest.fixture
def platform(sessions: sessionmaker[Session], lms: FakeLms) -> Platform:
    with transaction(sessions) as session:
        fields = vars(lms.registration)
        return add_platform(session, **fields, may_use_private_addresses=True, at=utc_now()).platform


@pytest.fixture
def course(sessions: sessionmaker[Session], lms: FakeLms, platform: Platform) -> Course:
    """A course as a launch would have recorded it."""
    number = lms.course("mentoring").id
    services = f"{lms.url}{SERVICES_PATH}"
    with transaction(sessions) as session:
        row = Course(
            platform_id=platform.id,
            context_id=str(number),
            line_items_url=f"{services}/{number}/lineitems?type_id=1",
            memberships_url=f"{services}/CourseSection/{number}/bindings/1/memberships",
            created_at=utc_now(),
        )
        session.add(row)
        session.flush()
    return row


def steps(output: str) -> dict[str, str]:
    """Return the label and sentence of each step, the last of those that have several."""
    found = {}
    for line in output.splitlines():
        if line[:1].strip() and len(line) > 44:
            found[line[7:43].strip()] = f"{line[:6].strip()} {line[44:]}"
    return found


def test_installation_in_order(run: Run, keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MENTORREADY_CONTENT_PATH")  # what we ship
    result = run("doctor")
    assert result.exit_code == 0, result.output
    said = steps(result.output)
    assert set(said) == {"Settings", "Database", "Tables", "Signing key", "Broker", "Content", "Files"}
    assert all(words.startswith("ok ") for words in said.values()), said


def test_installation_with_faults(run: Run, keys: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MENTORREADY_SECRET_KEY", "another-" * 5)
    monkeypatch.setenv("MENTORREADY_BASE_URL", "http://tool.example")
    monkeypatch.setenv("MENTORREADY_BROKER_URL", "amqp://guest:guest@127.0.0.1:1//")
    monkeypatch.setenv("MENTORREADY_CONTENT_PATH", str(tmp_path))
    monkeypatch.setenv("MENTORREADY_SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setenv("MENTORREADY_MAIL_FROM", "info@tool.example")
    result = run("doctor")
    assert result.exit_code == 1
    said = steps(result.output)
    assert said["Signing key"].startswith("FAULT The key cannot be opened")
    assert said["Settings"].startswith("look ")
    assert said["Broker"].startswith("FAULT ")
    assert said["Content"].startswith("FAULT ")
    assert said["Mail"].startswith("FAULT The mail server cannot be used")
    assert "4 faults" in str(result.exception) or "4 faults" in result.output


def test_storage_of_files_is_tried(run: Run, keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with storage_server() as address:
        for name, value in storage_settings(address).items():
            monkeypatch.setenv(name, value)
        assert steps(run("doctor").output)["Files"] == f"ok The files of posts are kept in {address}/posts/tool/."
        assert list(bucket(address).objects.all()) == []
        monkeypatch.setenv("MENTORREADY_S3_URL", f"{address}/nothing")
        said = steps(run("doctor").output)["Files"]
        assert said.startswith("FAULT The files of posts cannot be kept in")
        assert said.endswith("The storage refuses us: NoSuchBucket")
    monkeypatch.setenv("MENTORREADY_S3_URL", "http://127.0.0.1:1/posts")
    assert "The storage does not answer: EndpointConnectionError" in steps(run("doctor").output)["Files"]


def test_database_that_is_not_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MENTORREADY_DATABASE_URL", "sqlite:////nowhere/at/all.sqlite")
    result = run("doctor")
    assert result.exit_code == 1
    assert steps(result.output)["Database"].startswith("FAULT The database cannot be used")
    monkeypatch.setenv("MENTORREADY_DATABASE_URL", "sqlite://")
    assert "mentorready db upgrade" in run("doctor").output


def test_connection_in_order(run: Run, lms: FakeLms, platform: Platform, course: Course) -> None:
    before = len(lms.items("mentoring"))
    result = run("doctor", platform.public_id, "--course", course.public_id)
    said = steps(result.output)
    assert result.exit_code == 0, result.output
    assert said[KEYS] == "ok They can be read. Keys that can be used: 1."
    assert said["Access token"].startswith("ok ")
    assert said["Rights"].startswith("ok ")
    assert said["Members of the course"] == "ok Members read: 5. Without a name: 1."
    assert said["Gradebook column"] == "ok A column was made and deleted again."
    assert said["Clock"].startswith("ok The clocks agree")
    assert len(lms.items("mentoring")) == before
    assert "Kalina" not in result.output


def test_no_column_is_made_without_a_course(run: Run, lms: FakeLms, platform: Platform, course: Course) -> None:
    assert "Gradebook column" not in run("doctor", platform.public_id).output
    assert [call.method for call in lms.calls if call.service == "lineitems"] == []
    assert run("doctor", "--course", course.public_id).exit_code == 2


def test_kept_tokens_are_neither_used_nor_changed(
    run: Run, sessions: sessionmaker[Session], platform: Platform, course: Course
) -> None:
    run("doctor", platform.public_id)
    with transaction(sessions, reads_only=True) as session:
        assert session.scalars(select(func.count()).select_from(AccessToken)).one() == 0


def test_course_of_another_platform_is_unknown(run: Run, platform: Platform) -> None:
    assert isinstance(run("doctor", platform.public_id, "--course", "nothing").exception, NotFoundError)
    assert isinstance(run("doctor", "nothing").exception, NotFoundError)


@pytest.mark.parametrize(
    ("switch", "value", "step", "words"),
    [
        ("jwks_down", True, KEYS, "FAULT They could not be read: The key set answered 503"),
        ("withheld_scopes", "score", "Rights", "FAULT Scores may not be sent"),
        ("withheld_scopes", "result.readonly", "Rights", "look Results may not be read"),
        ("withheld_scopes", "contextmembership.readonly", "Members of the course", "- The right is not granted."),
        ("withheld_scopes", "lineitem", "Gradebook column", "- The right is not granted."),
    ],
)
def test_what_is_wrong_at_the_lms(
    run: Run, lms: FakeLms, platform: Platform, course: Course, switch: str, value: Any, step: str, words: str
) -> None:
    lms.switches.set(switch, value)
    result = run("doctor", platform.public_id, "--course", course.public_id)
    assert steps(result.output)[step].startswith(words), result.output
    assert result.exit_code == (1 if words.startswith("FAULT") else 0)


@pytest.mark.parametrize(
    ("seconds", "state", "words"),
    [
        (0, State.IN_ORDER, "agree"),
        (20, State.WARNING, "behind ours"),
        (-20, State.WARNING, "ahead of ours"),
        (90, State.FAULT, "behind ours"),
        (-90, State.FAULT, "ahead of ours"),
    ],
)
def test_clocks_that_differ(
    sessions: sessionmaker[Session], platform: Platform, seconds: int, state: State, words: str
) -> None:
    def clock() -> datetime:
        return utc_now() + timedelta(seconds=seconds)

    patient = read_patient(sessions, SECRET, platform.public_id, at=clock())
    findings = examine_connection(patient, ListeningHttp(clock), may_make_column=False, clock=clock)
    [said] = [finding for finding in findings if finding.step == "Clock"]
    assert said.state is state
    assert words in said.sentence
    assert abs(int(str(said.facts["seconds"])) - abs(seconds)) <= 2


@pytest.mark.parametrize(
    ("service", "step"),
    [("token", "Access token"), ("members", "Members of the course"), ("lineitems", "Gradebook column")],
)
def test_service_that_fails(
    run: Run, lms: FakeLms, platform: Platform, course: Course, service: str, step: str
) -> None:
    lms.switches.set("fail_services", "500")
    lms.switches.set("fail_only", service)
    result = run("doctor", platform.public_id, "--course", course.public_id)
    assert steps(result.output)[step].startswith("FAULT "), result.output
    assert result.exit_code == 1


def test_column_that_cannot_be_deleted_is_told(run: Run, lms: FakeLms, platform: Platform, course: Course) -> None:
    with lms.store.session() as store:
        store.connection().exec_driver_sql(
            "create trigger keep before delete on grade_item begin select raise(abort, 'kept'); end"
        )
    result = run("doctor", platform.public_id, "--course", course.public_id)
    assert steps(result.output)["Gradebook column"].startswith("FAULT A column was made but could not be deleted")
    assert "by hand" in result.output


def test_lms_that_is_down_costs_one_fault(run: Run, lms: FakeLms, platform: Platform) -> None:
    lms.stop()
    said = steps(run("doctor", platform.public_id).output)
    assert said[KEYS].startswith("FAULT ")
    assert said["Access token"].startswith("FAULT ")
    assert "Rights" not in said


def test_lms_that_knows_us_not(run: Run, sessions: sessionmaker[Session], platform: Platform) -> None:
    with transaction(sessions) as session:
        session.get_one(Platform, platform.id).client_id = "unknown"
    said = steps(run("doctor", platform.public_id).output)
    assert said["Access token"] == "FAULT The learning platform gives no token: invalid_client"


def test_states_of_the_registration(run: Run, sessions: sessionmaker[Session], platform: Platform) -> None:
    def said() -> str:
        return steps(run("doctor", platform.public_id).output)["Registration"]

    with transaction(sessions) as session:
        record_pending_deployment(session, platform.id, "9", at=utc_now())
    assert said() == "look Deployments that wait for approval: 1."
    with transaction(sessions) as session:
        for deployment in session.get_one(Platform, platform.id).deployments:
            deployment.approved_at = None
    assert said().startswith("FAULT No deployment is approved")
    with transaction(sessions) as session:
        set_platform_disabled(session, platform.public_id, at=utc_now() - timedelta(1))
    assert said().startswith("FAULT The registration is disabled")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"may_use_private_addresses": False}, "may not be called"),
        ({"jwks_url": "https://localhost.invalid/certs"}, "is not known here"),
    ],
)
def test_addresses_that_cannot_be_called_end_the_examination(
    run: Run, sessions: sessionmaker[Session], platform: Platform, monkeypatch: Any, change: dict[str, Any], words: str
) -> None:
    real = socket.getaddrinfo

    def look_up(host: str, *arguments: Any, **options: Any) -> Any:
        if host == "localhost.invalid":
            raise socket.gaierror(-2, "Name or service not known")
        return real(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with transaction(sessions) as session:
        for name, value in change.items():
            setattr(session.get_one(Platform, platform.id), name, value)
    said = steps(run("doctor", platform.public_id).output)
    assert words in said["Addresses"]
    assert "Access token" not in said
