"""The home page of a coordinator or administrator: who is ready, what to do next, what holds people up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask import g, render_template, url_for

from service.completion.recognition_operations import count_waiting as count_requests
from service.db import utc_now
from service.forums.safety import count_new
from service.grades.attention import Choice, Group, count_groups
from service.grades.operations import find_last_confirmed
from service.pairing.models import Relation
from service.pairing.operations import list_relations
from service.people.courses import find_last_launch, find_last_roster
from service.people.models import LEARNING_ROLES, Membership, Role
from service.people.operations import list_members
from service.platforms.operations import get_platform_by_id
from service.platforms.profiles import profile_of
from service.readiness.conditions import Condition, ConditionResult
from service.readiness.operations import Verdict, list_verdicts
from service.reviews.queue import count_waiting
from service.web.access import catalogue, me
from service.web.again import list_to_do_again
from service.web.conditions import describe
from service.web.event_words import next_meetings
from service.web.words import role_name

Verdicts = Mapping[int, Verdict]
SHOWN = 10
"""How many people of a kind are named; the list of people has all."""


class Gate(NamedTuple):
    """A condition, and how many of all of whom it is asked have met, begun and not begun it."""

    title: str
    all: int
    met: int
    part: int
    not_met: int


def staff_home() -> str:
    """Return the page."""
    members = [one for one in list_members(g.db, me().course_id, LEARNING_ROLES) if not one.is_test_user]
    verdicts = list_verdicts(g.db, catalogue(), members, at=utc_now())
    almost = [member for member in members if len(verdicts[member.id].missing) == 1]
    relations = list_relations(g.db, me().course_id)
    return render_template(
        "staff_home.html",
        role=role_name(me().role),
        counts=_counts(members, verdicts),
        free=_count_free(members, verdicts, relations),
        almost=[(member, describe(verdicts[member.id].missing, member)[0]) for member in almost[:SHOWN]],
        almost_count=len(almost),
        gates=_gates(members, verdicts),
        to_do_again=list_to_do_again(members, verdicts),
        shown=SHOWN,
        member_count=len(members),
        relation_count=len(relations),
        flag_count=count_new(g.db, me()),
        meetings=next_meetings(),
        grade_count=count_groups(g.db, Choice(me().course_id), at=utc_now())[Group.ATTENTION],
        review_count=count_waiting(g.db, catalogue(), me()),
        recognition_count=count_requests(g.db, me().course_id),
        connection=_connection() if me().role is Role.ADMINISTRATOR else None,
    )


def _counts(members: Sequence[Membership], verdicts: Verdicts) -> list[tuple[str, int, int, str]]:
    """Return for each role its name, how many are ready, how many there are, and the address of their list."""
    everyone = Counter(member.role for member in members)
    ready = Counter(member.role for member in members if verdicts[member.id].is_ready)
    course_id = me().course.public_id
    return [
        (role_name(role), ready[role], everyone[role], url_for("people.list_people", course_id=course_id, role=role))
        for role in LEARNING_ROLES
    ]


def _count_free(members: Sequence[Membership], verdicts: Verdicts, relations: Sequence[Relation]) -> dict[str, int]:
    """Return how many mentors and mentees are ready and not in a relation, by role."""
    paired = {side.membership_id for relation in relations for side in relation.members}
    free = Counter(one.role for one in members if verdicts[one.id].is_ready and one.id not in paired)
    return {role.value: free[role] for role in (Role.MENTOR, Role.MENTEE)}


def _gates(members: Sequence[Membership], verdicts: Verdicts) -> list[Gate]:
    """Return each condition that someone lacks, the hardest first."""
    found: dict[Condition, list[tuple[ConditionResult, Membership]]] = {}
    for member in members:
        for result in verdicts[member.id].results:
            found.setdefault(result.condition, []).append((result, member))
    gates = []
    for results in sorted(found.values(), key=_count_missing, reverse=True):
        if _count_missing(results):
            states = Counter(describe([result], member)[0].state for result, member in results)
            title = describe([results[0][0]], results[0][1])[0].title
            gates.append(Gate(title, len(results), states["met"], states["part"], states["not_met"]))
    return gates


def _count_missing(results: list[tuple[ConditionResult, Membership]]) -> int:
    return sum(not result.is_satisfied for result, _member in results)


def _connection() -> dict[str, Any]:
    """Return when the LMS was last heard, each None if never."""
    platform = get_platform_by_id(g.db, me().course.platform_id)
    # Where a registration serves many institutions, only what is of this course is this administrator's business.
    only = {"course_id": me().course_id} if profile_of(platform.product_family, platform.issuer).is_shared else {}
    return {
        "last_launch": find_last_launch(g.db, platform.id, **only),
        "last_roster": find_last_roster(g.db, platform.id, **only),
        "last_confirmed": find_last_confirmed(g.db, platform.id, **only),
    }
