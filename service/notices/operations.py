"""What can be done with notices: tell members of something, list what they were told, mark it as read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from service.db import set_rows
from service.errors import NotFoundError
from service.notices.choices import ensure_choices
from service.notices.models import Notice
from service.notices.rules import NoticeKind
from service.people.known import Member

SEND_MAIL = "send_mail"
"""The job that makes digests and sends them."""
PAGE = 30
AT_ONCE = 2000
"""How many members one statement tells."""


def add_notices(session: Session, member_ids: Collection[int], kind: NoticeKind, about: str, *, at: datetime) -> None:
    """Tell members (ids of `Membership`) of something; for `about` see `NoticeKind`.

    They find it in their inbox at once, and those who want mail in their next digest. Who was told of the same before,
    read or not, is told anew and has it once. The caller sees to it that the members may know of it.
    """
    told = {"kind": kind, "about": about, "at": at, "read_at": None, "mailed_at": None}
    everyone = sorted(set(member_ids))
    for start in range(0, len(everyone), AT_ONCE):
        some = everyone[start : start + AT_ONCE]
        rows = [{"membership_id": one, **told} for one in some]
        set_rows(session, Notice, ("membership_id", "kind", "about"), rows)
        ensure_choices(session, some, at=at)


def list_told(session: Session, member_ids: Collection[int], kind: NoticeKind, about: str) -> set[int]:
    """Return which of these members were told of something already."""
    told = select(Notice.membership_id).filter_by(kind=kind, about=about)
    return set(session.scalars(told.where(Notice.membership_id.in_(member_ids))))


def count_unread(session: Session, member: Member) -> int:
    """Return how many notices the member has not read."""
    return session.scalars(select(func.count()).select_from(Notice).where(*_unread(member))).one()


@dataclass(frozen=True)
class NoticePage:
    """A page of what a member was told, the latest first. `unread` and `latest_at`: of all pages."""

    rows: Sequence[Notice]
    page: int
    pages: int
    unread: int
    latest_at: datetime | None


def list_notices(session: Session, member: Member, page: int) -> NoticePage:
    """Return a page of the member's notices. No such page: the nearest."""
    own = Notice.membership_id == member.id
    unread = func.count().filter(Notice.read_at.is_(None))
    count, new, latest_at = session.execute(select(func.count(), unread, func.max(Notice.at)).where(own)).one()
    pages = max(1, -(-count // PAGE))
    page = min(max(1, page), pages)
    wanted = select(Notice).where(own).order_by(Notice.at.desc(), Notice.id.desc())
    rows = session.scalars(wanted.offset((page - 1) * PAGE).limit(PAGE)).all()
    return NoticePage(rows, page, pages, new, latest_at)


def get_notice(session: Session, member: Member, public_id: str) -> Notice:
    """Return a notice of the member. Raises NotFoundError for any other."""
    wanted = select(Notice).filter_by(membership_id=member.id, public_id=public_id)
    is_id = public_id.isprintable()  # PostgreSQL could not even compare another
    notice = session.scalars(wanted).one_or_none() if is_id else None
    if notice is None:
        raise NotFoundError("notice.unknown", "The member has no such notice.")
    return notice


def mark_read(session: Session, member: Member, about: str = "", *, up_to: datetime, at: datetime) -> None:
    """Mark as read what the member was told up to a moment: what is about one thing, or all of it."""
    told = [*_unread(member), Notice.at <= up_to, *([Notice.about == about] if about else [])]
    session.execute(update(Notice).where(*told).values(read_at=at))


def _unread(member: Member) -> list[ColumnElement[bool]]:
    return [Notice.membership_id == member.id, Notice.read_at.is_(None)]
