"""Files of a post that its writer changes: what is added waits in the form, what is taken out stays in the history."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.forums.attachments import list_files, list_waiting, words_of
from service.forums.file_models import LONGEST_ALT, PostFile
from service.forums.models import Post, PostRevision
from service.typed_text import clean_line


@dataclass(frozen=True)
class FileChange:
    """What a form says of the files that a post has, by public id; what it adds waits in the form."""

    taken_out: Collection[str] = ()
    alts: Mapping[str, str] = field(default_factory=dict)
    """New words for pictures."""


@dataclass(frozen=True)
class PastFile:
    """A file as a post had it before a change."""

    row: PostFile
    alt: str


def form_key(post: Post) -> str:
    """Return the key under which files wait to be added to a post: the same in each window, so that none is lost."""
    return f"change-{post.public_id}"


def list_kept(session: Session, post: Post, change: FileChange) -> list[PostFile]:
    """Return the files that a post still has after a change."""
    return [file for file in list_files(session, [post.id]).get(post.id, []) if file.public_id not in change.taken_out]


def new_alt(file: PostFile, change: FileChange) -> str:
    """Return the words that a picture has after a change."""
    return clean_line(change.alts.get(file.public_id, file.alt))[:LONGEST_ALT] if file.kind.is_picture else ""


def find_change_faults(session: Session, post: Post, change: FileChange) -> Mapping[str, PostFile]:
    """Return the pictures that would stay without words, by public id."""
    kept = list_kept(session, post, change)
    return {file.public_id: file for file in kept if file.kind.is_picture and not new_alt(file, change)}


def words_of_change(session: Session, post: Post, change: FileChange) -> str:
    """Return what a change lets readers see of files in words, for who looks through them for names."""
    waiting = list_waiting(session, post.author_id, [form_key(post)])
    said = [new_alt(file, change) for file in list_kept(session, post, change)]
    return "\n".join([words_of(waiting), *said])


def changes_files(session: Session, post: Post, change: FileChange) -> bool:
    """Tell whether a post has other files, or other words for them, after a change."""
    before = list_files(session, [post.id]).get(post.id, [])
    kept = list_kept(session, post, change)
    is_new = bool(list_waiting(session, post.author_id, [form_key(post)]))
    return is_new or len(kept) < len(before) or any(new_alt(file, change) != file.alt for file in kept)


def describe_files(session: Session, post: Post) -> list[Any]:
    """Return the files that a post has now, as a revision keeps them."""
    return [{"id": file.public_id, "alt": file.alt} for file in list_files(session, [post.id]).get(post.id, [])]


def apply_change(session: Session, post: Post, change: FileChange, *, at: datetime) -> None:
    """Give a post the files that wait for it, and take out others: nobody but those who see its history sees these."""
    for file in list_kept(session, post, change):
        file.alt = new_alt(file, change)
    old = update(PostFile).where(PostFile.post_id == post.id, PostFile.public_id.in_(change.taken_out))
    session.execute(old.where(PostFile.taken_out_at.is_(None)).values(taken_out_at=at))
    for file in list_waiting(session, post.author_id, [form_key(post)]):
        file.post_id = post.id


def list_past_files(session: Session, post: Post, history: Sequence[PostRevision]) -> list[list[PastFile]]:
    """Return the files that a post had in each of these revisions, in one statement."""
    names = {file["id"] for revision in history for file in revision.files or ()}
    if not names:
        return [[] for _ in history]
    rows = select(PostFile).where(PostFile.post_id == post.id, PostFile.public_id.in_(names))
    found = {row.public_id: row for row in session.scalars(rows.where(PostFile.dropped_at.is_(None)))}
    return [
        [PastFile(found[file["id"]], file["alt"]) for file in revision.files or () if file["id"] in found]
        for revision in history
    ]
