"""What one can do in a forum: open a thread, reply, change or delete what one wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from service.db import add_or_get, add_rows
from service.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from service.exercises.operations import check_submission_key, lock_learner
from service.forums import rules
from service.forums.access import EVERYONE, OpenForum, OpenPost, OpenThread, audience, sees_ring
from service.forums.attachments import attach, drop_files_of, drop_waiting
from service.forums.blocks import refuse_blocked
from service.forums.file_changes import (
    FileChange,
    apply_change,
    changes_files,
    describe_files,
    form_key,
    words_of_change,
)
from service.forums.models import Forum, PollOption, Post, PostMention, PostRevision, Thread
from service.forums.naming import check_names, log_reason
from service.forums.pauses import refuse_paused
from service.forums.rules import Act, Kind
from service.i18n import fold
from service.typed_text import clean_line, clean_text


class TooFastError(ConflictError):
    """Someone posts more in a short time than people write."""


@dataclass(frozen=True)
class Written:
    """What someone sends: the text, and how it is to be posted."""

    text: str
    submission_key: str
    title: str = ""
    options: str = ""
    """The answers of a poll, one to a line."""
    is_unnamed: bool = False
    is_private: bool = False
    """For the staff alone; a reply of staff is then for the writer of the post alone."""
    reason: str = ""
    """Why it is posted although it seems to name a mentee."""
    beside: str = ""
    """What its files say in words: names of documents, descriptions of pictures."""


def start_thread(session: Session, forum: OpenForum, written: Written, *, ring: str | None, at: datetime) -> Post:
    """Open a thread with its first post, and return that. The same `submission_key` again returns the one there is.

    `ring` says whose thread it is where each ring of readers has one; if it is there already, this is a reply in it.
    Raise InvalidInputError with `fields`, NotAllowedError, TooFastError, or NotFoundError for the ring of others.
    """
    plan = forum.plan
    if not forum.may(Act.START):
        raise NotAllowedError("forum.no_start", "The reader may not open threads here.")
    if plan.has_rings and (not ring or not sees_ring(forum, ring)):
        raise NotFoundError("forum.ring", "The ring is not the reader's.")
    is_only = plan.has_rings or plan.kind is Kind.SINGLE
    title, options = ("", []) if is_only else check_opening(forum, written)
    text = check_text(written.text)
    earlier = _begin(session, forum, written, at)
    if earlier:
        return earlier
    check_names(session, forum, "\n".join([title, text, *options, written.beside]), written.reason)
    row = ensure_forum(session, forum, at=at)
    if is_only:
        keys = {"forum_id": row.id, "ring": ring if plan.has_rings else EVERYONE}
        thread = add_or_get(session, Thread, keys, {"title": "", "created_at": at, "last_post_at": at})
    else:
        thread = Thread(forum_id=row.id, title=title, created_at=at, last_post_at=at)
        session.add(thread)
        session.flush()
    answers = [{"thread_id": thread.id, "number": n, "text": option} for n, option in enumerate(options, 1)]
    add_rows(session, PollOption, answers, PollOption.id)
    opened = OpenThread(_locked(session, thread.id), OpenForum(plan, row, forum.reader, forum.acts))
    return _add_post(session, opened, written, text, None, at)


def reply(session: Session, thread: OpenThread, written: Written, *, parent: Post | None, at: datetime) -> Post:
    """Add a post to a thread, in answer to `parent` if one is named.

    Raise InvalidInputError with `fields`, NotAllowedError, ConflictError if the thread is locked, TooFastError.
    """
    forum = thread.forum
    text = check_text(written.text)
    if not may_reply(thread, written, at=at):
        if forum.may(Act.REPLY):
            raise ConflictError("thread.locked", "The thread is locked.")
        raise NotAllowedError("forum.no_reply", "The reader may not reply here.")
    earlier = _begin(session, forum, written, at)
    if earlier:
        return earlier
    check_names(session, forum, f"{text}\n{written.beside}", written.reason)
    locked = OpenThread(_locked(session, thread.row.id), forum)
    if parent is not None and parent.thread_id != locked.row.id:
        parent = None
    if not may_reply(locked, written, at=at):
        raise ConflictError("thread.locked", "The thread was locked meanwhile.")
    return _add_post(session, locked, written, text, parent, at)


def may_reply(thread: OpenThread, written: Written | None = None, *, at: datetime) -> bool:
    """Tell whether the reader may write in the thread now; to the staff alone one may write where one only reads."""
    is_private = bool(written and written.is_private and thread.forum.plan.takes_private)
    return (thread.forum.may(Act.REPLY) or is_private) and not is_locked(thread, at=at)


def is_locked(thread: OpenThread, *, at: datetime) -> bool:
    """Tell whether nobody may write in the thread at this moment."""
    row = thread.row
    last_sign_at = max(row.last_post_at, row.reopened_at or row.last_post_at)
    return rules.is_locked(row.locked_at, last_sign_at, row.forum.lock_after_days, at)


def check_editable(post: OpenPost, *, at: datetime) -> None:
    """Raise NotAllowedError for a post of someone else, ConflictError when it is too late to change it."""
    _check_own(post)
    if not rules.is_editable(post.row.posted_at, at):
        raise ConflictError("post.too_late", "The time for changes is over.")


def edit_post(
    session: Session,
    post: OpenPost,
    text: str,
    edits: int,
    files: FileChange | None = None,
    *,
    reason: str = "",
    at: datetime,
) -> None:
    """Change the text and the files of one's own post; what it was before is kept. `edits`: how often it was changed.

    Raise InvalidInputError, NotAllowedError for another's post, ConflictError when it is too late or was changed since.
    """
    clean, change = check_text(text), files or FileChange()
    check_editable(post, at=at)
    row = post.row
    if row.edits != edits:
        raise ConflictError("post.changed", "The post was changed since the page was made.")
    if clean == row.text and not changes_files(session, row, change):
        return
    refuse_blocked(session, post.thread.forum, at=at)
    refuse_paused(session, post.thread.row)
    check_names(session, post.thread.forum, f"{clean}\n{words_of_change(session, row, change)}", reason)
    log_reason(session, post.thread, row, reason, at=at)
    session.add(PostRevision(post_id=row.id, text=row.text, files=describe_files(session, row), replaced_at=at))
    apply_change(session, row, change, at=at)
    row.text, row.edits, row.edited_at = clean, row.edits + 1, at
    row.folded, row.language = _folded(post.thread.row, row.number, clean), rules.language_of(clean)
    _set_mentions(session, post.thread, row)


def delete_post(session: Session, post: OpenPost, *, at: datetime) -> None:
    """Take back one's own post for good: its text, its files and what it said before go, its place stays."""
    _check_own(post)
    row = post.row
    row.text, row.folded, row.deleted_at = "", "", at
    session.execute(delete(PostRevision).where(PostRevision.post_id == row.id))
    session.execute(delete(PostMention).where(PostMention.post_id == row.id))
    drop_files_of(session, row, at=at)
    drop_waiting(session, row.author_id, form_key(row), at=at)


