"""Commands for signed training records: check one without a network, look after our keys, say whose records count."""

import json
from pathlib import Path

import click

from service.cli.database import open_transaction
from service.config import Settings
from service.db import Json, utc_now
from service.errors import InvalidInputError
from service.records.checking import HOLDING, Verdict, check_document, check_key_document, is_withdrawn
from service.records.keys import list_keys, own_key_document, rotate_key
from service.records.operations import check_credential
from service.records.reading import Reading, parse
from service.records.trust import distrust_issuer, list_issuers, trust_issuer

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_WORDS = {
    Verdict.VALID: "Valid: it is as it was signed.",
    Verdict.REPLACED: "Valid; its holder has a newer one.",
    Verdict.IN_DOUBT: "No longer true in every part: something that it names was taken back since.",
    Verdict.EXPIRED: "Expired.",
    Verdict.WITHDRAWN: "Withdrawn by its holder.",
    Verdict.BROKEN: "NOT VALID: it was changed after it was signed.",
    Verdict.UNKNOWN_KEY: "NOT VALID: its issuer does not publish the key that signed it, or no longer.",
    Verdict.UNKNOWN_ISSUER: "Not checked: these are not the keys of its issuer.",
}


@click.group()
def records() -> None:
    """Signed training records."""


@records.command("verify")
@click.argument("file", type=_FILE)
@click.option(
    "--keys", type=_FILE, help="The issuer's key document (did.json). Without it: our own, and those trusted."
)
@click.option("--withdrawn", type=_FILE, help="The issuer's list of withdrawn records (records/withdrawn.json).")
@click.pass_context
def records_verify(context: click.Context, file: Path, keys: Path | None, withdrawn: Path | None) -> None:
    """Check the record in FILE (record.json). Needs no network; with --keys no settings and no database either.

    Ends with status 0 only for a record that is valid.
    """
    credential = parse(file.read_bytes())
    verdict, reading = _check(credential, keys)
    if verdict in HOLDING and withdrawn and is_withdrawn(credential, _read(withdrawn)):
        verdict, reading = Verdict.WITHDRAWN, None
    click.echo(_WORDS[verdict])
    if reading and verdict in HOLDING:
        _show(reading)
    context.exit(0 if verdict in HOLDING else 1)


@records.command("keys")
def records_keys() -> None:
    """Write our key document, which others need to check our records."""
    with open_transaction(reads_only=True) as session:
        click.echo(json.dumps(own_key_document(session, Settings.from_environment().base_url), indent=2))


@records.command("rotate-key")
@click.option("--leaked", is_flag=True, help="The keys before it have leaked: what they signed is not valid any more.")
def records_rotate_key(leaked: bool) -> None:
    """Make a new key, which signs from now on. Records signed before stay valid."""
    settings = Settings.from_environment()
    with open_transaction() as session:
        row = rotate_key(session, settings.secret_key, has_leaked=leaked, at=utc_now())
        count = sum(key.withdrawn_at is None for key in list_keys(session))
        click.echo(f"{row.multikey} signs from now on; {count} published in all.")


@records.command("trust")
@click.argument("file", type=_FILE)
@click.option("--name", default="", help="What to call the issuer in our pages.")
def records_trust(file: Path, name: str) -> None:
    """Let records count as evidence that are signed with the keys in FILE, an issuer's did.json."""
    with open_transaction() as session:
        row = trust_issuer(session, _read(file), name, at=utc_now())
        click.echo(f"Records of {row.did} count as evidence now. A person still decides on each module.")


@records.command("distrust")
@click.argument("did")
def records_distrust(did: str) -> None:
    """Let records of an issuer count no longer."""
    with open_transaction() as session:
        distrust_issuer(session, did, at=utc_now())
        click.echo(f"Records of {did} no longer count.")


@records.command("issuers")
def records_issuers() -> None:
    """List the issuers whose records count as evidence."""
    with open_transaction(reads_only=True) as session:
        for row in list_issuers(session):
            click.echo(f"{row.did}  {row.name}  since {row.added_at:%Y-%m-%d}")


def _check(credential: Json, keys: Path | None) -> tuple[Verdict, Reading | None]:
    at = utc_now()
    if keys:
        document = _read(keys)
        return check_document(credential, {check_key_document(document): document}, at=at)
    with open_transaction(reads_only=True) as session:
        checked = check_credential(session, Settings.from_environment().base_url, credential, at=at)
        return checked.verdict, checked.reading


def _read(file: Path) -> Json:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidInputError("record.unreadable", f"{file} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise InvalidInputError("record.unreadable", f"{file} is not a JSON object.")
    return found


def _show(reading: Reading) -> None:
    name = reading.name or "nobody"
    source = " (written by the holder, not checked)" if reading.is_name_own else ""
    click.echo(f"{reading.title}, issued by {reading.issuer} on {reading.on:%Y-%m-%d}, made out to {name}{source}")
    for line in (*reading.modules, *reading.outcomes):
        version = f", version {line.version}" if line.version else ""
        how = ", recognised" if line.is_recognised else ""
        click.echo(f"  {line.on or ''}  {line.title}{version}{how}")
