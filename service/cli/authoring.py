"""Commands for those who write content; they belong to `mentorready modules`."""

import json
from pathlib import Path

import click

from service.authoring.json_schemas import list_schemas


@click.command("schema")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def modules_schema(folder: Path) -> None:
    """Write into FOLDER the JSON Schemas of the content files, by which an editor completes and checks."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in list_schemas().items():
        (folder / name).write_text(json.dumps(schema, indent=1) + "\n", encoding="utf-8")
        click.echo(f"Written: {folder / name}")


commands = (modules_schema,)
