"""Pictures and documents of posts: they wait in a form, go with its post, and are seen by who may read that.

What is deleted is first marked in a row; the worker deletes the bytes, and tries again if that fails.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import Session, sessionmaker

from service.config import FileLimits
from service.db import transaction
from service.errors import InvalidInputError, NotFoundError
from service.exercises.operations import lock_learner
from service.forums.access import Reader, get_post
from service.forums.file_kinds import Examined, clean_name
from service.forums.file_models import LONGEST_ALT, PostFile
from service.forums.file_store import FileStore
from service.forums.models import Post
from service.forums.rules import Act
from service.people.known import Member
from service.typed_text import clean_line

CLEAR_FILES = "clear_files"
"""The job that deletes what nobody sees any more."""
WAITS_FOR = timedelta(days=30)
"""After which a file that was never posted is deleted."""
MOST_WAITING = 20
"""Files of one person that were not posted."""
CLEARED_AT_ONCE = 100


@dataclass(frozen=True)
class NewFile:
    """A file as it was sent, examined."""

    name: str
    examined: Examined
    stored_as: str
    """Its name in the store, where it is already."""
    alt: str = ""


def take_over(session: Session, person_id: int, key: str, earlier_keys: Collection[str]) -> None:
    """Let the form with this submission key have the files of those that it went on from."""
    waiting = update(PostFile).where(_waits(person_id, *earlier_keys))
    if earlier_keys:
        session.execute(waiting.values(submission_key=key))


def describe(
    session: Session, person_id: int, key: str, alts: Mapping[str, str], dropped: Collection[str], *, at: datetime
) -> None:
    """Keep what is said of the waiting pictures of a form, by public id, and take out some of its files."""
    for file in list_waiting(session, person_id, [key]):
        if file.public_id in alts:
            file.alt = clean_line(alts[file.public_id])[:LONGEST_ALT]
    if dropped:
        _drop(session, _waits(person_id, key), PostFile.public_id.in_(dropped), at=at)


def add_file(
    session: Session,
    limits: FileLimits,
    member: Member,
    key: str,
    new: NewFile,
    *,
    beside: Collection[str] = (),
    at: datetime,
) -> bool:
    """Let a file wait in the form with this key; the same one again, or for a form that was posted, changes nothing.

    `beside` has the digests of what the post that is changed keeps. Return whether the file is wanted now. Raise
    InvalidInputError when there are too many, or the course has no room left.
    """
    person_id = member.person_id
    lock_learner(session, person_id)
    if session.scalar(select(Post.id).filter_by(author_id=person_id, submission_key=key)):
        return False
    digest = hashlib.sha256(new.examined.content).hexdigest()
    present = list_waiting(session, person_id, [key])
    if digest in {*(file.digest for file in present), *beside}:
        return False
    if len(present) + len(beside) >= limits.in_post:
        raise InvalidInputError("file.count", "The post has as many files as it may have.")
    waiting = select(func.count()).where(PostFile.person_id == person_id, _is_waiting())
    if session.scalars(waiting).one() >= MOST_WAITING:
        raise InvalidInputError("file.waiting", "Too many files wait in forms of this person.")
    size = len(new.examined.content)
    if used_bytes(session, member.course_id) + size > limits.course_mb * 1_000_000:
        raise InvalidInputError("file.full", "The files of the course take all the room they may.")
    kind = new.examined.kind
    row = PostFile(
        public_id=new.stored_as,
        course_id=member.course_id,
        person_id=person_id,
        submission_key=key,
        kind=kind,
        name=clean_name(new.name, kind),
        alt=clean_line(new.alt)[:LONGEST_ALT] if kind.is_picture else "",
        size=size,
        digest=digest,
        width=new.examined.width,
        height=new.examined.height,
        added_at=at,
    )
    session.add(row)
    session.flush()
    return True


def used_bytes(session: Session, course_id: int) -> int:
    """Return how many bytes the files of a course have."""
    used = select(func.coalesce(func.sum(PostFile.size), 0))
    return int(session.scalars(used.where(PostFile.course_id == course_id, PostFile.dropped_at.is_(None))).one())


def list_waiting(session: Session, person_id: int, keys: Collection[str]) -> Sequence[PostFile]:
    """Return the files that wait in the forms of a person with these submission keys, in their order."""
    return session.scalars(select(PostFile).where(_waits(person_id, *keys)).order_by(PostFile.id)).all()


def find_faults(waiting: Sequence[PostFile], *, is_unnamed: bool) -> Mapping[str, PostFile]:
    """Return the files that cannot be posted so, by code: without words for a picture, or telling an author."""
    faults = {}
    for file in reversed(waiting):
        if file.kind.is_picture and not file.alt:
            faults["alt.missing"] = file
        if is_unnamed and file.kind.may_tell_author:
            faults["file.unnamed"] = file
    return faults


def words_of(waiting: Sequence[PostFile]) -> str:
    """Return what readers will see of the files in words, for who looks through them for names."""
    return "\n".join(file.alt if file.kind.is_picture else file.name for file in waiting)


def attach(session: Session, post: Post) -> None:
    """Give a post the files that waited in its form."""
    waiting = update(PostFile).where(_waits(post.author_id, post.submission_key))
    session.execute(waiting.values(post_id=post.id))


def list_files(session: Session, post_ids: Collection[int]) -> Mapping[int, list[PostFile]]:
    """Return the files of these posts, by post, in one statement."""
    found: dict[int, list[PostFile]] = {}
    shown = [PostFile.taken_out_at.is_(None), PostFile.dropped_at.is_(None)]
    files = select(PostFile).where(PostFile.post_id.in_(post_ids), *shown)
    for file in session.scalars(files.order_by(PostFile.id)):
        found.setdefault(file.post_id or 0, []).append(file)
    return found


def get_file(session: Session, reader: Reader, public_id: str) -> PostFile:
    """Return a file of a post that the reader may read now, or of their own form. Raise NotFoundError."""
    found = session.execute(
        select(PostFile, Post.public_id)
        .outerjoin(Post, Post.id == PostFile.post_id)
        .where(PostFile.public_id == public_id, PostFile.dropped_at.is_(None))
    ).one_or_none()
    if found is None:
        raise NotFoundError("file.unknown", "There is no such file.")
    file, post_id = found
    if post_id is None:
        if file.person_id != reader.person_id or file.course_id != reader.member.course_id:
            raise NotFoundError("file.unknown", "The file waits in the form of someone else.")
        return file
    post = get_post(session, reader, post_id)
    moderates = post.thread.forum.may(Act.MODERATE)
    is_past = file.taken_out_at is not None and not (moderates or post.is_own)
    is_hidden = post.row.hidden_at is not None and not moderates
    if is_past or is_hidden or post.row.deleted_at is not None:
        raise NotFoundError("file.unknown", "The post of the file is not shown.")
    return file


def drop_files_of(session: Session, post: Post, *, at: datetime) -> None:
    """Delete the files of a post for good."""
    _drop(session, PostFile.post_id == post.id, at=at)


def drop_waiting(session: Session, person_id: int, key: str, *, at: datetime) -> None:
    """Delete the files that wait in a form which is given up."""
    _drop(session, _waits(person_id, key), at=at)


def clear_files(sessions: sessionmaker[Session], store: FileStore, *, at: datetime) -> bool:
    """Delete the bytes of what was dropped or never posted, then its rows, and bytes that no row names.

    Return whether there is more to do. Raise StoreDownError: what was not deleted will be the next time.
    """
    too_old = and_(_is_waiting(), PostFile.added_at < at - WAITS_FOR)
    gone = select(PostFile.public_id).where(PostFile.dropped_at.is_not(None)).order_by(PostFile.dropped_at)
    strays = set(store.list_old(at))
    with transaction(sessions, reads_only=True) as session:
        has_old = session.scalar(select(PostFile.id).where(too_old).limit(1)) is not None
        named = set(session.scalars(select(PostFile.public_id).where(PostFile.public_id.in_(strays))))
    if has_old:
        # Marked first: what is posted at this moment is not given up, and what is given up is not posted any more.
        with transaction(sessions) as session:
            session.execute(update(PostFile).where(too_old).values(dropped_at=at))
    with transaction(sessions, reads_only=True) as session:
        names = session.scalars(gone.limit(CLEARED_AT_ONCE)).all()
    for name in [*(strays - named), *names]:
        store.drop(name)
    if names:
        with transaction(sessions) as session:
            session.execute(delete(PostFile).where(PostFile.public_id.in_(names)))
    return len(names) == CLEARED_AT_ONCE


def _waits(person_id: int, *keys: str) -> ColumnElement[bool]:
    return and_(PostFile.person_id == person_id, PostFile.submission_key.in_(keys), _is_waiting())


def _is_waiting() -> ColumnElement[bool]:
    return and_(PostFile.post_id.is_(None), PostFile.dropped_at.is_(None))


def _drop(session: Session, *which: ColumnElement[bool], at: datetime) -> None:
    dropped = update(PostFile).where(*which, PostFile.dropped_at.is_(None)).values(dropped_at=at)
    if session.execute(dropped).rowcount:  # type: ignore[attr-defined]
        session.info.setdefault("wake", set()).add(CLEAR_FILES)
