"""Commands for the training content."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from service.modules.following import Standing, confirm, list_remarks
from service.modules.loader import examine, load_catalogue
from service.modules.sources import Fault

CATALOGUE = "catalog.yaml"

_folder = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def modules() -> None:
    """The training content."""


@modules.command("check")
@click.argument("path", type=_folder)
@click.option("--strict", is_flag=True, help="Fail too if a translation follows an older version of the original.")
def modules_check(path: Path, strict: bool) -> None:
    """Report every fault of the content in PATH with file and line, then what translators should look at."""
    faults, standings, _ = examine(path)
    for fault in faults:
        click.echo(str(fault))
    if faults:
        raise click.ClickException(f"{len(faults)} faults.")
    remarks = [remark for standing in standings for remark in list_remarks(standing)]
    _tell("To be looked at by translators, who then say `mentorready modules confirm`:", remarks)
    if remarks and strict:
        raise click.ClickException(f"{len(remarks)} places of translations do not follow the original.")
    click.echo("No faults.")


@modules.command("status")
@click.argument("path", type=_folder)
def modules_status(path: Path) -> None:
    """Say of each module in PATH how its translations follow the original, and where they do not."""
    root, keys = _found_modules(path)
    faults, standings, _ = examine(root)
    if faults:
        raise click.ClickException(f"There are {len(faults)} faults: see `mentorready modules check`.")
    chosen = [standing for standing in standings if standing.module.key in keys]
    for standing in chosen:
        click.echo(f"{standing.module.key:24} {standing.language}  {_told(standing)}")
    _tell("", [remark for standing in chosen for remark in list_remarks(standing)])


@modules.command("confirm")
@click.argument("path", type=_folder)
@click.argument("languages", nargs=-1)
def modules_confirm(path: Path, languages: Sequence[str]) -> None:
    """Keep that a module in these languages says what the original says now: all of it, as it stands.

    PATH is the folder of the module, or of a course or the whole content for all modules in it. Without LANGUAGES:
    every translation.
    """
    root, keys = _found_modules(path)
    catalogue = load_catalogue(root)
    for file in confirm(root, catalogue, keys, languages or catalogue.translations):
        click.echo(f"Written: {file}")


def _found_modules(path: Path) -> tuple[Path, list[str]]:
    """Return the content folder that `path` is, or is in, and the keys of the modules below `path`."""
    path = path.resolve()
    root = next((folder for folder in (path, *path.parents[:2]) if (folder / CATALOGUE).exists()), None)
    if root is None:
        raise click.ClickException(f"{path} is in no content folder: there is no {CATALOGUE} in it or above it.")
    keys = [file.parent.name for file in sorted(root.glob("*/*/module.yaml")) if file.is_relative_to(path)]
    if not keys:
        raise click.ClickException(f"There is no module in {path}.")
    return root, keys


def _told(standing: Standing) -> str:
    if not standing.is_confirmed:
        return "not confirmed yet"
    count = Counter(found.kind for found in standing.differences)
    return ", ".join(f"{number} {kind}" for kind, number in count.items()) or "follows"


def _tell(heading: str, remarks: Sequence[Fault]) -> None:
    if remarks:
        click.echo(heading)
    for remark in remarks:
        click.echo(str(remark))
