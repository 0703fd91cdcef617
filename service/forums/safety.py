"""Somebody's safety: what a reader writes to the coordinators of their course, and how far those are with it.

It never enters the log of moderation, and lead teams do not see it. A coordinator whose post it is about does not
either. Of a conversation that coordinators do not read, they get what the writer quotes, and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from service.db import add_or_get
from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.exercises.operations import check_submission_key, lock_learner
from service.forums import rules
from service.forums.access import OpenPost
from service.forums.models import Post
from service.forums.operations import TooFastError
from service.forums.report_models import SafetyFlag, SafetyStep
from service.forums.report_rules import LONGEST_WORDS, REPORTS_AT_ONCE, FlagState, flag_faults
from service.forums.rules import Purpose
from service.people.known import Member
from service.people.models import STAFF_ROLES, Membership, Person
from service.typed_text import clean_text

MOST_SHOWN = 100
"""Flags in a list, the latest."""


@dataclass(frozen=True)
class FlagLine:
    """A flag with who raised it, and the post it is about."""

    row: SafetyFlag
    member: Member
    post: Post | None


def is_shared(post: OpenPost) -> bool:
    """Tell whether coordinators read the post anyway: in a relation they do not."""
    return post.thread.forum.plan.purpose is not Purpose.RELATION


def list_recipients(session: Session, member: Member, post: OpenPost | None) -> Sequence[Membership]:
    """Return who reads a flag of this member: the staff of the course, but not the writer of the post."""
    here = (Membership.course_id == member.course_id, Membership.left_at.is_(None))
    others = () if post is None else (Membership.person_id != post.row.author_id,)
    found = select(Membership).where(*here, Membership.role.in_(STAFF_ROLES), *others)
    return session.scalars(found.order_by(Membership.id)).all()


def raise_flag(
    session: Session,
    member: Member,
    post: OpenPost | None,
    texts: Mapping[str, str],
    submission_key: str,
    *,
    at: datetime,
) -> SafetyFlag:
    """Keep a flag; the same `submission_key` again returns the one there is. `texts` are `words` and `quote`.

    Raise InvalidInputError with `fields`, or TooFastError.
    """
    check_submission_key(submission_key)
    words, quote = texts["words"], texts["quote"]
    if faults := flag_faults(words, quote):
        raise InvalidInputError("flag.incomplete", "The flag lacks something.", fields=faults)
    if not list_recipients(session, member, post):
        raise InvalidInputError("flag.incomplete", "Nobody would read it.", fields={"words": "flag.nobody"})
    lock_learner(session, member.person_id)
    keys = {"membership_id": member.id, "submission_key": submission_key}
    own = select(func.count()).where(SafetyFlag.membership_id == member.id, SafetyFlag.raised_at > at - rules.AT_ONCE)
    if session.scalars(own.where(SafetyFlag.submission_key != submission_key)).one() >= REPORTS_AT_ONCE:
        raise TooFastError("report.too_fast", "More flags in a short time than people raise.")
    values = {
        "course_id": member.course_id,
        "post_id": post.row.id if post is not None and is_shared(post) else None,
        "words": clean_text(words),
        "quote": clean_text(quote) if post is not None and not is_shared(post) else "",
        "raised_at": at,
        "state": FlagState.NEW,
    }
    return add_or_get(session, SafetyFlag, keys, values)


def list_own(session: Session, member: Member) -> Sequence[SafetyFlag]:
    """Return what a member has raised, the latest first."""
    own = select(SafetyFlag).where(SafetyFlag.membership_id == member.id)
    return session.scalars(own.order_by(SafetyFlag.id.desc()).limit(MOST_SHOWN)).all()


def count_new(session: Session, reader: Member) -> int:
    """Return how many flags wait for the staff of the reader's course."""
    return session.scalars(
        select(func.count())
        .select_from(SafetyFlag)
        .outerjoin(Post, Post.id == SafetyFlag.post_id)
        .where(*_is_for(reader), SafetyFlag.state == FlagState.NEW)
    ).one()


def list_flags(session: Session, reader: Member, state: FlagState | None) -> Sequence[FlagLine]:
    """Return the flags in a state, or all, that a member of the staff reads, the latest first."""
    chosen = [SafetyFlag.state == state] if state else []
    return _find(session, reader, *chosen)


def get_flag(session: Session, reader: Member, public_id: str) -> FlagLine:
    """Return a flag that a member of the staff reads. Raises NotFoundError."""
    found = _find(session, reader, SafetyFlag.public_id == public_id)
    if not found:
        raise NotFoundError("flag.unknown", "There is no such flag for this reader.")
    return found[0]


def list_steps(session: Session, flag: SafetyFlag) -> Sequence[tuple[SafetyStep, Person]]:
    """Return what was done about a flag, in its order, each with who did it."""
    found = select(SafetyStep, Person).join(Person, Person.id == SafetyStep.person_id)
    rows = session.execute(found.where(SafetyStep.flag_id == flag.id).order_by(SafetyStep.id))
    return [(step, person) for step, person in rows]


def set_state(
    session: Session, reader: Member, public_id: str, state: FlagState, version: int, words: str, *, at: datetime
) -> FlagLine:
    """Say how far the coordinators are with a flag, and what was done. `version` is the one that the page showed.

    Raise NotFoundError, InvalidInputError with `fields` (to close it one says what was done), or ConflictError.
    """
    line = get_flag(session, reader, public_id)
    session.refresh(line.row, with_for_update=True)
    if line.row.version != version:
        raise ConflictError("flag.changed", "Someone else was quicker.")
    clean = clean_text(words)
    if len(clean) > LONGEST_WORDS or (state is FlagState.CLOSED and not clean.strip()):
        code = "report.long" if clean.strip() else "flag.closing"
        raise InvalidInputError("flag.incomplete", "What was done is missing.", fields={"words": code})
    line.row.state, line.row.version = state, version + 1
    session.add(SafetyStep(flag_id=line.row.id, person_id=reader.person_id, state=state, words=clean, done_at=at))
    session.flush()
    return line


def _find(session: Session, reader: Member, *conditions: ColumnElement[bool]) -> Sequence[FlagLine]:
    found = (
        select(SafetyFlag, Membership, Post)
        .join(Membership, Membership.id == SafetyFlag.membership_id)
        .outerjoin(Post, Post.id == SafetyFlag.post_id)
        .options(joinedload(Post.author))
        .where(*_is_for(reader), *conditions)
        .order_by(SafetyFlag.id.desc())
        .limit(MOST_SHOWN)
    )
    return [FlagLine(*row) for row in session.execute(found)]


def _is_for(reader: Member) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which staff read a `SafetyFlag`, joined with its `Post` if it has one."""
    if reader.role not in STAFF_ROLES:
        raise NotFoundError("flag.unknown", "Only staff read flags.")
    is_of_others = or_(SafetyFlag.post_id.is_(None), Post.author_id != reader.person_id)
    return SafetyFlag.course_id == reader.course_id, is_of_others
