"""Commands for the addresses at which other systems are told who is ready."""

import click

from lti.keys import SecretBox
from service.api_clients.operations import get_client, list_clients
from service.cli.database import open_transaction
from service.config import Settings
from service.db import utc_now
from service.webhooks.models import WebhookEndpoint
from service.webhooks.operations import SECRET_PURPOSE, add_endpoint, list_endpoints


@click.group()
def webhook() -> None:
    """Addresses at which other systems are told who is ready (docs/API.md)."""


@webhook.command("add")
@click.argument("client_id")
@click.argument("url")
@click.option("--allow-private-address", is_flag=True, help="It may be http, loopback, or of a private network.")
def add(client_id: str, url: str, allow_private_address: bool) -> None:
    """Tell a system (see `api-key list`) at URL, and print the secret to check messages by, only now."""
    box = SecretBox(Settings.from_environment().secret_key, SECRET_PURPOSE)
    with open_transaction() as session:
        client = get_client(session, client_id)
        _, secret = add_endpoint(
            session, client, url, box, may_use_private_addresses=allow_private_address, at=utc_now()
        )
    click.echo(secret)


@webhook.command("list")
def list_all() -> None:
    """List the addresses, and how sending to them goes."""
    with open_transaction(reads_only=True) as session:
        for client in list_clients(session):
            for endpoint in list_endpoints(session, client):
                click.echo(f"{client.public_id}  {endpoint.public_id}  {_state(endpoint)}  {endpoint.url}")


def _state(endpoint: WebhookEndpoint) -> str:
    if endpoint.disabled_at is not None:
        return "switched off"
    return f"fails ({endpoint.failures}): {endpoint.reason}" if endpoint.failures else "in order"
