"""Files of posts that go from the folder to other storage: copied, compared, and only then deleted in the folder."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.forums.file_models import PostFile
from service.forums.file_store import FileStore, FolderStore, StoreDownError

LOOKED_UP_AT_ONCE = 500


@dataclass
class Moved:
    """What a move has done, in numbers of files."""

    copied: int = 0
    size: int = 0
    """Bytes of those that were copied."""
    compared: int = 0
    """That the storage had already, as they were kept."""
    deleted: int = 0
    """Which their writers have deleted, or which no row has named for a day."""
    left: int = 0
    """Which no row names yet: they were added this moment."""
    damaged: list[str] = field(default_factory=list)
    """Ids of those whose bytes in the folder are not what was kept; they stay there."""


def move_files(
    sessions: sessionmaker[Session], folder: FolderStore, store: FileStore, *, keeps: bool, at: datetime
) -> Moved:
    """Copy all files of posts to the storage, compare what it has with their digests, and delete them in the folder.

    With `keeps` the folder stays as it is. What was done stays done: after StoreDownError, or a second time, only what
    is in the folder still is looked at.
    """
    moved, names = Moved(), folder.list_all()
    for start in range(0, len(names), LOOKED_UP_AT_ONCE):
        some = names[start : start + LOOKED_UP_AT_ONCE]
        digests = _list_digests(sessions, some)
        for name in some:
            if digest := digests.get(name):
                _move(name, digest, folder, store, moved, keeps=keeps)
            elif name not in digests and not folder.is_old(name, at):
                moved.left += 1
            elif not keeps:
                folder.drop(name)
                moved.deleted += 1
    return moved


def _list_digests(sessions: sessionmaker[Session], names: Sequence[str]) -> dict[str, str]:
    """Return the digests of these files, "" of those that were deleted; those that no row names are left out."""
    wanted = select(PostFile.public_id, PostFile.digest, PostFile.dropped_at).where(PostFile.public_id.in_(names))
    with transaction(sessions, reads_only=True) as session:
        return {name: "" if dropped_at else digest for name, digest, dropped_at in session.execute(wanted)}


def _move(name: str, digest: str, folder: FolderStore, store: FileStore, moved: Moved, *, keeps: bool) -> None:
    content = folder.read(name)
    if content is None:  # its writer has deleted it at this moment
        return
    is_there = _has(store, name, digest)
    if not is_there and hashlib.sha256(content).hexdigest() != digest:
        moved.damaged.append(name)
        return
    if is_there:
        moved.compared += 1
    else:
        store.keep(name, content)
        if not _has(store, name, digest):
            raise StoreDownError("file.store", f"The storage does not give {name} back as it took it.")
        moved.copied, moved.size = moved.copied + 1, moved.size + len(content)
    if not keeps:
        folder.drop(name)


def _has(store: FileStore, name: str, digest: str) -> bool:
    content = store.read(name)
    return content is not None and hashlib.sha256(content).hexdigest() == digest
