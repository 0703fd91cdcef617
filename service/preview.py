"""Shows content while it is written: the whole tool on this machine alone, with a database that lives as long."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from flask import Flask

from service.app import create_app
from service.config import Settings
from service.db import Base, transaction, utc_now
from service.modules.content import Catalogue
from service.modules.following import list_remarks
from service.modules.loader import examine
from service.modules.sources import Fault
from service.people.arrivals import Arrival, record_arrival
from service.people.models import LmsRole, Role
from service.platforms.models import Platform
from service.web.preview import init_preview

HOST = "127.0.0.1"
NOTHING = Catalogue(languages=("en",), courses=(), commitments=())


class Watched:
    """A content folder, read again when one of its files has changed."""

    def __init__(self, path: Path) -> None:
        self.person = self.course = self.state = ""
        self._path = path
        self._lock = Lock()
        self._catalogue = NOTHING
        self._faults: list[Fault] = []

    def refresh(self) -> Catalogue:
        """Return the content as it is now, without modules that have faults."""
        with self._lock:
            state = self._look()
            if state != self.state:
                found = examine(self._path)
                self._faults = found.faults or [one for standing in found.standings for one in list_remarks(standing)]
                self._catalogue = found.catalogue or NOTHING
                self.state = state
            return self._catalogue

    def faults(self) -> list[Fault]:
        """Return what is wrong, and if nothing is, what translators should look at."""
        return self._faults

    def _look(self) -> str:
        """Return what is different after each change of a file."""
        files = sorted(path for path in self._path.rglob("*") if path.is_file())
        return str(hash(tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files)))


@contextmanager
def open_preview(path: Path, port: int) -> Iterator[Flask]:
    """Give the tool with the content in `path`, for one who looks at it at 127.0.0.1 as staff."""
    watched = Watched(path)
    with TemporaryDirectory() as place:
        app = create_app(_settings(path, Path(place), port), watched.refresh())
        Base.metadata.create_all(app.extensions["engine"])
        _sign_in(app, watched)
        init_preview(app, watched)
        try:
            yield app
        finally:
            app.extensions["engine"].dispose()


def _settings(content: Path, place: Path, port: int) -> Settings:
    return Settings(
        database_url=f"sqlite:///{place / 'preview.sqlite'}",
        secret_key=secrets.token_urlsafe(32),
        base_url=f"http://{HOST}:{port}",
        content_path=content,
        broker_url="",
        state_path=place,
        host=HOST,
        port=port,
        trusted_proxies=0,
        is_demo=False,
    )


def _sign_in(app: Flask, watched: Watched) -> None:
    address = dict.fromkeys(("auth_login_url", "token_url", "jwks_url"), f"http://{HOST}/none")
    with transaction(app.extensions["sessions"]) as session:
        platform = Platform(name="Preview", issuer=HOST, client_id="preview", created_at=utc_now(), **address)
        session.add(platform)
        session.flush()
        member = record_arrival(session, platform.id, _AUTHOR, at=utc_now())
        watched.person, watched.course = member.person.public_id, member.course.public_id


_AUTHOR = Arrival(
    subject="author",
    name="",
    email="",
    language="",
    context_id="preview",
    course_title="Preview",
    return_url="",
    line_items_url="",
    grade_scopes=(),
    memberships_url="",
    lms_role=LmsRole.STAFF,
    suggested_role=Role.COORDINATOR,
    is_test_user=False,
)
