"""Whether a text seems to name a mentee of the course, and why it was posted nevertheless."""

from datetime import datetime

from sqlalchemy.orm import Session

from service.errors import InvalidInputError
from service.forums import rules
from service.forums.access import OpenForum, OpenThread
from service.forums.mentees import find_mentees
from service.forums.models import ModerationEntry, Post
from service.typed_text import clean_line


def find_named(session: Session, forum: OpenForum, text: str) -> list[str]:
    """Return the words of `text` that seem to name a mentee of the course, other than the writer; see `guard`."""
    if not forum.plan.guards_names:
        return []
    member = forum.reader.member
    return find_mentees(session, member.course_id, text, but=member.person_id)


def check_names(session: Session, forum: OpenForum, text: str, reason: str) -> None:
    """Raise InvalidInputError, with `fields` and `names`, for a text that seems to name a mentee without a reason.

    A reason that is too long to be kept is none.
    """
    kept = clean_line(reason)
    code = "reason.long" if len(kept) > rules.LONGEST_REASON else "" if kept else "names.found"
    if code and (found := find_named(session, forum, text)):
        raise InvalidInputError("post.names", "The text seems to name a mentee.", fields={"reason": code}, names=found)


def log_reason(session: Session, thread: OpenThread, post: Post, reason: str, *, at: datetime) -> None:
    """Keep why something was posted although it seems to name a mentee."""
    if kept := clean_line(reason)[: rules.LONGEST_REASON]:
        session.add(
            ModerationEntry(
                forum_id=thread.row.forum_id,
                thread_id=thread.row.id,
                post_id=post.id,
                person_id=thread.forum.reader.person_id,
                act="name",
                reason=kept,
                done_at=at,
            )
        )
