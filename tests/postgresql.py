"""A PostgreSQL server for the tests: the one that answers on this machine, or a private one for as long as they run."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

OWN_SERVER = "MENTORREADY_TEST_POSTGRESQL_URL"
"""Names another server, whose user may create databases: `postgresql+psycopg://user:password@host/postgres`."""
USUAL_SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"


def is_available() -> bool:
    """Return whether the tests can have a server: one that lets them in, or the programs for a private one."""
    return OWN_SERVER in os.environ or _lets_in(make_url(USUAL_SERVER)) or _programs() is not None


@contextmanager
def server() -> Iterator[URL]:
    """Give the address of a server whose user may create databases."""
    usual, programs = make_url(os.environ.get(OWN_SERVER, USUAL_SERVER)), _programs()
    if OWN_SERVER in os.environ or _lets_in(usual):
        yield usual
    elif programs:
        with _private_server(programs) as url:
            yield url
    else:
        raise RuntimeError(
            "No PostgreSQL: install it (Debian: apt-get install postgresql), or run with -m 'not postgres'."
        )


def dsn(url: URL) -> str:
    """Return the address as libpq reads it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _lets_in(url: URL) -> bool:
    try:
        with psycopg.connect(dsn(url), connect_timeout=2) as connection:
            row = connection.execute(
                "select rolcreatedb or rolsuper from pg_roles where rolname = current_user"
            ).fetchone()
            return bool(row and row[0])
    except psycopg.OperationalError:
        return False


def _programs() -> Path | None:
    """Return the folder of PostgreSQL's programs. Debian keeps it off the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    on_path = shutil.which("initdb")
    return folders[-1] if folders else Path(on_path).resolve().parent if on_path else None


@contextmanager
def _private_server(programs: Path) -> Iterator[URL]:
    # PostgreSQL refuses to run as root; the path is short because a socket's may have 107 characters at most.
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        data, log = folder / "data", folder / "log"
        subprocess.run(
            [
                programs / "initdb",
                "--pgdata",
                data,
                "--username=postgres",
                "--auth=trust",
                "--no-sync",
                "--encoding=UTF8",
            ],
            check=True,
            capture_output=True,
            user=user,
            cwd=folder,
        )
        # What is lost with the machine need not be kept safe from its power cuts.
        options = ["listen_addresses=", "fsync=off", "full_page_writes=off", "synchronous_commit=off"]
        command = [str(programs / "postgres"), "-D", str(data), "-k", name, *(f"--{option}" for option in options)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdout=output, stderr=output, user=user, cwd=folder, start_new_session=True
            )
        try:
            url = URL.create(
                "postgresql+psycopg", username="postgres", database="postgres", query={"host": str(folder)}
            )
            _wait_for(url, process, log)
            yield url
        finally:
            process.send_signal(2)  # SIGINT: end the sessions, then the server
            process.wait(timeout=30)


def _wait_for(url: URL, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while not _lets_in(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The private PostgreSQL did not start:\n{log.read_text()}")
        time.sleep(0.05)
