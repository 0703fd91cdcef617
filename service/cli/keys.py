"""Commands for our signing keys."""

from datetime import datetime, timedelta

import click

from service.cli.database import open_transaction
from service.config import Settings
from service.db import utc_now
from service.platforms.models import SigningKey
from service.platforms.operations import list_signing_keys, rotate_signing_key


@click.group()
def keys() -> None:
    """The keys that we sign with."""


@keys.command("rotate")
@click.option(
    "--retire-after",
    default=7,
    show_default=True,
    type=click.IntRange(0, 365),
    metavar="DAYS",
    help="How long the keys before it are still published; 0 for a key that has leaked.",
)
def keys_rotate(retire_after: int) -> None:
    """Make a new key, which signs from now on."""
    settings = Settings.from_environment()
    with open_transaction() as session:
        row = rotate_signing_key(session, settings.secret_key, overlap=timedelta(days=retire_after), at=utc_now())
        click.echo(f"{row.kid} signs from now on; the keys before it are published for {retire_after} more days.")


@keys.command("list")
def keys_list() -> None:
    """List our keys, the one that signs first."""
    at = utc_now()
    with open_transaction(reads_only=True) as session:
        for row in list_signing_keys(session):
            click.echo(f"{row.kid}  made {row.created_at:%Y-%m-%d}  {_state(row, at)}")


def _state(row: SigningKey, at: datetime) -> str:
    if row.retired_at is None:
        return "signs"
    return f"{'published until' if row.retired_at > at else 'retired'} {row.retired_at:%Y-%m-%d %H:%M} UTC"
