"""Commands for those who write content; they belong to `mentorready modules`."""

import json
from pathlib import Path

import click

from service.authoring.json_schemas import list_schemas
from service.authoring.skeleton import make_module
from service.modules.loader import load_catalogue


@click.command("schema")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def modules_schema(folder: Path) -> None:
    """Write into FOLDER the JSON Schemas of the content files, by which an editor completes and checks."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in list_schemas().items():
        (folder / name).write_text(json.dumps(schema, indent=1) + "\n", encoding="utf-8")
        click.echo(f"Written: {folder / name}")


@click.command("new")
@click.argument("path", type=click.Path(path_type=Path))
def modules_new(path: Path) -> None:
    """Begin a module: PATH is its folder, such as training_modules/module-i/trust, in a course that is there."""
    folder = path.resolve()
    root = folder.parent.parent
    for file in make_module(root, load_catalogue(root), folder.parent.name, folder.name):
        click.echo(f"Written: {file}")
    click.echo(f"What is to be written there, and where: mentorready modules check {root}")


commands = (modules_schema, modules_new)
