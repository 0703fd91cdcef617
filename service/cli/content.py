"""Commands for the training content."""

from pathlib import Path

import click

from service.modules.loader import check


@click.group()
def modules() -> None:
    """The training content."""


@modules.command("check")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
def modules_check(path: Path) -> None:
    """Report every fault of the content in PATH with file and line."""
    faults = check(path)
    for fault in faults:
        click.echo(f"{fault.file}:{fault.line}: {fault.sentence}")
    if faults:
        raise click.ClickException(f"{len(faults)} faults.")
    click.echo("No faults.")
