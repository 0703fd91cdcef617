"""The API: who is told what of whom, in the words of its document, whatever is sent."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from sqlalchemy import event, select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from service.api_clients.models import ApiClient, ApiKey, Scope
from service.api_clients.operations import add_client, get_client, revoke_client, rotate_key
from service.db import transaction, utc_now
from service.people.models import Course, Membership, Role
from service.platforms.models import AuditEvent, Platform
from service.platforms.operations import set_platform_disabled
from service.web.problems import PROBLEMS
from tests.features.readiness.test_gate import make_ready
from tests.functional.web.conftest import ORIGIN
from tests.makers import make_catalogue, make_member, make_platform

BATCH = "/api/v1/eligibility:batch"


class Caller:
    """A system with a key."""

    def __init__(self, app: Flask, key: str) -> None:
        self.client, self.headers = app.test_client(), {"Authorization": f"Bearer {key}"}

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", base_url=ORIGIN, headers={**self.headers, **headers})

    def ask(self, *people: str, **more: str) -> list[dict[str, Any]]:
        answer = self.client.post(BATCH, base_url=ORIGIN, json={"people": people, **more}, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json["people"]


@pytest.fixture
def call(app: Flask, database: sessionmaker[Session]):
    """`call()` is a system that may ask all about every course of the LMS; arguments as of `add_client`."""

    def make(*contexts: str, scopes=(Scope.ELIGIBILITY, Scope.READINESS), issuer="https://lms.example", **more):
        with transaction(database) as session:
            platform = make_platform(session, issuer)
            of_platform = select(Course).where(Course.platform_id == platform.id)
            courses = session.scalars(of_platform.where(Course.context_id.in_(contexts))).all() if contexts else None
            _, key = add_client(session, platform, name="CRM", scopes=scopes, courses=courses, at=utc_now(), **more)
        return Caller(app, key)

    return make


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/api/v1/openapi.json", base_url=ORIGIN)
    return answer.json


def check(document: dict[str, Any], name: str, answer: TestResponse) -> None:
    """Fail if an answer is not what the document says of this shape."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    Draft202012Validator(schema).validate(json.loads(answer.data))


