"""One registration for many institutions, each a deployment: a context is one of its deployment (Core 5.4.1; Y05)."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.modules.models import Placement
from service.people.models import Course
from service.platforms.models import Platform as Row
from tests.conformance.conftest import register
from tests.conformance.handmade import KeyServer, Platform, launch
from tests.conformance.test_launch_rows import STAFF_ROLE, both, put

SHARED, OWN = "https://blackboard.com", "https://moodle.example"


@pytest.fixture
def institutions(door: sessionmaker[Session], keys: KeyServer, issuer: str) -> list[Platform]:
    """Two deployments of one registration."""
    return [register(door, Platform(keys, issuer=issuer, deployment_id=name)) for name in ("here", "there")]


@pytest.mark.parametrize(("issuer", "expected"), [(SHARED, 2), (OWN, 1)], ids=["shared", "own"])
def test_same_context_id_of_two_institutions_is_two_courses(
    client: FlaskClient, door: sessionmaker[Session], institutions: list[Platform], expected: int, issuer: str
) -> None:
    """And of two deployments of one institution one course: there it is the same."""
    pages = set()
    for number, one in enumerate([*institutions, *institutions]):
        change = both(
            put("context", {"id": "same"}), put("sub", f"{number % 2}"), put("custom", {"content": "module:roles"})
        )
        answer = launch(client, one, change)
        assert answer.status_code == 303
        pages.add(answer.location)
    assert len(pages) == expected
    with transaction(door, reads_only=True) as session:
        courses = session.scalars(
            select(Course).join(Row, Row.id == Course.platform_id).where(Row.issuer == issuer)
        ).all()
        assert len(courses) == expected


@pytest.mark.row("Y05")
@pytest.mark.parametrize(("issuer", "expected"), [(SHARED, ""), (OWN, "module:roles")], ids=["shared", "own"])
def test_copied_link_takes_over_nothing_of_another_institution(
    client: FlaskClient, door: sessionmaker[Session], institutions: list[Platform], expected: str, issuer: str
) -> None:
    here, there = institutions
    placed = both(put("resource_link", {"id": "original"}), put("custom", {"content": "module:roles"}))
    assert launch(client, here, both(placed, put("context", {"id": "old"}))).status_code == 303
    copied = both(
        put("resource_link", {"id": f"copy of {issuer}"}),
        put("custom", {"resource_link_history": "original", "context_history": "old"}),
        put("context", {"id": "new"}),
        put("roles", [STAFF_ROLE]),
    )
    assert launch(client, there, copied).status_code == 303
    with transaction(door, reads_only=True) as session:
        found = session.scalars(select(Placement).filter_by(resource_link_id=f"copy of {issuer}")).one()
        assert found.content == expected
