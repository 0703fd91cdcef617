"""Commands for those who write content; they belong to `mentorready modules`."""

import json
from pathlib import Path

import click
from werkzeug.serving import make_server

from service.authoring.json_schemas import list_schemas
from service.authoring.skeleton import make_module
from service.modules.loader import load_catalogue
from service.preview import HOST, open_preview


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


@click.command("preview")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--port", default=8090, show_default=True, help="Of 127.0.0.1; nobody else reaches it.")
def modules_preview(path: Path, port: int) -> None:
    """Show the content in PATH while it is written, in all languages, with what the check says; Ctrl-C ends it."""
    with open_preview(path.resolve(), port) as app:
        server = make_server(HOST, port, app, threaded=True)
        click.echo(f"Open http://{HOST}:{port}/preview/")
        try:
            server.serve_forever()
        finally:
            server.server_close()


commands = (modules_schema, modules_new, modules_preview)