def ensure_forum(session: Session, forum: OpenForum, *, at: datetime) -> Forum:
    """Return the row of a forum, made if nothing was kept in it before."""
    if forum.row is not None:
        return forum.row
    course = forum.reader.member.course
    is_wide = forum.plan.purpose is rules.Purpose.NETWORK
    keys = {
        "platform_id": course.platform_id,
        "course_id": None if is_wide else course.id,
        "key": forum.plan.key,
    }
    return add_or_get(session, Forum, keys, {"created_at": at})


def check_opening(forum: OpenForum, written: Written) -> tuple[str, list[str]]:
    """Return title and answers of a thread that is to be opened. Raise InvalidInputError with `fields`."""
    title, options = clean_line(written.title), rules.read_options(written.options)
    faults = {}
    if not title or len(title) > rules.LONGEST_TITLE:
        faults["title"] = "title.long" if title else "title.missing"
    if forum.plan.kind is not Kind.DILEMMA:
        options = []
    elif not rules.FEWEST_OPTIONS <= len(options) <= rules.MOST_OPTIONS:
        faults["options"] = "options.count"
    elif any(len(option) > rules.LONGEST_OPTION for option in options):
        faults["options"] = "options.long"
    try:
        check_text(written.text)
    except InvalidInputError as error:
        faults |= error.details["fields"] if isinstance(error.details["fields"], dict) else {}
    if faults:
        raise InvalidInputError("post.incomplete", f"The opening lacks something: {faults}", fields=faults)
    return title, options


