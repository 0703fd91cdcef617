"""Commands for content that comes and goes; they belong to `mentorready modules`."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from service.config import content_path
from service.errors import ConflictError
from service.exchange.courses import Imported, export_course, import_course
from service.exchange.questions import MOST_BYTES
from service.exchange.targets import Report, import_into, import_new

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


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--into", "module", default="", help="The module that the questions are added to.")
@click.option("--new", "place", default="", metavar="COURSE/MODULE", help="The module to make of them.")
@click.option("--language", default="en", show_default=True, help="The language in which they are written.")
@click.option("--after", default="", metavar="SECTION", help="Below which section; the last one if not given.")
@click.option("--title", default="", help="Of a new module; that of the first category if not given.")
@click.option("--trial", is_flag=True, help="Only tell what would become of each question.")
@in_content
def modules_import(
    file: Path, *, module: str, place: str, language: str, after: str, title: str, trial: bool, content: Path
) -> None:
    """Take the questions of FILE, in GIFT or Moodle XML, into a module, and tell what became of each."""
    if bool(module) == bool(place):
        raise click.UsageError("Say where they go: either --into MODULE or --new COURSE/MODULE.")
    with file.open("rb") as stream:
        given = stream.read(MOST_BYTES + 1)
    if module:
        report = import_into(content, module, given, language=language, after=after, is_trial=trial)
    else:
        course, _, key = place.partition("/")
        report = import_new(content, course, key, given, language=language, title=title, is_trial=trial)
    for line in report_lines(report, is_trial=trial):
        click.echo(line)


def report_lines(report: Report, *, is_trial: bool = False) -> Iterator[str]:
    """Give what is told of an import, line by line."""
    taken = [outcome for outcome in report.outcomes if outcome.key]
    whole = sum(not outcome.losses for outcome in taken)
    left = len(report.outcomes) - len(taken)
    yield f"{whole} taken, {len(taken) - whole} taken with losses, {left} left out."
    for number, outcome in enumerate(report.outcomes, start=1):
        at = f" (line {outcome.question.line})" if outcome.question.line else ""
        yield f"{number}. {outcome.question.source_kind}{at}: {outcome.title}"
        if not outcome.key:
            yield f"   left out: {outcome.reason}"
        elif outcome.losses:
            yield f"   taken as {outcome.key}, without {'; '.join(outcome.losses)}"
        else:
            yield f"   taken as {outcome.key}"
    if taken and is_trial:
        yield f"Nothing was written. They would go into {report.module}."
    elif taken:
        yield f"They are in {report.module}. Look at what earns how many points, and at `pass`."
    if taken and report.to_translate:
        yield f"To translate before the tool can start with it ({len(report.to_translate)}):"
        yield from (f"   {fault}" for fault in report.to_translate)


def _tell(found: Imported) -> None:
    click.echo(f"{found.course_key} {'was replaced' if found.has_replaced else 'is in'}: {', '.join(found.modules)}.")
    if found.terms:
        click.echo(f"New in the glossary: {', '.join(found.terms)}.")
    if found.terms_kept:
        click.echo(f"In the glossary before, and left as they were: {', '.join(found.terms_kept)}.")
    click.echo("The tool reads it when it is started the next time.")


commands = (modules_import, modules_export, modules_import_course)
