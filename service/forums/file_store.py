"""Where the files of posts are: a folder under the state path, which no web server serves, or storage of the S3 kind.

Nothing here is asked while a transaction is open: to write takes a disk its time, and a network more.
"""

import os
import re
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from service.config import Settings, SettingsError
from service.errors import MentorReadyError

FOLDER = "files"
_NAME = re.compile(r"[a-z2-7]{16}\Z")
STRAY_AFTER = timedelta(days=1)
"""After which a file is taken for one that its writer never came to name in the database."""


class StoreDownError(MentorReadyError):
    """The place where files are kept does not answer, or refuses us; the message says what it said, without secrets."""


class FileStore(Protocol):
    """Keeps files by their public id. Each method may raise StoreDownError."""

    def keep(self, name: str, content: bytes) -> None:
        """Write a file whole, or not at all."""

    def read(self, name: str) -> bytes | None:
        """Return the file, None if it is gone."""

    def drop(self, name: str) -> None:
        """Delete a file; one that is gone already is no fault."""

    def list_old(self, at: datetime) -> Iterator[str]:
        """Give the names of some files, others as time goes by, that are there for so long that rows name them."""


def open_store(settings: Settings) -> FileStore:
    """Return the place that the settings name. Raise SettingsError if what it needs is not installed."""
    if settings.s3 is None:
        return FolderStore(settings.state_path)
    try:
        # Only here, for the library is large and most installations do without.
        from service.forums.s3_store import S3Store  # noqa: PLC0415
    except ImportError as error:
        raise SettingsError("settings.s3_library", "MENTORREADY_S3_URL needs `pip install mentorready[s3]`.") from error
    return S3Store(settings.s3)


def is_name(name: str) -> bool:
    """Tell whether a file of ours may have this name."""
    return _NAME.match(name) is not None


def check_name(name: str) -> str:
    """Return the name of a file if it is one of ours, so that no other place is ever touched; raise ValueError."""
    if not is_name(name):
        raise ValueError(f"No file of ours is called {name!r}.")
    return name


class FolderStore:
    """Keeps files a few to a folder; readable for the user alone that runs the tool."""

    def __init__(self, state_path: Path) -> None:
        self.path = state_path / FOLDER

    def keep(self, name: str, content: bytes) -> None:
        """Write a file whole, or not at all."""
        place = self._place(name)
        half = place.with_suffix(f".{secrets.token_hex(4)}")
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            half.replace(place)
        except OSError as error:
            raise StoreDownError("file.store", f"A file cannot be kept: {error.strerror}") from error

    def read(self, name: str) -> bytes | None:
        """Return the file, None if it is gone."""
        try:
            return self._place(name).read_bytes()
        except FileNotFoundError:
            return None

    def drop(self, name: str) -> None:
        """Delete a file; one that is gone already is no fault."""
        self._place(name).unlink(missing_ok=True)

    def list_all(self) -> list[str]:
        """Return the names of all files, in order."""
        return sorted(place.name for place in self.path.glob("??/*") if is_name(place.name))

    def is_old(self, name: str, at: datetime) -> bool:
        """Tell whether a file is there for so long that rows name it, or is gone."""
        try:
            return self._place(name).stat().st_mtime < (at - STRAY_AFTER).timestamp()
        except FileNotFoundError:
            return True

    def list_old(self, at: datetime) -> Iterator[str]:
        """Give the names of the old files of one folder; what was half written and left there is deleted."""
        folders = sorted(self.path.glob("??"))
        turn = int(at.timestamp() // 15)
        for place in folders[turn % len(folders)].iterdir() if folders else ():
            if place.stat().st_mtime < (at - STRAY_AFTER).timestamp():
                if is_name(place.name):
                    yield place.name
                else:
                    place.unlink(missing_ok=True)

    def _place(self, name: str) -> Path:
        return self.path / check_name(name)[:2] / name
