"""The acts at the gate, each in one transaction with what follows: where the member stands, and what the LMS is told.

Whoever takes something away locks the member first, so that no pairing slips through at the same moment.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from service.completion.operations import Completions
from service.db import transaction
from service.errors import InvalidInputError
from service.grades.operations import NewScore, queue_scores
from service.modules.content import Catalogue
from service.people.known import Member
from service.people.models import Membership, Role
from service.people.operations import get_member, set_role
from service.profiles import operations as profiles
from service.profiles.rules import Told
from service.readiness import deciding, operations
from service.readiness.conditions import DECIDED, DECLARED
from service.readiness.keeping import letters_of
from service.readiness.leaf_rules import MAY_NOT_APPLY
from service.readiness.operations import Verdict
from service.scoring import score_readiness

AT_ONCE = 100
"""How many members are looked at again in one transaction."""


def stand(session: Session, catalogue: Catalogue, member: Member, *, at: datetime) -> Verdict:
    """Say where a member stands now, keep it, and queue it for the gradebook."""
    return stand_all(session, catalogue, [member], at=at)[member.id]


def stand_all(
    session: Session,
    catalogue: Catalogue,
    members: Sequence[Member],
    *,
    at: datetime,
    scores: Sequence[NewScore] = (),
    known: Completions | None = None,
) -> Mapping[int, Verdict]:
    """Do so for several members, by their ids, and queue other `scores` beside: as many statements as for one.

    `known`: the completions of these people, where they were just read.
    """
    verdicts = operations.bring_all_up_to_date(session, catalogue, members, at=at, known=known)
    standings = [score for member in members for score in score_readiness(member, verdicts[member.id])]
    queue_scores(session, [*scores, *standings], at=at)
    return verdicts


def refresh_due_standings(
    sessions: sessionmaker[Session],
    load_content: Callable[[], Catalogue],
    *,
    clock: Callable[[], datetime],
    is_stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Look again at members whose standing time, a new policy or new content has made old; return how many there were.

    A transaction for each few, so that nobody waits for long, and memory does not grow with the course. What is done is
    done: a worker that is killed leaves the others due, and the next one goes on with them.
    """
    count = last = 0
    while not is_stopping():
        catalogue, at = load_content(), clock()
        with transaction(sessions, reads_only=True) as session:
            if not operations.list_due(session, catalogue, at=at, after=last, limit=1):
                break
        with transaction(sessions) as session:
            due = operations.list_due(session, catalogue, at=at, after=last, limit=AT_ONCE, locked=True)
            _stand_where_changed(session, catalogue, due, at)
        if not due:
            break  # another worker has them
        count, last = count + len(due), due[-1].id
    return count


def _stand_where_changed(session: Session, catalogue: Catalogue, members: Sequence[Member], at: datetime) -> None:
    """Say where members stand; the gradebook is told only of what differs."""
    verdicts = operations.bring_all_up_to_date(session, catalogue, members, at=at)
    scores: list[NewScore] = []
    for member in members:
        verdict = verdicts[member.id]
        if verdict.is_ready if verdict.before is None else verdict.before.states != letters_of(verdict.results):
            scores += score_readiness(member, verdict)
    queue_scores(session, scores, at=at)


def give_commitment(
    session: Session, catalogue: Catalogue, member: Member, kind: str, version: int, language: str, *, at: datetime
) -> Verdict:
    """Record a commitment, and where the member stands with it."""
    operations.record_commitment(session, catalogue, member, kind, version, language, at=at)
    return stand(session, catalogue, member, at=at)


def withdraw_commitment(session: Session, catalogue: Catalogue, member: Member, kind: str, *, at: datetime) -> Verdict:
    """Take back a commitment."""
    locked = _locked(session, member.course_id, member.public_id)
    operations.withdraw_commitment(session, locked, kind, at=at)
    return stand(session, catalogue, locked, at=at)


