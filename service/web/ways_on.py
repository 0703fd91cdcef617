"""What is asked without blocking anything: of coordinators, and of mentors on the ways on for them (S0-51)."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import g, request, url_for
from flask_babel import gettext

from service.db import utc_now
from service.people.known import Member
from service.people.models import LEARNING_ROLES, Membership, Role
from service.people.operations import list_members
from service.readiness.conditions import ConditionResult
from service.readiness.models import WayOn
from service.readiness.operations import list_verdicts, list_ways_on
from service.readiness.policies import InForce, role_asked
from service.web.access import catalogue, me
from service.web.condition_words import ConditionWords
from service.web.conditions import describe
from service.web.words import role_name

POLICIES: tuple[str, ...] = (*LEARNING_ROLES, Role.COORDINATOR, *WayOn)
"""Of whom a course may ask something."""
AT_ONCE = 500
"""So many people are looked at without being asked for."""


@dataclass(frozen=True)
class WayWords:
    """A way on, and where one mentor stands on it."""

    title: str
    met: int
    conditions: list[ConditionWords]
    results: Sequence[ConditionResult]


@dataclass(frozen=True)
class Standings:
    """Of how many something is asked, and the members to name, each with how much is met and where their page is."""

    all: int
    met: int
    named: list[tuple[Membership, int, str]]
    is_looked_at: bool = True


def policy_name(asked_of: str) -> str:
    """Return the name of a role or way on in the language of the page."""
    if asked_of not in set(WayOn):
        return role_name(Role(asked_of))
    return {
        WayOn.ACCOMPANY: gettext("Accompanying other mentors"),
        WayOn.TEACH: gettext("Teaching units of the mentors' training"),
        WayOn.RECRUIT: gettext("Coordinating how mentors are found"),
    }[WayOn(asked_of)]


def blocks_pairing(asked_of: str) -> bool:
    """Tell whether nobody is paired before they meet what is asked of them."""
    return asked_of in set(LEARNING_ROLES)


def describe_ways(member: Member) -> list[WayWords]:
    """Return the ways on that the course offers a member, and where they stand; links as in `describe`."""
    return [
        WayWords(
            title=policy_name(way),
            met=len(verdict.results) - len(verdict.missing),
            conditions=describe(verdict.results, member),
            results=verdict.results,
        )
        for way, verdict in list_ways_on(g.db, catalogue(), member, at=utc_now()).items()
    ]


def find_standings(asked_of: str, policy: InForce) -> Standings | None:
    """Return where those stand whom it is asked of; None where the board says so, or the way on is not offered.

    Of coordinators all are named, of mentors those who meet everything. Query: `who`, to look at very many.
    """
    is_way = asked_of in set(WayOn)
    if blocks_pairing(asked_of) or (is_way and not policy.own):
        return None
    role = role_asked(asked_of)
    members = [one for one in list_members(g.db, me().course_id, [role]) if not one.is_test_user]
    if len(members) > AT_ONCE and "who" not in request.args:
        return Standings(len(members), 0, [], is_looked_at=False)
    asked = {(me().course_id, role): policy}
    verdicts = list_verdicts(g.db, catalogue(), members, at=utc_now(), policies=asked)
    ready = [one for one in members if verdicts[one.id].is_ready]
    named = sorted(ready if is_way else members, key=lambda one: (one.person.name, one.id))
    return Standings(
        all=len(members),
        met=len(ready),
        named=[(one, len(policy.conditions) - len(verdicts[one.id].missing), _page_of(one)) for one in named],
    )


def _page_of(member: Member) -> str:
    return url_for("people.show_person", course_id=me().course.public_id, member_id=member.public_id)
