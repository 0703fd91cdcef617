"""Commands that run the tool: the server, the worker, the database."""

import click

from service.config import Settings
from service.db import make_engine, make_sessions, transaction, utc_now
from service.migrations import upgrade
from service.platforms.operations import ensure_signing_key
from service.server import serve as serve_forever
from service.tasks import run_worker


@click.command()
@click.option("--workers", default=2, show_default=True, help="Processes.")
@click.option("--threads", default=4, show_default=True, help="Threads in each process.")
def serve(workers: int, threads: int) -> None:
    """Serve the tool on MENTORREADY_HOST and MENTORREADY_PORT."""
    serve_forever(Settings.from_environment(), workers=workers, threads=threads)


@click.command()
def worker() -> None:
    """Run the background jobs: scores to the gradebook."""
    run_worker(Settings.from_environment())


@click.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the tables up to date, and make the first signing key."""
    settings = Settings.from_environment()
    engine = make_engine(settings.database_url)
    upgrade(engine)
    with transaction(make_sessions(engine)) as session:
        ensure_signing_key(session, settings.secret_key, at=utc_now())
    engine.dispose()
    click.echo("The database is up to date.")
