"""What a client is told of people: readiness as states and dates, within its courses and its scopes.

Never in it: why, who decided, scores, texts, and who is paired with whom.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from service.api_clients.models import ApiClient, ApiClientCourse, Scope
from service.modules.content import Catalogue
from service.people.known import Member
from service.people.models import LEARNING_ROLES, Course, Membership, Person
from service.readiness.conditions import MODULE_COMPLETE, ConditionResult
from service.readiness.operations import Verdict, list_verdicts
from service.readiness.rules import next_change

LMS_PREFIX = "lms:"
"""Before the id of a person in the LMS, where that is asked for instead of ours."""


@dataclass(frozen=True)
class Asked:
    """What a client wants to know: people by our ids or, after `lms:`, by those of the LMS; in one course or in all."""

    people: Sequence[str]
    programme: str = ""
    with_conditions: bool = False


def answer(
    session: Session, catalogue: Catalogue, client: ApiClient, asked: Asked, *, at: datetime
) -> list[dict[str, Any]]:
    """Return one entry per id that was asked for, in that order; as many statements for one as for a thousand.

    An id of nobody, of someone in another course, or of who has left: all the same, `found` is false.
    """
    members = _find_members(session, client, asked)
    verdicts = list_verdicts(session, catalogue, members, at=at) if members else {}
    by_id: Mapping[str, list[Membership]] = defaultdict(list)
    for member in members:
        by_id[member.person.public_id].append(member)
        by_id[f"{LMS_PREFIX}{member.person.subject}"].append(member)
    titles = {module.key: module.words["en"].title for module in catalogue.modules}
    describe = partial(_programme, verdicts, titles, with_conditions=asked.with_conditions)
    return [_entry(client, id_, by_id.get(id_, []), describe) for id_ in asked.people]


def _find_members(session: Session, client: ApiClient, asked: Asked) -> list[Membership]:
    subjects = [id_.removeprefix(LMS_PREFIX) for id_ in asked.people if id_.startswith(LMS_PREFIX)]
    own_ids = [id_ for id_ in asked.people if not id_.startswith(LMS_PREFIX)]
    # Each by its own index, however many people there are.
    people = union_all(
        select(Person.id).where(Person.public_id.in_(own_ids)),
        select(Person.id).where(Person.platform_id == client.platform_id, Person.subject.in_(subjects)),
    )
    wanted = (
        select(Membership)
        .join(Membership.person)
        .join(Membership.course)
        .where(
            Course.platform_id == client.platform_id,
            Membership.person_id.in_(people),
            Membership.role.in_(LEARNING_ROLES),
            Membership.left_at.is_(None),
            Membership.is_test_user.is_(False),
        )
    )
    if not client.covers_platform:
        covered = select(ApiClientCourse.course_id).where(ApiClientCourse.client_id == client.id)
        wanted = wanted.where(Course.id.in_(covered))
    if asked.programme:
        wanted = wanted.where(Course.public_id == asked.programme)
    return list(session.scalars(wanted.order_by(Membership.id)))


def _entry(
    client: ApiClient, id_: str, members: Sequence[Membership], describe: Callable[[Membership], dict[str, Any]]
) -> dict[str, Any]:
    if not members:
        return {"asked": id_, "found": False, "programmes": []}
    person = members[0].person
    known = {"asked": id_, "found": True, "person": person.public_id, "lms_user_id": person.subject}
    name = {"name": person.name} if Scope.NAMES in client.scopes else {}
    return {**known, **name, "programmes": [describe(member) for member in members]}


def _programme(
    verdicts: Mapping[int, Verdict], titles: Mapping[str, str], member: Member, *, with_conditions: bool
) -> dict[str, Any]:
    verdict = verdicts[member.id]
    told = describe_eligibility(member, verdict)
    return told | {"conditions": [_condition(titles, one) for one in verdict.results]} if with_conditions else told


def describe_eligibility(member: Member, verdict: Verdict) -> dict[str, Any]:
    """Return where a member stands in one course, as other systems are told."""
    return {
        "programme": member.course.public_id,
        "title": member.course.title,
        "role": member.role.value,
        "eligible": verdict.is_ready,
        "since": verdict.ready_since,
        "until": next_change(verdict.results) if verdict.is_ready else None,
        "policy_version": verdict.policy_version,
    }


def _condition(titles: Mapping[str, str], result: ConditionResult) -> dict[str, Any]:
    condition = result.condition
    told: dict[str, Any] = {
        "name": condition.name,
        "kind": condition.kind,
        "key": condition.key,
        "title": condition.title or (titles.get(condition.key, "") if condition.kind == MODULE_COMPLETE else ""),
        "state": result.state.value,
        "at": _time(result, "at"),
        "until": _time(result, "until"),
    }
    if result.parts:
        told["parts"] = [_condition(titles, part) for part in result.parts]
    return told


def _time(result: ConditionResult, name: str) -> datetime | None:
    text = result.facts.get(name)
    return datetime.fromisoformat(text) if text else None