def test_tells_who_may_be_paired_in_the_words_of_the_document(call, members, database, document) -> None:
    mentee = members[Role.MENTEE]
    with transaction(database) as session:
        make_ready(session, make_catalogue(), session.get_one(Membership, mentee.id))
    caller = call()
    answer = caller.get(f"/eligibility/{mentee.person.public_id}")
    check(document, "PersonEligibility", answer)
    [programme] = answer.json["programmes"]
    assert (programme["role"], programme["eligible"], programme["until"]) == ("mentee", True, None)
    assert programme["since"].startswith("2026-03-01T09:00:00")
    assert answer.json["lms_user_id"] == "mentee-1"
    assert "name" not in answer.json
    assert answer.headers["Cache-Control"] == "no-store"
    again = caller.get(f"/eligibility/{mentee.person.public_id}", **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    readiness = caller.get("/readiness/lms:mentor-1")
    check(document, "PersonReadiness", readiness)
    [programme] = readiness.json["programmes"]
    states = {one["name"]: one["state"] for one in programme["conditions"]}
    assert programme["eligible"] is False
    assert states == dict.fromkeys(
        ("module_complete:roles", "module_complete:stages", "commitment_given:confidentiality"), "not_met"
    )
    assert programme["conditions"][0]["title"] == "About roles"
    assert "by" not in json.dumps(readiness.json["programmes"][0]["conditions"]).split('"')


def test_a_name_is_told_only_for_its_scope(call, members) -> None:
    named = call(scopes=list(Scope))
    assert named.get("/eligibility/lms:mentor-1").json["name"] == "Name of mentor-1"
    assert "Name of" not in call().get("/eligibility/lms:mentor-1").text


def test_a_batch_answers_in_order_and_nobody_unknown_stops_the_others(call, members, document, database) -> None:
    caller = call()
    asked = ["lms:mentee-1", "nobody", members[Role.MENTOR].person.public_id, "lms:mentee-1", "lms:coordinator-1"]
    found = caller.ask(*asked)
    assert [one["asked"] for one in found] == asked
    assert [one["found"] for one in found] == [True, False, True, True, False]
    assert [len(one["programmes"]) for one in found] == [1, 0, 1, 1, 0]


def test_a_thousand_people_need_as_many_statements_as_sixty(call, database) -> None:
    with transaction(database) as session:
        for number in range(40):
            make_member(session, f"many-{number}", Role.MENTEE, context_id=f"course-{number % 3}")
    caller, counts = call(), []
    engine = database.kw["bind"]
    for asked in (1, 60, 1000):
        people = [f"lms:many-{number % 40}" for number in range(asked)]
        statements: list[str] = []

        def note(_c, _cursor, statement, *_more, statements=statements):
            statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        assert all(one["found"] for one in caller.ask(*people))
        event.remove(engine, "before_cursor_execute", note)
        counts.append(len(statements))
    assert counts[1] == counts[2] <= 13


KEYS: list[tuple[tuple[str, ...], str, set[str]]] = [
    ((), "https://lms.example", {"here", "there"}),
    (("course-1",), "https://lms.example", {"here"}),
    (("course-2",), "https://lms.example", {"there"}),
    ((), "https://other.example", {"twin"}),
]


def test_a_key_opens_its_programmes_and_no_others(call, database) -> None:
    with transaction(database) as session:
        other = make_platform(session, "https://other.example")
        people = {
            "here": make_member(session, "one", Role.MENTOR),
            "there": make_member(session, "two", Role.MENTEE, context_id="course-2"),
            "twin": make_member(session, "one", Role.MENTEE, platform=other, context_id="course-1"),
        }
        make_member(session, "left", Role.MENTEE).left_at = utc_now()
        make_member(session, "student-view", Role.MENTEE).is_test_user = True
        courses = {name: one.course.public_id for name, one in people.items()}
        ids = {name: one.person.public_id for name, one in people.items()}
    for contexts, issuer, told in KEYS:
        caller = call(*contexts, issuer=issuer)
        unknown = caller.get("/eligibility/nobody").json
        for name, id_ in ids.items():
            for path in (f"/eligibility/{id_}", f"/readiness/{id_}?programme={courses[name]}"):
                assert caller.get(path).status_code == (200 if name in told else 404), (name, path)
            for wrong in {*courses.values()} - {courses[name]}:
                assert caller.get(f"/eligibility/{id_}?programme={wrong}").status_code == 404
        found = caller.ask(*ids.values())
        assert {name for name, one in zip(ids, found, strict=True) if one["found"]} == told
        for foreign in ("lms:left", "lms:student-view", *({*ids} - told)):
            answer = caller.get(f"/eligibility/{ids.get(foreign, foreign)}").json
            assert {**answer, "support_id": ""} == {**unknown, "support_id": ""}


def test_a_key_is_kept_as_a_hash_and_both_open_while_one_takes_over(app, call, members, database) -> None:
    old = call()
    key = old.headers["Authorization"].removeprefix("Bearer ")
    with transaction(database) as session:
        client = session.scalars(select(ApiClient)).one()
        new = rotate_key(session, client, overlap=timedelta(hours=1), at=utc_now())
        stored = [str(vars(row)) for row in session.scalars(select(ApiKey))]
        assert key not in str(stored)
        assert new not in str(stored)
    callers = [old, Caller(app, new)]
    assert [one.get("/eligibility/lms:mentor-1").status_code for one in callers] == [200, 200]
    with transaction(database) as session:
        rotate_key(session, session.scalars(select(ApiClient)).one(), overlap=timedelta(0), at=utc_now())
    assert [one.get("/eligibility/lms:mentor-1").json["code"] for one in callers] == ["key.ended"] * 2
    with transaction(database) as session:
        client = get_client(session, session.scalars(select(ApiClient.public_id)).one())
        revoke_client(session, client, at=utc_now())
        kinds = session.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)).all()
    assert kinds == ["api_client_added", "api_key_rotated", "api_key_rotated", "api_client_revoked"]


def test_too_many_questions_wait_until_the_minute_is_over(call, members) -> None:
    caller = call(per_minute=3)
    answers = [caller.get("/eligibility/lms:mentor-1") for _ in range(8)]
    refused = [answer for answer in answers if answer.status_code == 429]
    # A minute may end in between, and then three more are taken.
    assert refused
    assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in refused)
    assert call().get("/eligibility/lms:mentor-1").status_code == 200


