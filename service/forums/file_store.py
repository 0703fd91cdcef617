"""Where the files of posts are: a folder under the state path, which no web server serves."""

import os
import re
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

FOLDER = "files"
_NAME = re.compile(r"[a-z2-7]{16}\Z")
STRAY_AFTER = timedelta(days=1)
"""After which a file is taken for one that its writer never came to name in the database."""


class FileStore:
    """Keeps files by their public id, a few to a folder; readable for the user alone that runs the tool."""

    def __init__(self, state_path: Path) -> None:
        self.path = state_path / FOLDER

    def keep(self, name: str, content: bytes) -> None:
        """Write a file whole, or not at all."""
        place = self._place(name)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = place.with_suffix(f".{secrets.token_hex(4)}")
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(place)

    def read(self, name: str) -> bytes | None:
        """Return the file, None if it is gone."""
        try:
            return self._place(name).read_bytes()
        except FileNotFoundError:
            return None

    def drop(self, name: str) -> None:
        """Delete a file; one that is gone already is no fault."""
        self._place(name).unlink(missing_ok=True)

    def list_old(self, at: datetime) -> Iterator[Path]:
        """Give the files of one folder, another one as time goes by, that are there for so long that they are named."""
        folders = sorted(self.path.glob("??"))
        turn = int(at.timestamp() // 15)
        for place in folders[turn % len(folders)].iterdir() if folders else ():
            if place.stat().st_mtime < (at - STRAY_AFTER).timestamp():
                yield place

    def _place(self, name: str) -> Path:
        if not _NAME.match(name):
            raise ValueError(f"No file of ours is called {name!r}.")
        return self.path / name[:2] / name
