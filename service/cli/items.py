"""The item check on the command line: over all learners of the installation."""

import click

from service.cli.database import open_transaction
from service.errors import NotFoundError
from service.item_check.operations import check_items
from service.item_check.rules import LEAST, Finding

_SENTENCES = {
    Finding.MISLEADING: "who does well elsewhere does badly here: look at the answer key and at the wording",
    Finding.HARD: "most fail this at the first try: look at the wording, and at what the text says about it",
    Finding.EASY: "nearly everybody has this right at the first try: it tells little",
    Finding.FLAT: "it hardly tells who knows the matter from who does not",
    Finding.FINE: "",
}


@click.command("items")
@click.argument("module")
@click.option("--version", "version_id", type=int, help="The id of a version, as listed; the newest if not given.")
def modules_items(module: str, version_id: int | None) -> None:
    """Tell how hard the exercises of MODULE are at first tries, and what they tell of who tries them."""
    with open_transaction(reads_only=True) as session:
        check = check_items(session, module, version_id=version_id)
    for version in check.versions:
        people = f"{version.people} people" if version.people >= LEAST else f"fewer than {LEAST} people"
        mark = "*" if version == check.shown else " "
        click.echo(f"{mark} id {version.id}: version {version.version} of {version.first_seen_at:%Y-%m-%d}, {people}")
    if check.shown is None:
        raise NotFoundError("items.none", f"Nobody has answered {module}, or this version of it.")
    click.echo(f"{'item':48} tries right  earned (90 percent)  discrimination")
    for item in check.items:
        name = f"{item.exercise} > {item.part}" if item.part else item.exercise
        found = item.figures
        if found is None:
            click.echo(f"{name:48} fewer than {LEAST} first tries")
            continue
        told = "not known" if found.discrimination is None else f"{found.discrimination:.2f}"
        earned = f"{found.facility:.2f} ({found.low:.2f} to {found.high:.2f})"
        click.echo(
            f"{name:48} {found.count:5} {found.right:5}  {earned}  {told:9}  {_SENTENCES[found.finding]}".rstrip()
        )
