"""Commands for the LMSs that may launch us."""

from datetime import timedelta
from typing import Any

import click

from service.cli.database import open_transaction
from service.config import Settings
from service.db import utc_now
from service.platforms.invites import add_invite
from service.platforms.models import Platform
from service.platforms.operations import (
    add_platform,
    add_service_host,
    approve_deployment,
    get_platform,
    list_platforms,
    set_platform_disabled,
    set_platform_enabled,
    state_of,
)
from service.platforms.profiles import PROFILES, get_profile, profile_of

ADDRESSES = ("issuer", "auth_login_url", "token_url", "jwks_url")
SHOWN = ("name", *ADDRESSES, "client_id", "token_audience", "service_hosts")


@click.group()
def platform() -> None:
    """The LMSs that may launch us."""


@platform.command("invite")
@click.option("--note", default="", help="Whom it is for; becomes the name of the LMS.")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 90), help="How long it is good.")
@click.option("--allow-private-address", is_flag=True, help="Its addresses may be loopback or private.")
def platform_invite(note: str, days: int, allow_private_address: bool) -> None:
    """Print a link by which an LMS can register itself, once. It is told only here."""
    base_url = Settings.from_environment().base_url
    with open_transaction() as session:
        _, token = add_invite(
            session,
            note=note,
            lifetime=timedelta(days=days),
            may_use_private_addresses=allow_private_address,
            at=utc_now(),
        )
    click.echo(f"{base_url}/lti/register?invite={token}")


@platform.command("add")
@click.option("--lms", type=click.Choice([p.key for p in PROFILES if p.addresses]), help="Fills in its addresses.")
@click.option("--site", default="", help="With --lms: the address of the LMS.")
@click.option("--issuer")
@click.option("--client-id", required=True)
@click.option("--auth-login-url")
@click.option("--token-url")
@click.option("--jwks-url")
@click.option("--deployment-id", required=True)
@click.option("--name", default="", help="Shown to people; the issuer if not given.")
@click.option("--token-audience", help="Of requests for a token, where it is not the token URL.")
@click.option("--service-host", multiple=True, help="A host of its services that is in none of its addresses.")
@click.option("--allow-private-address", is_flag=True, help="Its addresses may be loopback or private.")
def platform_add(
    lms: str | None, site: str, service_host: tuple[str, ...], allow_private_address: bool, **fields: Any
) -> None:
    """Register an LMS, or add a deployment to one that is registered."""
    if lms:
        profile = get_profile(lms)
        assert profile.addresses is not None
        filled = profile.addresses.filled(site=site, client_id=fields["client_id"])
        fields |= {name: value for name, value in filled.items() if value and fields[name] is None}
        fields["product_family"] = profile.families[0]
    missing = [f"--{name.replace('_', '-')}" for name in ADDRESSES if not fields[name]]
    if missing:
        raise click.UsageError(f"Missing: {', '.join(missing)} (or --lms, with --site).")
    if service_host:
        fields["service_hosts"] = " ".join(service_host)
    with open_transaction() as session:
        outcome = add_platform(session, **fields, may_use_private_addresses=allow_private_address, at=utc_now())
    click.echo(outcome.sentence)


@platform.command("list")
def platform_list() -> None:
    """List the registered LMSs."""
    with open_transaction(reads_only=True) as session:
        for row in list_platforms(session):
            click.echo(f"{row.public_id}  {state_of(row):8}  {row.issuer}  {row.client_id}  {row.name}")


@platform.command("show")
@click.argument("public_id")
def platform_show(public_id: str) -> None:
    """Show one LMS with its deployments, and what is particular to it."""
    with open_transaction(reads_only=True) as session:
        row = get_platform(session, public_id)
        click.echo(f"state: {state_of(row)}")
        for name in SHOWN:
            if getattr(row, name):
                click.echo(f"{name}: {getattr(row, name)}")
        for deployment in row.deployments:
            state = "approved" if deployment.approved_at else "pending"
            click.echo(f"deployment: {deployment.deployment_id} ({state})")
        for quirk in profile_of(row.product_family, row.issuer).quirks:
            click.echo(f"note: {quirk.sentence} [{quirk.source}]")


@platform.command("approve")
@click.argument("public_id")
@click.option("--deployment-id", help="Only this one; all that wait if not given.")
def platform_approve(public_id: str, deployment_id: str | None) -> None:
    """Take launches from the deployments of an LMS that wait."""
    with open_transaction() as session:
        row = get_platform(session, public_id)
        waiting = [deployment.deployment_id for deployment in row.deployments if deployment.approved_at is None]
        chosen = [deployment_id] if deployment_id else waiting
        for each in chosen:
            approve_deployment(session, public_id, each, at=utc_now())
    for each in chosen:
        click.echo(f"Deployment {each} of {row.issuer} is approved.")
    if not chosen:
        raise click.ClickException(_nothing_waits(row))


@platform.command("allow-host")
@click.argument("public_id")
@click.argument("host")
def platform_allow_host(public_id: str, host: str) -> None:
    """Let the services of an LMS be on HOST too, beside the hosts of its addresses."""
    with open_transaction() as session:
        add_service_host(session, public_id, host, at=utc_now())
    click.echo(f"Services on {host} are called.")


@platform.command("disable")
@click.argument("public_id")
def platform_disable(public_id: str) -> None:
    """Refuse launches from an LMS from now on, and end the sessions of its people; nothing is deleted."""
    with open_transaction() as session:
        set_platform_disabled(session, public_id, at=utc_now())
    click.echo("Disabled.")


@platform.command("enable")
@click.argument("public_id")
def platform_enable(public_id: str) -> None:
    """Take launches from an LMS again that was disabled."""
    with open_transaction() as session:
        set_platform_enabled(session, public_id, at=utc_now())
    click.echo("Enabled.")


def _nothing_waits(row: Platform) -> str:
    if row.deployments:
        return "No deployment waits."
    return "It has named no deployment yet. Its first launch will, and is refused; approve it then."
