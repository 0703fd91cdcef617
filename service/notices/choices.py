"""How often and when someone wants mail, and to whom none gets through."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, case, func, select, update
from sqlalchemy.orm import Session

from service.db import add_rows, set_row
from service.errors import InvalidInputError
from service.events.rules import ZONES
from service.i18n import HOME_ZONES, choose_language
from service.notices import rules
from service.notices.models import Mail, MailChoice
from service.notices.rules import Cadence
from service.people.known import AnyPerson
from service.people.models import Membership, Person


@dataclass(frozen=True)
class Wish:
    """When someone wants mail; see `MailChoice`."""

    cadence: Cadence
    hour: int
    weekday: int
    zone: str

    def next_at(self, at: datetime) -> datetime | None:
        """Return when the first digest after `at` is due."""
        return rules.next_digest_at(self.cadence, self.hour, self.weekday, self.zone, after=at)


@dataclass(frozen=True)
class Queue:
    """How the mails stand: how many wait, since when the oldest, and what the mail server last said of it."""

    waiting: int
    oldest_at: datetime | None
    detail: str


class NoMail(StrEnum):
    """Why someone gets no mail of what they are told; the notice itself they find all the same."""

    SWITCHED_OFF = "switched_off"
    REFUSED = "refused"
    """Their address takes none."""
    NO_ADDRESS = "no_address"


def default_wish(person: AnyPerson) -> Wish:
    """Return what holds until someone chooses: one mail a day at eight, by the clocks of their language (UX E1)."""
    language = choose_language(person.chosen_language, person.launch_language)
    return Wish(Cadence.DAILY, rules.DEFAULT_HOUR, rules.DEFAULT_WEEKDAY, HOME_ZONES.get(language, "UTC"))


def ensure_choices(session: Session, member_ids: Collection[int], *, at: datetime) -> None:
    """See to it that there is a choice for each of these members, from whom those who have none get mail by."""
    nobody = select(MailChoice.person_id).where(MailChoice.person_id == Person.id).exists()
    wanted = select(Person).where(
        Person.id.in_(select(Membership.person_id).where(Membership.id.in_(member_ids))), ~nobody
    )
    add_rows(
        session,
        MailChoice,
        [_values(one, default_wish(one), at) for one in session.scalars(wanted)],
        MailChoice.person_id,
    )


def find_choice(session: Session, person: AnyPerson) -> MailChoice | None:
    """Return what a person chose, or has by default; None if they were never told of anything."""
    return session.get(MailChoice, person.id)


def set_wish(session: Session, person: AnyPerson, wish: Wish, *, at: datetime) -> None:
    """Keep when a person wants mail; who stopped all mail has it again by choosing another cadence than none.

    Raises InvalidInputError for an hour, a day or a zone that there is not.
    """
    if not (0 <= wish.hour <= 23 and 0 <= wish.weekday <= 6 and wish.zone in ZONES):
        raise InvalidInputError("mail.wish", "There is no such hour, day or zone.")
    last = session.scalar(select(func.max(Mail.made_at)).where(Mail.person_id == person.id))
    values = _values(person, wish, max(at, last + rules.BETWEEN_DIGESTS) if last else at)
    if wish.cadence is not Cadence.NEVER:
        values["stopped_at"] = None
    set_row(session, MailChoice, {"person_id": values.pop("person_id")}, values)


def stop_mail(session: Session, person_public_id: str, *, at: datetime) -> bool:
    """Send no mail to a person any more, urgent or not, until they choose otherwise. Return whether there is one."""
    person = session.scalars(select(Person).filter_by(public_id=person_public_id)).one_or_none()
    if person is None:
        return False
    choice = find_choice(session, person)
    present = Wish(choice.cadence, choice.hour, choice.weekday, choice.zone) if choice else default_wish(person)
    set_wish(session, person, Wish(Cadence.NEVER, present.hour, present.weekday, present.zone), at=at)
    session.execute(update(MailChoice).where(MailChoice.person_id == person.id).values(stopped_at=at))
    return True


def forget_refusal(session: Session, person: AnyPerson) -> None:
    """Let mail be sent again to an address that took none."""
    choice = find_choice(session, person)
    if choice is not None:
        choice.refused_address, choice.refused_at, choice.refusal = "", None, ""


def list_refused(session: Session, course_id: int) -> Sequence[tuple[Membership, MailChoice]]:
    """Return the members of a course whose address takes no mail, the latest first."""
    found = (
        select(Membership, MailChoice)
        .join(Membership.person)
        .join(MailChoice, MailChoice.person_id == Person.id)
        .where(Membership.course_id == course_id, Membership.left_at.is_(None))
        .where(MailChoice.refused_at.is_not(None), MailChoice.refused_address == Person.email)
        .order_by(MailChoice.refused_at.desc(), Membership.id)
    )
    return [(member, choice) for member, choice in session.execute(found)]


def list_unmailed(session: Session, course_id: int) -> dict[int, NoMail]:
    """Return the members of a course who get no mail, by id, with the reason; one statement."""
    reason = case(
        (MailChoice.cadence == Cadence.NEVER, NoMail.SWITCHED_OFF.value),
        (Person.email == "", NoMail.NO_ADDRESS.value),
        (and_(MailChoice.refused_at.is_not(None), MailChoice.refused_address == Person.email), NoMail.REFUSED.value),
    )
    found = (
        select(Membership.id, reason)
        .select_from(Membership)
        .join(Person, Person.id == Membership.person_id)
        .outerjoin(MailChoice, MailChoice.person_id == Person.id)
        .where(Membership.course_id == course_id, reason.is_not(None))
    )
    return {member_id: NoMail(value) for member_id, value in session.execute(found)}


def read_queue(session: Session) -> Queue:
    """Return how the mails of the whole installation stand."""
    open_ones = select(func.count(), func.min(Mail.made_at)).where(Mail.next_try_at.is_not(None))
    count, oldest = session.execute(open_ones).one()
    failed = select(Mail.detail).where(Mail.next_try_at.is_not(None), Mail.tries > 0, Mail.detail != "")
    return Queue(count, oldest, session.scalar(failed.order_by(Mail.next_try_at.desc()).limit(1)) or "")


def _values(person: AnyPerson, wish: Wish, at: datetime) -> dict[str, object]:
    return {"person_id": person.id, **vars(wish), "next_at": wish.next_at(at)}
