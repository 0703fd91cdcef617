"""Senders of webhooks, clients that ask and administrators at once: nobody waits in a circle."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.api_clients.models import ApiClient
from service.db import transaction
from service.webhooks import outbox
from service.webhooks.models import WebhookDelivery, WebhookEndpoint
from service.webhooks.operations import queue_ping, send_again
from tests.databases import someone_waits
from tests.features.webhooks.test_telling import BOX, listen
from tests.makers import AT
from tests.waiting import wait_until

pytestmark = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def delivery(sessions: sessionmaker[Session]) -> WebhookDelivery:
    """A message that is to be sent."""
    with transaction(sessions) as session:
        endpoint, _ = listen(session, "https://receiver.example/hook")
        return queue_ping(session, endpoint, at=AT)


def test_a_sender_writes_down_what_came_of_it_while_the_client_is_locked(
    sessions: sessionmaker[Session], delivery: WebhookDelivery
) -> None:
    with transaction(sessions) as session:
        claim = outbox.claim_next(session, delivery.endpoint_id, BOX, at=AT)
        assert claim

    def settle() -> None:
        with transaction(sessions) as session:
            outbox.settle(session, claim, outbox.Report(204), at=AT, jitter=0)

    with ThreadPoolExecutor(1) as threads, transaction(sessions) as asking:
        asking.execute(select(ApiClient.id).with_for_update()).one()
        threads.submit(settle).result(timeout=10)


def test_who_has_it_sent_again_waits_for_a_sender_before_the_delivery_is_locked(
    sessions: sessionmaker[Session], delivery: WebhookDelivery
) -> None:
    def ask_again() -> None:
        with transaction(sessions) as session:
            endpoint = session.get_one(WebhookEndpoint, delivery.endpoint_id)
            send_again(session, endpoint, delivery.public_id, at=AT)

    with ThreadPoolExecutor(1) as threads, transaction(sessions) as settling:
        settling.execute(select(WebhookEndpoint.id).with_for_update()).one()
        asking = threads.submit(ask_again)
        wait_until(lambda: asking.done() or someone_waits(sessions))
        settling.execute(select(WebhookDelivery.id).with_for_update(nowait=True)).one()
        assert not asking.done()
        settling.rollback()
        asking.result()
