"""The `mentorready` command."""

import sys

import click

from service.cli.api_keys import api_key
from service.cli.authoring import commands as authoring_commands
from service.cli.content import modules
from service.cli.doctor import doctor
from service.cli.exchange import commands as exchange_commands
from service.cli.files import files
from service.cli.grades import grades
from service.cli.items import modules_items
from service.cli.keys import keys
from service.cli.mail import mail
from service.cli.platforms import platform
from service.cli.processes import db, serve, worker
from service.cli.readiness import readiness
from service.cli.records import records
from service.cli.roster import roster
from service.cli.webhooks import webhook
from service.errors import MentorReadyError


@click.group()
def cli() -> None:
    """MentorReady: trains mentors inside a university LMS and pairs them when both sides are ready."""


_running = (serve, worker, db, platform, keys, api_key, webhook, doctor)
for command in (*_running, modules, grades, mail, files, roster, readiness, records):
    cli.add_command(command)
for command in (*authoring_commands, *exchange_commands, modules_items):
    modules.add_command(command)


def main() -> None:
    """Run the command; an error of ours is one line, not a stack trace."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except MentorReadyError as error:
        click.echo(f"mentorready: {error}", err=True)
        for fault in error.details.get("faults", []):  # type: ignore[attr-defined]
            click.echo(f"  {fault}", err=True)
        sys.exit(1)
