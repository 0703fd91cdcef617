"""What cannot wait for the digest: a mail at once, to all who have not stopped mail altogether (UX E1)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from service.db import add_rows
from service.i18n import choose_language
from service.notices.models import Mail, Notice
from service.notices.operations import SEND_MAIL, add_notices
from service.notices.rules import MailState, NoticeKind, can_be_mailed
from service.people.known import Member
from service.people.models import Membership


def tell_at_once(
    session: Session, members: Sequence[Membership], kind: NoticeKind, about: str, *, at: datetime
) -> None:
    """Tell members of something, by a mail of its own too, which says what their inbox says; no digest repeats it.

    Who wants no digest gets it nevertheless: somebody's safety outweighs a quiet mailbox. Who stopped all mail by the
    link in one, and an address that takes none, gets none: the sender passes them over.
    """
    ids = [one.id for one in members]
    add_notices(session, ids, kind, about, at=at)
    reached = [one for one in members if can_be_mailed(one.person.email) and not one.is_test_user]
    add_rows(session, Mail, [_mail(one, kind, at) for one in reached], Mail.id)
    told = (Notice.membership_id.in_([one.id for one in reached]), Notice.kind == kind, Notice.about == about)
    session.execute(update(Notice).where(*told).values(mailed_at=at))
    session.info.setdefault("wake", set()).add(SEND_MAIL)


def _mail(member: Member, kind: NoticeKind, at: datetime) -> dict[str, object]:
    course, person = member.course, member.person
    told = {"title": course.title, "return_url": course.return_url, "lines": [[kind.value, "", 1]]}
    return {
        "person_id": person.id,
        "address": person.email,
        "language": choose_language(person.chosen_language, person.launch_language),
        "content": {"courses": [told], "has_more": False},
        "is_urgent": True,
        "made_at": at,
        "state": MailState.WAITING,
        "next_try_at": at,
    }
