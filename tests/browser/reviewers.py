"""What reviewers have done in the house: an answer accepted, one that came back, some in work and some that wait."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from service import journey
from service.db import new_public_id, utc_now
from service.modules.content import Catalogue
from service.people.models import Membership, Role
from service.reviews.models import Decision, PeerAccess
from service.reviews.operations import claim
from service.reviews.peers import ask_peers, record_peer_remark
from service.reviews.queue import list_waiting
from service.reviews.rules import Level, Opinion, Ruling

REMARK = "Dobry początek. / התחלה טובה. " + "Nieprzerwane" * 10
PLACE = "codes", "our-code"


def review(
    session: Session, catalogue: Catalogue, people: Mapping[Role, Membership], returned: Membership, waiting: Membership
) -> dict[str, str]:
    """Decide on answers of youth workers who have done everything; return ids of answers and of who wrote them."""
    staff, at, found = people[Role.COORDINATOR], utc_now(), {}
    writers = {"accepted": people[Role.YOUTH_WORKER], "returned": returned, "waiting": waiting}
    for name, writer in writers.items():
        entries = [entry for entry in list_waiting(session, catalogue, staff) if entry.person_id == writer.person_id]
        code = next(entry for entry in entries if (entry.module_key, entry.exercise_key) == PLACE)
        found |= {f"{name}_person": writer.person.public_id, f"{name}_entry": code.public_id}
        if name != "waiting":
            opinion = Opinion(REMARK, {"seen": Level.PARTLY}, {"seen": REMARK})
            decision = Decision.ACCEPT if name == "accepted" else Decision.RETURN
            ruling = Ruling(decision, opinion, 0, new_public_id())
            journey.decide_review(session, catalogue, staff, code.public_id, ruling, at=at)
        else:
            other = next(entry for entry in entries if entry is not code)
            claim(session, people[Role.ADMINISTRATOR], other.public_id, at=at)
            found["claimed_entry"] = other.public_id
    _remark(session, catalogue, people, returned, found["returned_entry"])
    return found


def _remark(
    session: Session, catalogue: Catalogue, people: Mapping[Role, Membership], writer: Membership, entry_id: str
) -> None:
    """Let a writer ask fellow learners, of whom all have done the exercise and one answers."""
    module_key, exercise_key = PLACE
    exercise = catalogue.module(module_key).exercise(exercise_key)
    model = exercise.kind.form_fields(exercise.structure, exercise.kind.model_answer(exercise.structure))
    for role in (Role.MENTOR, Role.MENTEE):
        journey.hand_in(
            session, catalogue, people[role], module_key, exercise_key, model, new_public_id(), at=utc_now()
        )
    ask_peers(session, writer.person_id, entry_id, PeerAccess.NAMELESS)
    remark = Opinion(REMARK, {"seen": Level.MET}, {})
    record_peer_remark(session, people[Role.MENTOR], entry_id, exercise, remark, at=utc_now())
