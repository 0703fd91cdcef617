"""Makes the digests that are due: one mail for each reader, of all courses, or none if nothing is new.

Readers are taken some at a time, each few in a transaction with a fixed number of statements, so memory does not grow
with their number; a digest that is made and what it tells are marked in the same transaction, so nothing is told twice.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session, sessionmaker

from service.db import Json, add_rows, transaction
from service.i18n import choose_language
from service.notices import rules
from service.notices.models import Mail, MailChoice, Notice
from service.notices.rules import FORUM_KINDS, MailState, NoticeKind
from service.people.models import Course, Membership, Person
from service.platforms.models import Platform

AT_ONCE = 200
"""Readers in one transaction."""
MOST_COUNTED = 50
"""Notices that one digest counts; of more it only says that there are more."""
MOST_COURSES = 10


def make_due(
    sessions: sessionmaker[Session], *, clock: Callable[[], datetime], is_stopping: Callable[[], bool] = lambda: False
) -> int:
    """Make the digests of all readers whose hour has come, and return how many mails that gave; forget old mails."""
    count = 0
    while not is_stopping():
        with transaction(sessions) as session:
            readers, mails = make_some(session, at=clock())
        count += mails
        if readers < AT_ONCE:
            break
    _forget_old(sessions, before=clock() - rules.KEPT)
    return count


def _forget_old(sessions: sessionmaker[Session], *, before: datetime) -> None:
    """Remove mails that are over and were made before a moment; where there are none, only the first mail is read."""
    with transaction(sessions, reads_only=True) as session:
        oldest = session.scalar(select(Mail.made_at).order_by(Mail.id).limit(1))
    if oldest and oldest < before:
        with transaction(sessions) as session:
            over = (Mail.next_try_at.is_(None), Mail.made_at < before)
            session.execute(delete(Mail).where(*over).execution_options(synchronize_session=False))


def make_some(session: Session, *, at: datetime) -> tuple[int, int]:
    """Make the digests of some readers whose hour has come. Return how many readers, and how many mails."""
    due = (
        select(MailChoice, Person)
        .join(Person, Person.id == MailChoice.person_id)
        .where(MailChoice.next_at <= at)
        .order_by(MailChoice.next_at, MailChoice.person_id)
        .limit(AT_ONCE)
        .with_for_update(of=MailChoice, skip_locked=True)
    )
    readers = [(choice, person) for choice, person in session.execute(due)]
    ids = [person.id for choice, person in readers if _takes_mail(choice, person)]
    told = _list_told(session, ids, at=at)
    mails = [_mail(person, told[person.id], at) for _, person in readers if person.id in told]
    add_rows(session, Mail, mails, Mail.id)
    members = select(Membership.id).where(Membership.person_id.in_(ids))
    marked = update(Notice).where(Notice.membership_id.in_(members), *_is_due(at)).values(mailed_at=at)
    session.execute(marked.execution_options(synchronize_session=False))
    for choice, _ in readers:
        choice.next_at = rules.next_digest_at(choice.cadence, choice.hour, choice.weekday, choice.zone, after=at)
    return len(readers), len(mails)


def _takes_mail(choice: MailChoice, person: Person) -> bool:
    return rules.can_be_mailed(person.email) and person.email != choice.refused_address


def _is_due(at: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions under which a notice enters a digest."""
    is_new = (Notice.read_at.is_(None), Notice.mailed_at.is_(None))
    return [*is_new, Notice.at <= at - rules.EDITABLE_FOR, Notice.at > at - rules.OLDEST]


def _list_told(session: Session, person_ids: Sequence[int], *, at: datetime) -> Mapping[int, list[Any]]:
    """Return the latest notices for each of these people, with their courses: one more than is counted, if there is.

    One statement.
    """
    if not person_ids:
        return {}
    place = func.row_number().over(partition_by=Membership.person_id, order_by=(Notice.at.desc(), Notice.id.desc()))
    ranked = (
        select(
            Membership.person_id,
            Course.public_id.label("course_id"),
            Course.title,
            Course.return_url,
            Notice.kind,
            Notice.about,
            place.label("place"),
        )
        .join(Membership, Membership.id == Notice.membership_id)
        .join(Course, Course.id == Membership.course_id)
        .join(Platform, Platform.id == Course.platform_id)
        .where(Membership.person_id.in_(person_ids), Membership.left_at.is_(None), Membership.is_test_user.is_(False))
        .where(Platform.disabled_at.is_(None), *_is_due(at))
        .subquery()
    )
    told: dict[int, list[Any]] = {}
    wanted = select(ranked).where(ranked.c.place <= MOST_COUNTED + 1).order_by(ranked.c.person_id, ranked.c.place)
    for row in session.execute(wanted):
        told.setdefault(row.person_id, []).append(row)
    return told


def _mail(person: Person, told: Sequence[Any], at: datetime) -> dict[str, Any]:
    return {
        "person_id": person.id,
        "address": person.email,
        "language": choose_language(person.chosen_language, person.launch_language),
        "content": _content(told),
        "made_at": at,
        "state": MailState.WAITING,
        "next_try_at": at,
    }


def _content(told: Sequence[Any]) -> Json:
    """Return what a digest tells: for each course its title, its address in the LMS, and kind, forum and number."""
    courses: dict[str, Json] = {}
    counts: dict[str, Counter[tuple[str, str]]] = {}
    for row in told[:MOST_COUNTED]:
        courses.setdefault(row.course_id, {"title": row.title, "return_url": row.return_url})
        kind = NoticeKind(row.kind)
        forum = row.about.partition("/")[0] if kind in FORUM_KINDS else ""
        counts.setdefault(row.course_id, Counter())[kind.value, forum] += 1
    listed = [
        {**courses[key], "lines": [[kind, forum, count] for (kind, forum), count in found.items()]}
        for key, found in [*counts.items()][:MOST_COURSES]
    ]
    return {"courses": listed, "has_more": len(told) > MOST_COUNTED or len(counts) > MOST_COURSES}
