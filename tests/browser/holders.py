"""Gives a learner of the house signed records: one in force, one withdrawn, and one attached to a request."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.completion.models import RecognitionStep
from service.completion.recognition_rules import StepKind
from service.db import utc_now
from service.modules.content import Catalogue
from service.people.models import Membership, Person
from service.records.keys import Signer
from service.records.operations import check_code, issue, make_offer, withdraw
from service.records.rules import Holder, Scope, Statement
from service.records.trust import attach


def give_records(session: Session, catalogue: Catalogue, person_id: str, signer: Signer) -> dict[str, str]:
    """Return the code of the record of the person with this public id."""
    member = session.scalars(select(Membership).join(Person).where(Person.public_id == person_id)).one()
    at = utc_now()
    offer = make_offer(session, catalogue, member, "pl", at=at)
    holder = Holder(member.person.name, is_own=True)
    records = [
        issue(
            session,
            member,
            Statement(
                Scope("record"), "pl", "Zapis / רשומה", "Wszystko.", "Tak.", holder, offer.modules, offer.outcomes
            ),
            ticket,
            signer,
            at=at,
        )
        for ticket in ("first", "second")
    ]
    withdraw(session, member, records[0].public_id, at=at)
    asked = session.scalars(
        select(RecognitionStep).filter_by(person_id=member.person_id, module_key="trust", kind=StepKind.ASKED)
    ).one()
    attach(session, asked, check_code(session, signer.base_url, records[1].code, at=at))
    return {"record_code": records[1].code}
