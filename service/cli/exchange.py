"""Commands for content that comes and goes; they belong to `mentorready modules`."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from service.config import content_path
from service.errors import ConflictError
from service.exchange.courses import Imported, export_course, import_course

in_content: Callable[[Any], Any] = click.option(
    "--content",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=lambda: content_path(os.environ),
    help="The content folder; that of the settings if not given.",
)


@click.command("export")
@click.argument("course")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@in_content
def modules_export(course: str, file: Path, content: Path) -> None:
    """Pack the COURSE, with its terms of the glossary, into the zip archive FILE."""
    packed = export_course(content, course)
    if file.exists():
        click.confirm(f"{file} is there already. Replace it?", abort=True)
    beside = file.with_name(f".{file.name}.coming")
    beside.write_bytes(packed)
    beside.replace(file)
    click.echo(f"{course} is in {file}, {len(packed) // 1024 + 1} KB.")


@click.command("import-course")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace a course that is there already, without asking.")
@in_content
def modules_import_course(file: Path, replace: bool, content: Path) -> None:
    """Unpack a course from the zip archive FILE. Nothing is written unless all of it is right."""
    try:
        found = import_course(content, file, may_replace=replace)
    except ConflictError as error:
        if error.code != "course.exists":
            raise
        click.confirm(f"{error} Replace it? Answers that were given stay with the version they answered.", abort=True)
        found = import_course(content, file, may_replace=True)
    _tell(found)


def _tell(found: Imported) -> None:
    click.echo(f"{found.course_key} {'was replaced' if found.has_replaced else 'is in'}: {', '.join(found.modules)}.")
    if found.terms:
        click.echo(f"New in the glossary: {', '.join(found.terms)}.")
    if found.terms_kept:
        click.echo(f"In the glossary before, and left as they were: {', '.join(found.terms_kept)}.")
    click.echo("The tool reads it when it is started the next time.")


commands = (modules_export, modules_import_course)
