"""Who is told of reports, and of what moderators decide: the moderators, who reported, and the writer."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from service.forums.access import OpenPost
from service.forums.report_models import Measure, SafetyFlag
from service.forums.reports import Decided, list_moderators
from service.notices.operations import add_notices
from service.notices.rules import REPORTS, NoticeKind, about_thread
from service.notices.telling import members_of
from service.notices.urgent import tell_at_once
from service.people.known import Member
from service.people.models import Membership


def tell_of_report(session: Session, post: OpenPost, *, at: datetime) -> None:
    """Tell those who moderate a post that it was reported; neither its writer, nor who reported it."""
    told = set(list_moderators(session, post)) - {post.thread.forum.reader.member.id}
    add_notices(session, told, NoticeKind.REPORT, REPORTS, at=at)


def tell_of_decision(session: Session, post: OpenPost, decided: Decided, *, at: datetime) -> None:
    """Tell who reported a post that it was looked at, and its writer of a warning or a block; nobody by whom."""
    thread = post.thread
    reporters = members_of(session, thread, post.row, set(decided.reporter_ids) - {thread.forum.reader.person_id})
    about = about_thread(thread.forum.plan.key, thread.row.public_id)
    add_notices(session, reporters, NoticeKind.REPORT_SEEN, about, at=at)
    if decided.measure is not None:
        tell_of_measure(session, post, decided.measure, at=at)


def tell_of_measure(session: Session, post: OpenPost, measure: Measure, *, at: datetime) -> None:
    """Tell the writer of a post that a warning or a block was given, or taken back."""
    writer = members_of(session, post.thread, post.row, [measure.person_id])
    add_notices(session, writer, NoticeKind.MEASURE, measure.public_id, at=at)


def tell_of_flag(session: Session, flag: SafetyFlag, recipients: Sequence[Membership], *, at: datetime) -> None:
    """Tell those who read a flag about somebody's safety, by mail too; not who raised it, if they are one of them."""
    told = [one for one in recipients if one.id != flag.membership_id]
    tell_at_once(session, told, NoticeKind.SAFETY, flag.public_id, at=at)


def tell_of_flag_seen(session: Session, flag: SafetyFlag, *, by: Member, at: datetime) -> None:
    """Tell who raised a flag that somebody looks after it, or has closed it."""
    if flag.membership_id != by.id:
        add_notices(session, [flag.membership_id], NoticeKind.SAFETY_SEEN, flag.public_id, at=at)


def tell_of_contact(
    session: Session, members: Sequence[Membership], ring: str, *, is_paused: bool, at: datetime
) -> None:
    """Tell those in a relation that their conversation was paused, or opened again; not why, and not who asked."""
    kind = NoticeKind.CONTACT_PAUSED if is_paused else NoticeKind.CONTACT_RESUMED
    add_notices(session, [one.id for one in members], kind, ring, at=at)
