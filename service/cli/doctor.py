"""The command that examines the installation, and the connection to an LMS."""

from collections.abc import Iterator

import click

from service.broker import broker_answers
from service.config import Settings
from service.db import make_engine, make_sessions, utc_now
from service.doctor.connection import ListeningHttp, examine_connection, read_patient
from service.doctor.findings import Finding, State
from service.doctor.installation import examine_installation
from service.tasks import make_celery

LABELS = {State.IN_ORDER: "ok", State.WARNING: "look", State.FAULT: "FAULT", State.NOT_TRIED: "-"}


@click.command()
@click.argument("platform", metavar="[PLATFORM_PUBLIC_ID]", required=False)
@click.option(
    "--course", metavar="PUBLIC_ID", help="Make a column in the gradebook of this course, and delete it again."
)
def doctor(platform: str | None, course: str | None) -> None:
    """Examine the installation, and the connection to an LMS. Ends with 1 if there is a fault."""
    if course and not platform:
        raise click.UsageError("--course needs the platform that the course is on.")
    settings = Settings.from_environment()
    faults = sum([_show(finding) for finding in _examine(settings, platform, course)])
    if faults:
        raise click.ClickException(f"{faults} faults.")


def _examine(settings: Settings, platform: str | None, course: str | None) -> Iterator[Finding]:
    engine = make_engine(settings.database_url)
    try:
        yield from examine_installation(settings, engine, lambda: broker_answers(make_celery(settings)))
        if platform:
            sessions = make_sessions(engine)
            patient = read_patient(sessions, settings.secret_key, platform, course_public_id=course or "", at=utc_now())
            http = ListeningHttp(utc_now)
            yield from examine_connection(patient, http, may_make_column=bool(course), clock=utc_now)
    finally:
        engine.dispose()


def _show(finding: Finding) -> bool:
    """Print one finding; return whether it is a fault."""
    click.echo(f"{LABELS[finding.state]:6} {finding.step:36} {finding.sentence % finding.facts}")
    if finding.advice:
        click.echo(f"{'':43} -> {finding.advice % finding.facts}")
    return finding.state is State.FAULT
