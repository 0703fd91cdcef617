"""The sender's side of the table of mails: take one under a lease, write down what became of it.

Each function runs in a short transaction of its own, and none of them while the mail server is spoken to.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.db import Json
from service.notices import rules
from service.notices.models import Mail, MailChoice
from service.notices.rules import Cadence, MailState
from service.people.models import Person

_ADDRESS = re.compile(r"\S+@\S+")


@dataclass(frozen=True)
class Claim:
    """A mail that is ours until `leased_until`, with all that is needed to send it and no session open."""

    mail_id: int
    public_id: str
    person_id: int
    person_public_id: str
    address: str
    language: str
    content: Json
    made_at: datetime
    leased_until: datetime


@dataclass(frozen=True)
class Outcome:
    """What became of one try. `state` is SENT, REFUSED, or WAITING for what is to be tried again."""

    state: MailState
    detail: str = ""
    is_address_bad: bool = False
    """Whether the mail server refuses the address, and not this mail."""


def claim_due(session: Session, *, limit: int, at: datetime) -> list[Claim]:
    """Take up to `limit` mails whose time has come, the longest due first; what others hold is passed over.

    What nobody wants any more is given up: who stopped the mails, whose address takes none, or who has another one;
    and what could not be sent for so long that it is news no more, as while the tool knew no mail server.
    """
    due = (
        select(Mail.id)
        .where(Mail.next_try_at <= at)
        .order_by(Mail.next_try_at, Mail.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claims: list[Claim] = []
    while not claims and (ids := session.scalars(due).all()):
        claims = _take(session, ids, at)
    return claims


def _take(session: Session, ids: Sequence[int], at: datetime) -> list[Claim]:
    """Take those of these mails, which are locked, that are wanted; the others are given up."""
    wanted = (
        select(Mail, Person, MailChoice)
        .join(Person, Person.id == Mail.person_id)
        .outerjoin(MailChoice, MailChoice.person_id == Mail.person_id)
        .where(Mail.id.in_(ids))
        .order_by(Mail.next_try_at, Mail.id)
        .execution_options(populate_existing=True)
    )
    claims = []
    for mail, person, choice in session.execute(wanted):
        if at - mail.made_at >= rules.LONGEST_TRIED or not _is_wanted(mail, person, choice):
            mail.state, mail.next_try_at = MailState.GIVEN_UP, None
            continue
        mail.state, mail.next_try_at, mail.tries = MailState.SENDING, at + rules.LEASE, mail.tries + 1
        claims.append(
            Claim(
                mail_id=mail.id,
                public_id=mail.public_id,
                person_id=person.id,
                person_public_id=person.public_id,
                address=mail.address,
                language=mail.language,
                content=mail.content,
                made_at=mail.made_at,
                leased_until=mail.next_try_at,
            )
        )
    return claims


def finish(session: Session, claim: Claim, outcome: Outcome, *, at: datetime, jitter: float) -> MailState | None:
    """Write down what became of a mail, and return its new state; None if it was no longer ours."""
    mail = session.get(Mail, claim.mail_id, with_for_update=True, populate_existing=True)
    if mail is None or not _is_held(mail, claim):
        return None
    mail.state, mail.detail, mail.next_try_at = outcome.state, _cut(outcome.detail), None
    if outcome.state is MailState.SENT:
        mail.sent_at = at
    elif outcome.state is MailState.WAITING:
        mail.next_try_at = rules.next_try_at(mail.tries, made_at=mail.made_at, at=at, jitter=jitter)
        mail.state = MailState.WAITING if mail.next_try_at else MailState.GIVEN_UP
    if outcome.is_address_bad:
        note_refusal(session, mail, outcome.detail, at=at)
    return mail.state


def release(session: Session, claims: Sequence[Claim], *, at: datetime) -> None:
    """Give back mails that were not begun; they stay due."""
    held = (Mail.id.in_([claim.mail_id for claim in claims]), Mail.state == MailState.SENDING)
    if claims:
        lease = Mail.next_try_at == claims[0].leased_until
        values = {"state": MailState.WAITING, "next_try_at": at, "tries": Mail.tries - 1}
        session.execute(update(Mail).where(*held, lease).values(**values).execution_options(synchronize_session=False))


def record_bounce(session: Session, public_id: str, detail: str, *, at: datetime) -> bool:
    """Write down that a mail came back for good. Return whether there is such a mail that was sent."""
    mail = session.scalars(select(Mail).filter_by(public_id=public_id).with_for_update()).one_or_none()
    if mail is None or mail.sent_at is None:
        return False
    mail.state, mail.detail = MailState.BOUNCED, _cut(detail)
    note_refusal(session, mail, detail, at=at)
    return True


def note_refusal(session: Session, mail: Mail, detail: str, *, at: datetime) -> None:
    """Keep that the address of a mail takes none."""
    values = {"refused_address": mail.address, "refused_at": at, "refusal": _cut(detail)}
    session.execute(update(MailChoice).where(MailChoice.person_id == mail.person_id).values(**values))


def _cut(detail: str) -> str:
    """Return what a mail server said, on one line and without addresses: staff read it, who may not know them."""
    return _ADDRESS.sub("…", " ".join(detail.split()))[:255]


def _is_held(mail: Mail, claim: Claim) -> bool:
    return mail.state is MailState.SENDING and mail.next_try_at == claim.leased_until


def _is_wanted(mail: Mail, person: Person, choice: MailChoice | None) -> bool:
    if choice is None or choice.refused_address == mail.address or person.email != mail.address:
        return False
    return choice.stopped_at is None if mail.is_urgent else choice.cadence is not Cadence.NEVER