def declare(
    session: Session,
    catalogue: Catalogue,
    member: Member,
    key: str,
    *,
    is_given: bool,
    at: datetime,
    number: int | None = None,
) -> Verdict:
    """Record what a member says of themselves, or takes back. Raise NotFoundError for what nobody asks.

    Raise InvalidInputError for a `number` that is out of range, or that nobody asks for (`leaf_rules.NUMBERS`).
    """
    locked = _locked(session, member.course_id, member.public_id)
    operations.get_condition(session, catalogue, locked, f"{DECLARED}:{key}")
    if is_given:
        deciding.record_declaration(session, locked, key, number=number, at=at)
    else:
        deciding.withdraw_declaration(session, locked, key, at=at)
    return stand(session, catalogue, locked, at=at)


def decide(
    session: Session,
    catalogue: Catalogue,
    by: Member,
    member_id: str,
    key: str,
    *,
    is_yes: bool | None,
    reason: str = "",
    at: datetime,
) -> Verdict:
    """Record a yes or no of one of the staff about a member of their course; None takes back what they said before.

    Raise NotFoundError for what nobody asks, and what `deciding.record_decision` raises.
    """
    locked = _locked(session, by.course_id, member_id)
    operations.get_condition(session, catalogue, locked, f"{DECIDED}:{key}")
    if is_yes is None:
        deciding.withdraw_decision(session, locked, key, by, at=at)
    else:
        deciding.record_decision(session, locked, key, by, is_yes=is_yes, reason=reason, at=at)
    return stand(session, catalogue, locked, at=at)


def rule_out(
    session: Session, catalogue: Catalogue, by: Member, member_id: str, key: str, *, reason: str, at: datetime
) -> Verdict:
    """Record that a question does not arise for a member; what is asked of everyone can only be waived.

    Raise as `decide` does, and InvalidInputError for what is asked of everyone.
    """
    locked = _locked(session, by.course_id, member_id)
    operations.get_condition(session, catalogue, locked, f"{DECIDED}:{key}")
    if key not in MAY_NOT_APPLY:
        raise InvalidInputError("decision.unknown", f"{key!r} is asked of everyone.")
    deciding.record_decision(session, locked, key, by, is_yes=True, is_applicable=False, reason=reason, at=at)
    return stand(session, catalogue, locked, at=at)


def save_profile(
    session: Session, catalogue: Catalogue, member: Member, told: Told, *, seen: int, at: datetime
) -> Verdict:
    """Keep what a member tells of themselves, and where they stand with it. Raise as `profiles.save_profile` does."""
    locked = _locked(session, member.course_id, member.public_id)
    profiles.save_profile(session, locked, told, seen=seen, at=at)
    return stand(session, catalogue, locked, at=at)


def waive(
    session: Session,
    catalogue: Catalogue,
    by: Member,
    member_id: str,
    condition: str,
    *,
    reason: str,
    until: datetime | None,
    at: datetime,
) -> Verdict:
    """Waive a condition (its `name`) for a member. Raise NotFoundError for what is not asked, or nobody may waive."""
    locked = _locked(session, by.course_id, member_id)
    operations.get_condition(session, catalogue, locked, condition, only_waivable=True)
    deciding.grant_waiver(session, locked, condition, by, reason, until, at=at)
    return stand(session, catalogue, locked, at=at)


def approve_waiver(
    session: Session, catalogue: Catalogue, by: Member, member_id: str, waiver_id: str, *, at: datetime
) -> Verdict:
    """Agree to a waiver as the second person."""
    locked = _locked(session, by.course_id, member_id)
    deciding.approve_waiver(session, locked, waiver_id, by, at=at)
    return stand(session, catalogue, locked, at=at)


def withdraw_waiver(
    session: Session, catalogue: Catalogue, by: Member, member_id: str, waiver_id: str, *, at: datetime
) -> Verdict:
    """End a waiver."""
    locked = _locked(session, by.course_id, member_id)
    deciding.withdraw_waiver(session, locked, waiver_id, by, at=at)
    return stand(session, catalogue, locked, at=at)


def give_role(
    session: Session, catalogue: Catalogue, course_id: int, member_id: str, role: Role, *, at: datetime
) -> None:
    """Give a member another role, and say where they stand in it. Raises NotFoundError or InvalidInputError."""
    member = _locked(session, course_id, member_id)
    set_role(session, member, role)
    stand(session, catalogue, member, at=at)


def _locked(session: Session, course_id: int, member_id: str) -> Membership:
    return get_member(session, course_id, member_id, locked=True)
