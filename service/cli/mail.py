"""Commands for the mails: how they stand, and what came back."""

import sys

import click

from service.cli.database import open_transaction
from service.db import utc_now
from service.notices.bounces import read_bounce
from service.notices.choices import read_queue
from service.notices.outbox import record_bounce

LONGEST = 5 * 1024 * 1024


@click.group()
def mail() -> None:
    """Mails to people."""


@mail.command("status")
def mail_status() -> None:
    """Tell how many mails wait, since when, and what the mail server last said of them."""
    with open_transaction(reads_only=True) as session:
        queue = read_queue(session)
    since = f", the oldest since {queue.oldest_at:%Y-%m-%d %H:%M} UTC" if queue.oldest_at else ""
    click.echo(f"waiting: {queue.waiting}{since}")
    if queue.detail:
        click.echo(f"last said: {queue.detail}")


@mail.command("bounce")
def mail_bounce() -> None:
    """Read a mail that came back, from the standard input: the mail server pipes what reaches the bounce address.

    What is no bounce of ours is passed over, for a mail server would send back an error.
    """
    bounce = read_bounce(sys.stdin.buffer.read(LONGEST))
    if bounce is None:
        click.echo("This is no report of a mail of ours that failed for good.")
        return
    with open_transaction() as session:
        is_known = record_bounce(session, bounce.mail_id, bounce.detail, at=utc_now())
    click.echo("Written down." if is_known else "There is no such mail.")
