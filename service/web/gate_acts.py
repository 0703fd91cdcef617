"""What the page of a person offers to staff at the gate: what they decide, what they waive, and all that was."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flask import g
from flask_babel import gettext

from service.db import utc_now
from service.people.known import Member
from service.readiness.conditions import DECIDED, Condition, ConditionResult
from service.readiness.deciding import list_decisions, list_history, list_waivers
from service.readiness.leaf_rules import MAY_NOT_APPLY
from service.readiness.models import Decision, Waiver
from service.readiness.operations import list_verdicts, list_ways_on
from service.web import gate_words
from service.web.access import catalogue, me
from service.web.ways_on import blocks_pairing


@dataclass(frozen=True)
class ToDecide:
    """A criterion that staff decide about a person, and what the reader has said of it."""

    condition: Condition
    words: gate_words.Criterion
    own: Decision | None

    @property
    def may_not_apply(self) -> bool:
        """Whether the question does not arise for everyone."""
        return self.condition.key in MAY_NOT_APPLY

    @property
    def said(self) -> str:
        """What the reader has said, in a word; "" for nothing."""
        return decision_name(self.own) if self.own else ""


class Refused(NamedTuple):
    """A form that could not be taken: what stands in it, and what is wrong, by name of the field."""

    values: Mapping[str, str]
    errors: Mapping[str, str]


class ToWaive(NamedTuple):
    """A condition that could be waived, as a choice."""

    name: str
    title: str


def flatten(results: Sequence[ConditionResult]) -> Iterator[ConditionResult]:
    """Give the results and those that they are made of."""
    for result in results:
        yield result
        yield from flatten(result.parts)


class Asked(NamedTuple):
    """How something stands that is asked of a member, and whether they are paired without it."""

    result: ConditionResult
    is_gating: bool


def all_asked(member: Member) -> dict[str, Asked]:
    """Return all that is asked of a member, in their role and on ways on, with what is in groups; by name."""
    at = utc_now()
    asked: dict[str, Asked] = {}
    for verdict in list_ways_on(g.db, catalogue(), member, at=at).values():
        asked |= {one.condition.name: Asked(one, is_gating=False) for one in flatten(verdict.results)}
    of_role = list_verdicts(g.db, catalogue(), [member], at=at)[member.id]
    is_gating = blocks_pairing(member.role)
    return asked | {one.condition.name: Asked(one, is_gating) for one in flatten(of_role.results)}


def acts_of_staff(
    member: Member, asked: Sequence[ConditionResult], refused: Refused | None = None
) -> dict[str, object]:
    """Return what the page of a person offers to staff: what they decide, what they can waive, and all that was.

    `asked`: all that is asked of the person, where something may stand twice.
    """
    at = utc_now()
    results = list({one.condition.name: one for one in reversed(list(flatten(asked)))}.values())[::-1]
    own = {row.key: row for row in list_decisions(g.db, [member.id]) if row.decided_by_id == me().id}
    titles = {one.condition.name: gate_words.title_of(one.condition) for one in results}
    waivers = list_waivers(g.db, [member.id], at=at)
    waived = {waiver.condition for waiver in waivers}
    return {
        "to_decide": [
            ToDecide(one.condition, gate_words.decision(one.condition), own.get(one.condition.key))
            for one in results
            if one.condition.kind == DECIDED
        ],
        "to_waive": [
            ToWaive(one.condition.name, titles[one.condition.name])
            for one in results
            if one.condition.waived_by and not one.is_satisfied and one.condition.name not in waived
        ],
        "waivers": waivers,
        "titles": titles,
        "history": [_told(row, titles) for row in list_history(g.db, member)],
        "faults": [(f"field-{name}", fault_words(code)) for name, code in refused.errors.items()] if refused else [],
        "typed": refused.values if refused else {},
        "errors": {name: fault_words(code) for name, code in refused.errors.items()} if refused else {},
        "needs_second": {one.condition.name for one in results if one.condition.waived_by > 1},
    }


def _told(row: Decision | Waiver, titles: dict[str, str]) -> dict[str, object]:
    """Return a line of the history."""
    if isinstance(row, Decision):
        about = titles.get(f"{DECIDED}:{row.key}", row.key)
        act = decision_name(row)
        return {"at": row.decided_at, "who": row.decided_by, "about": about, "act": act, "row": row}
    about = titles.get(row.condition, row.condition)
    return {"at": row.granted_at, "who": row.granted_by, "about": about, "act": gettext("Waived"), "row": row}


def decision_name(row: Decision) -> str:
    """Return what one of the staff has said."""
    if not row.is_applicable:
        return gettext("Does not apply")
    return gettext("Yes") if row.is_yes else gettext("No")


def fault_words(code: str) -> str:
    """Return what is wrong with a field, and what to do."""
    return {
        "reason.missing": gettext("Write the reason: someone has to be able to follow it later."),
        "reason.too_long": gettext("The reason is too long. Shorten it to 2,000 characters."),
        "waiver.over": gettext("This day is over. Choose a later one, or leave it empty."),
        "waiver.bad_date": gettext("This is no date. Write it as year-month-day, for example 2027-03-31."),
    }.get(code, gettext("This cannot be taken."))
