"""What a launch costs the database: statements and commits of a login, a launch and the page it leads to."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from tests.conformance.handmade import Claims, Platform, begin, launch, send

MOST_STATEMENTS = 10
MOST_WRITING_COMMITS = 2


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """Give the statements that the application sends, without those that only open a transaction."""
    sent: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    event.listen(app.extensions["engine"], "before_cursor_execute", count)
    try:
        yield sent
    finally:
        event.remove(app.extensions["engine"], "before_cursor_execute", count)


def _with_services(claims: Claims) -> None:
    claims["https://purl.imsglobal.org/spec/lti/claim/custom"] = {"content": "module:roles"}
    claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"] = {
        "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"],
        "lineitems": "https://lms.example/lineitems",
        "lineitem": "https://lms.example/lineitems/1/lineitem",
    }
    claims["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"] = {
        "context_memberships_url": "https://lms.example/members",
        "service_versions": ["2.0"],
    }


def test_a_launch_of_someone_known_sends_few_statements(app: Flask, client: FlaskClient, platform: Platform) -> None:
    for _ in range(2):
        client.get(launch(client, platform, _with_services).location)
    with counted(app) as sent:
        begun = begin(client, platform)
        claims = platform.claims(begun.nonce)
        _with_services(claims)
        answer = send(client, begun.state, platform.sign(claims))
        assert client.get(answer.location).status_code == 200
    sweep = [statement for statement in sent if statement.startswith("DELETE FROM login_attempt")]
    writes = [statement for statement in sent if statement.startswith(("INSERT", "UPDATE"))]
    assert len(sent) - len(sweep) <= MOST_STATEMENTS, sent
    # The login is recorded, and used up; nothing else changed.
    assert len(writes) <= MOST_WRITING_COMMITS, writes