def check_text(text: str) -> str:
    """Return the text of a post as it is kept. Raise InvalidInputError with `fields` if it is empty or too long."""
    clean = clean_text(text)
    if not clean.strip() or len(clean) > rules.LONGEST_TEXT:
        code = "text.long" if clean.strip() else "text.missing"
        raise InvalidInputError("post.incomplete", "The text is empty or too long.", fields={"text": code})
    return clean


def _begin(session: Session, forum: OpenForum, written: Written, at: datetime) -> Post | None:
    """Let the writer's other posts wait; return the one with this key if it is there; refuse a flood."""
    check_submission_key(written.submission_key)
    person_id = forum.reader.person_id
    lock_learner(session, person_id)
    own = select(Post).where(Post.author_id == person_id)
    earlier = session.scalars(own.where(Post.submission_key == written.submission_key)).one_or_none()
    if earlier is None:
        refuse_blocked(session, forum, at=at)
        since = select(func.count()).where(Post.author_id == person_id, Post.posted_at > at - rules.AT_ONCE)
        if session.scalars(since).one() >= rules.POSTS_AT_ONCE:
            raise TooFastError("forum.too_fast", "More posts in a short time than people write.")
    return earlier


def _locked(session: Session, thread_id: int) -> Thread:
    statement = select(Thread).where(Thread.id == thread_id).with_for_update(of=Thread)
    return session.scalars(statement, execution_options={"populate_existing": True}).one()


def _add_post(
    session: Session, thread: OpenThread, written: Written, text: str, parent: Post | None, at: datetime
) -> Post:
    """Add the next post to a locked thread."""
    row, forum = thread.row, thread.forum
    refuse_paused(session, row)
    row.last_number += 1
    post = Post(
        thread_id=row.id,
        number=row.last_number,
        parent_id=parent.id if parent else None,
        author_id=forum.reader.person_id,
        author_role=forum.reader.member.role,
        is_unnamed=written.is_unnamed and forum.plan.takes_unnamed,
        private_to_id=_private_to(forum, written, parent),
        text=text,
        folded=_folded(row, row.last_number, text),
        language=rules.language_of(text),
        submission_key=written.submission_key,
        posted_at=at,
    )
    if post.private_to_id is None:
        row.last_post_at = max(row.last_post_at, at)
    session.add(post)
    session.flush()
    attach(session, post)
    log_reason(session, thread, post, written.reason, at=at)
    _set_mentions(session, thread, post)
    return post


def _private_to(forum: OpenForum, written: Written, parent: Post | None) -> int | None:
    """Return who reads a post beside the staff; what answers a private post is private too."""
    if parent is not None and parent.private_to_id is not None:
        return parent.private_to_id
    if not (written.is_private and forum.plan.takes_private):
        return None
    return parent.author_id if forum.reader.is_staff and parent is not None else forum.reader.person_id


def _folded(thread: Thread, number: int, text: str) -> str:
    return fold(f"{thread.title} {text}" if number == 1 else text)


def _set_mentions(session: Session, thread: OpenThread, post: Post) -> None:
    """Keep whom a post names, of those who may read it; nobody in a private post, which has its reader."""
    session.execute(delete(PostMention).where(PostMention.post_id == post.id))
    if "@" in post.text and post.private_to_id is None:
        people = audience(session, thread)
        # Who has no name is called by the code that pages show instead.
        names = [(fold(name), one.id) for one in people for name in (one.name, one.public_id[:4])]
        found: Sequence[int] = sorted(rules.mentioned(fold(post.text), names) - {post.author_id})
        add_rows(session, PostMention, [{"post_id": post.id, "person_id": one} for one in found], PostMention.post_id)


def _check_own(post: OpenPost) -> None:
    if not post.is_own or post.row.deleted_at is not None or post.row.hidden_at is not None:
        raise NotAllowedError("post.not_own", "Only the writer changes a post, while it is shown.")
