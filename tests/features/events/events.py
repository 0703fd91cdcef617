"""Makes events for tests."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from service.db import new_public_id
from service.events.models import Event, EventKind
from service.events.operations import Plan, record_event
from service.people.models import LEARNING_ROLES, Membership
from tests.makers import AT

DAY = timedelta(days=1)
USUAL: dict[str, Any] = {
    "kind": EventKind.OPENING,
    "title": "Opening",
    "description": "",
    "facilitator": "",
    "place": "Room 2",
    "link": "",
    "materials": [],
    "starts_at": AT + DAY,
    "ends_at": AT + DAY + timedelta(hours=2),
    "zone": "Europe/Warsaw",
    "seats": None,
    "roles": [role.value for role in LEARNING_ROLES],
    "module_keys": [],
}


def make_plan(**values: Any) -> Plan:
    """Return the plan of an opening for everyone, tomorrow, with changes."""
    return Plan(**{**USUAL, **values})


def make_event(session: Session, staff: Membership, **values: Any) -> Event:
    """Return an event of the course of `staff`."""
    return record_event(session, staff, make_plan(**values), new_public_id(), at=AT)
