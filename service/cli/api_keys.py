"""Commands for the keys by which other systems ask who is ready."""

from datetime import timedelta

import click

from service.api_clients.models import ApiKey, Scope
from service.api_clients.operations import add_client, get_client, list_clients, rotate_key
from service.api_clients.rules import LONGEST_OVERLAP, MOST_PER_MINUTE, USUAL_PER_MINUTE
from service.cli.database import open_transaction
from service.db import utc_now
from service.people.courses import get_course
from service.platforms.operations import get_platform
from service.webhooks.operations import revoke as revoke_all


@click.group("api-key")
def api_key() -> None:
    """Keys by which other systems ask who is ready (docs/API.md)."""


@api_key.command("add")
@click.option("--platform", "platform_id", required=True, help="The LMS whose people it may ask about (its public id).")
@click.option("--name", required=True, help="Whose system it is.")
@click.option("--course", "course_ids", multiple=True, help="Only this course (its public id); may be given again.")
@click.option("--all-courses", is_flag=True, help="Every course of the LMS, those to come too.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(list(Scope)), default=[Scope.ELIGIBILITY])
@click.option("--per-minute", default=USUAL_PER_MINUTE, show_default=True, type=click.IntRange(1, MOST_PER_MINUTE))
def add(
    platform_id: str,
    name: str,
    course_ids: tuple[str, ...],
    all_courses: bool,
    scopes: tuple[str, ...],
    per_minute: int,
) -> None:
    """Add a system and print its key. The key is told only here."""
    if bool(course_ids) == all_courses:
        raise click.UsageError("Give either --course, once or more, or --all-courses.")
    with open_transaction() as session:
        platform = get_platform(session, platform_id)
        courses = None if all_courses else [get_course(session, platform.id, one) for one in course_ids]
        client, key = add_client(
            session, platform, name=name, scopes=scopes, courses=courses, per_minute=per_minute, at=utc_now()
        )
    click.echo(f"{client.public_id} may ask from now on, with this key, told only now:")
    click.echo(key)


@api_key.command("list")
def list_all() -> None:
    """List the systems, and the keys of each, the newest first."""
    with open_transaction(reads_only=True) as session:
        for client in list_clients(session):
            courses = ", ".join(course.public_id for course in client.courses) or "all courses"
            click.echo(f"{client.public_id}  {', '.join(client.scopes)}  {courses}  {client.name}")
            for key in client.keys:
                click.echo(f"  …{key.hint}  made {key.created_at:%Y-%m-%d}  {_state(key)}")


@api_key.command("rotate")
@click.argument("client_id")
@click.option(
    "--retire-after",
    default=7,
    show_default=True,
    type=click.IntRange(0, LONGEST_OVERLAP.days),
    metavar="DAYS",
    help="How long the keys before it still open; 0 for a key that has leaked.",
)
def rotate(client_id: str, retire_after: int) -> None:
    """Print another key of a system; both open for some days."""
    with open_transaction() as session:
        client = get_client(session, client_id)
        key = rotate_key(session, client, overlap=timedelta(days=retire_after), at=utc_now())
    click.echo(f"The keys before it open for {retire_after} more days. The new one, told only now:")
    click.echo(key)


@api_key.command("revoke")
@click.argument("client_id")
def revoke(client_id: str) -> None:
    """Let no key of a system open anything from now on, and tell it nothing any more."""
    with open_transaction() as session:
        revoke_all(session, get_client(session, client_id), at=utc_now())
    click.echo("Revoked.")


def _state(key: ApiKey) -> str:
    if key.ends_at is not None:
        return f"{'ended' if key.ends_at <= utc_now() else 'opens until'} {key.ends_at:%Y-%m-%d %H:%M} UTC"
    used = f"{key.last_used_at:%Y-%m-%d %H:00} UTC" if key.last_used_at else "never"
    return f"opens, last used: {used}"