SENT = [
    (b"", "batch.unreadable", []),
    (b"{", "batch.unreadable", []),
    (b"\xff\xfe", "batch.unreadable", []),
    (b"[" * 100_000, "batch.unreadable", []),
    (b"[]", "batch.malformed", [""]),
    (b"null", "batch.malformed", [""]),
    (b"{}", "batch.malformed", ["/people"]),
    (b'{"people": []}', "batch.malformed", ["/people"]),
    (b'{"people": "x"}', "batch.malformed", ["/people"]),
    (b'{"people": [1, {}, "", null]}', "batch.malformed", [f"/people/{number}" for number in range(4)]),
    (b'{"people": ["\\ud800", "\\u0000"]}', "batch.malformed", ["/people/0", "/people/1"]),
    (b'{"people": ["x"], "programme": 1}', "batch.malformed", ["/programme"]),
    (b'{"people": ["x"], "a/b~": 1}', "batch.malformed", ["/a~1b~0"]),
    (json.dumps({"people": ["x"] * 1001}).encode(), "batch.malformed", ["/people"]),
    (json.dumps({"people": ["x" * 261]}).encode(), "batch.malformed", ["/people/0"]),
]


def test_a_batch_that_cannot_be_read_says_where(call, document) -> None:
    caller, sent = call(), {"content_type": "application/json", "base_url": ORIGIN}
    for body, code, pointers in SENT:
        answer = caller.client.post(BATCH, data=body, headers=caller.headers, **sent)
        check(document, "Problem", answer)
        told = [one["pointer"] for one in answer.json.get("errors", [])]
        assert (answer.status_code, answer.json["code"], told) == (422, code, pointers), body[:40]


REFUSED: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("GET", "/eligibility/x", {"headers": {}}, 401, "key.missing"),
    ("GET", "/eligibility/x", {"headers": {"Authorization": "Basic eDp5"}}, 401, "key.missing"),
    ("GET", "/eligibility/x", {"headers": {"Authorization": "Bearer mrk_wrong"}}, 401, "key.unknown"),
    ("GET", "/eligibility/x", {"headers": {"Authorization": "Bearer \xff"}}, 401, "key.unknown"),
    ("GET", "/eligibility/x?key=mrk_wrong", {"headers": {}}, 401, "key.missing"),
    ("GET", "/eligibility/%00", {}, 404, "person.unknown"),
    ("GET", "/eligibility/lms:", {}, 404, "person.unknown"),
    ("GET", "/eligibility/a/b%2Fc?programme=%ED%A0%80", {}, 404, "person.unknown"),
    ("GET", "/readiness/lms:mentor-1", {}, 403, "scope.missing"),
    ("GET", "/nothing", {}, 404, "http.404"),
    ("POST", "/nothing", {}, 404, "http.404"),
    ("POST", "/eligibility/x", {}, 405, "http.405"),
    ("DELETE", "/eligibility:batch", {}, 405, "http.405"),
    ("POST", "/eligibility:batch", {"data": "people=x"}, 415, "http.415"),
    ("POST", "/eligibility:batch", {"data": b"x" * 2_000_000, "content_type": "application/json"}, 413, "http.413"),
]


def test_what_is_refused_is_a_problem_that_says_what_to_do(call, members, document) -> None:
    caller = call(scopes=[Scope.ELIGIBILITY])
    for method, path, sent, status, code in REFUSED:
        request = {"method": method, "base_url": ORIGIN, "headers": caller.headers, **sent}
        answer = caller.client.open(f"/api/v1{path}", **request)
        check(document, "Problem", answer)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), path
        assert (answer.json["code"], answer.json["detail"]) == (code, PROBLEMS[code]), path
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)
        assert ("Allow" in answer.headers) == (status == 405)
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_switched_off_lms_answers_nobody(call, members, database) -> None:
    caller = call()
    with transaction(database) as session:
        set_platform_disabled(session, session.scalars(select(Platform.public_id)).one(), at=utc_now())
    answer = caller.get("/eligibility/lms:mentor-1")
    assert (answer.status_code, answer.json["code"]) == (403, "platform.disabled")


def test_a_cookie_opens_nothing_and_none_is_given(browse, members) -> None:
    browser = browse(Role.ADMINISTRATOR)
    answer = browser.get("/api/v1/eligibility/lms:mentor-1")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


def test_the_document_lists_what_there_is_and_the_page_says_the_same(app: Flask, document) -> None:
    routes = {
        (rule.rule.removeprefix("/api/v1").replace("<path:person>", "{person}"), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods & {"GET", "POST"}
        if rule.endpoint.startswith("api.") and app.view_functions[rule.endpoint].audience == "clients"
    }
    assert routes == {(path, method) for path, methods in document["paths"].items() for method in methods}
    page = app.test_client().get("/api/v1/", base_url=ORIGIN).text
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert f'id="shape-{name}"' in page
    for code in PROBLEMS:
        assert f'id="problem-{code.replace(".", "-")}"' in page
