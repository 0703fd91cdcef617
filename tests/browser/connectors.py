"""Other systems of the busy course: one that asks and is told, with messages that arrived, wait and were given up."""

from datetime import timedelta

from sqlalchemy.orm import Session

from lti.keys import SecretBox
from service.api_clients.models import Scope
from service.api_clients.operations import add_client, rotate_key
from service.db import utc_now
from service.people.models import Membership
from service.platforms.operations import get_platform_by_id
from service.webhooks.models import DeliveryState
from service.webhooks.operations import add_endpoint, queue_ping, switch_off


def connect_systems(session: Session, administrator: Membership) -> dict[str, str]:
    """Make them, and return the id of the one to look at."""
    at, box = utc_now(), SecretBox("residents-" * 4, "webhook secrets")
    platform = get_platform_by_id(session, administrator.course.platform_id)
    old, _ = add_client(
        session, platform, name="Partner / שותף", scopes=[Scope.ELIGIBILITY], courses=[administrator.course], at=at
    )
    old.revoked_at = at
    client, _ = add_client(
        session, platform, name="CRM <b>“Volunteers”</b> / מתנדבים", scopes=list(Scope), courses=None, at=at
    )
    rotate_key(session, client, overlap=timedelta(days=7), at=at)
    endpoint, _ = add_endpoint(session, client, "https://crm.example/" + "hook/" * 40, box, at=at)
    endpoint.failures, endpoint.paused_until = 5, at + timedelta(minutes=15)
    endpoint.reason = "POST crm.example: timeout"
    for state in DeliveryState:
        delivery = queue_ping(session, endpoint, at=at)
        delivery.state, delivery.tries = state, 3
        if state is not DeliveryState.DELIVERED:
            delivery.status, delivery.reason = 500, "500 Internal Server Error"
        if state in {DeliveryState.DELIVERED, DeliveryState.GIVEN_UP}:
            delivery.next_try_at = None
    gone, _ = add_endpoint(session, client, "https://gone.example/hook", box, at=at)
    switch_off(session, gone, reason="410 Gone", at=at)
    return {"system": client.public_id}
