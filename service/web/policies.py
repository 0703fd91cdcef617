"""The editor of what a course asks of a role: changes are tried out on the page, and saved as one new version."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response

from service.db import utc_now
from service.errors import ConflictError, InvalidInputError
from service.pairing.operations import list_relations
from service.people.models import STAFF_ROLES, Membership
from service.readiness.conditions import DECIDED, DECLARED, GROUPS, MODULE_COMPLETE, Condition
from service.readiness.leaf_rules import LONGEST_TITLE, MOST_MONTHS, NUMBERS, RUNS_OUT, Fault
from service.readiness.models import WayOn
from service.readiness.policies import (
    conditions_from_content,
    list_ever_asked,
    out_of_reach,
    policies_in_force,
    set_own_conditions,
)
from service.readiness.policy_edits import combined, key_in_own_words, split_up, with_condition, without_condition
from service.readiness.policy_rules import find_faults
from service.readiness.what_if import try_out
from service.web import gate_words
from service.web.access import catalogue, me, open_to
from service.web.policy_choices import OWN_WORDS, offered
from service.web.policy_words import fault_words
from service.web.unsent import note_sent_form
from service.web.ways_on import POLICIES, blocks_pairing, find_standings, policy_name

blueprint = Blueprint("policies", __name__, url_prefix="/course/<course_id>/conditions")


class ConditionData(Schema):
    """A condition as the page holds it; what else is wrong with one, the rules of the policy say."""

    kind = fields.String(required=True)
    key = fields.String(required=True)
    title = fields.String()
    min_percent = fields.Integer()
    valid_months = fields.Integer()
    least = fields.Integer()
    approvers = fields.Integer()
    waived_by = fields.Integer()
    count = fields.Integer()
    parts = fields.List(fields.Nested("ConditionData"))


class EditForm(Schema):
    """A change, and the list that it changes as the page holds it."""

    class Meta:
        unknown = EXCLUDE

    own = fields.String(required=True, validate=validate.Length(max=20_000))
    version = fields.Integer(required=True)
    act = fields.String(required=True)
    kind = fields.String(load_default="")
    key = fields.String(load_default="")
    title = fields.String(load_default="", validate=validate.Length(max=LONGEST_TITLE))
    valid_months = fields.Integer(load_default=0, validate=validate.Range(0, MOST_MONTHS))
    least = fields.Integer(load_default=0)
    approvers = fields.Integer(load_default=1)
    waived_by = fields.Integer(load_default=1)
    min_percent = fields.Integer(load_default=0, validate=validate.Range(0, 100))
    count = fields.Integer(load_default=1, validate=validate.Range(1, 20))
    name = fields.String(load_default="")


@blueprint.get("/<role>")
@open_to(*STAFF_ROLES)
def show(role: str) -> str:
    """Show what is asked of a role, or on a way on: what comes with the content, and what the course has added.

    Query: `who`, as `ways_on.find_standings` has it.
    """
    policy = policies_in_force(g.db, catalogue(), [me().course_id])[me().course_id, _role(role)]
    return _page(_role(role), policy.own, policy.version)


@blueprint.post("/<role>")
@open_to(*STAFF_ROLES)
def change(role: str) -> str | Response | tuple[str, int]:
    """Try a change out on the page, or save what stands there. Form: EditForm; `names` may come more than once."""
    of_role = _role(role)
    try:
        form: dict[str, Any] = EditForm().load(request.form)
        own = _read_own(form["own"])
    except (ValidationError, ValueError, RecursionError) as error:
        raise InvalidInputError("policy.unreadable", f"The form of the policy cannot be read: {error}.") from error
    if form["act"] == "save":
        return _save(of_role, own, form["version"])
    edited = _EDITS.get(form["act"], _nothing)(own, form)
    asked, has_roster = conditions_from_content(catalogue(), of_role), bool(me().course.memberships_url)
    unreachable = out_of_reach(of_role)
    faults = list(find_faults(asked, edited, catalogue(), has_roster=has_roster, unreachable=unreachable))
    if faults:
        return _page(of_role, own, form["version"], faults, form), 422
    note_sent_form()
    return _page(of_role, edited, form["version"])


def _save(role: str, own: Sequence[Condition], version: int) -> Response | tuple[str, int]:
    try:
        set_own_conditions(g.db, catalogue(), me(), role, own, shown_version=version, at=utc_now())
    except InvalidInputError as error:
        faults: Any = error.details["faults"]
        return _page(role, own, version, faults), 422
    except ConflictError:
        newest = policies_in_force(g.db, catalogue(), [me().course_id])[me().course_id, role].version
        flash(gettext("Someone else has changed the conditions meanwhile. Yours stand here, not saved."))
        return _page(role, own, newest), 409
    is_kept = role not in set(WayOn)
    flash(
        gettext("Saved. Everyone in this role is looked at anew; that takes a moment.")
        if is_kept
        else gettext("Saved.")
    )
    return redirect(url_for(".show", course_id=me().course.public_id, role=role), 303)


def _page(
    role: str,
    own: Sequence[Condition],
    version: int,
    faults: Sequence[Fault] = (),
    form: Mapping[str, Any] | None = None,
) -> str:
    in_force = policies_in_force(g.db, catalogue(), [me().course_id])[me().course_id, role]
    content = conditions_from_content(catalogue(), role)
    is_changed = tuple(own) != in_force.own
    what_if = try_out(g.db, catalogue(), me().course_id, role, own, at=utc_now()) if is_changed else None
    return render_template(
        "policy.html",
        role=role,
        role_words=policy_name(role),
        roles=[
            (policy_name(one), None, url_for(".show", course_id=me().course.public_id, role=one), one == role)
            for one in POLICIES
        ],
        is_way=role in set(WayOn),
        blocks_pairing=blocks_pairing(role),
        standings=None if is_changed else find_standings(role, in_force),
        content=[_shown(one, own) for one in content],
        own=[_shown(one) for one in own if one.name not in {asked.name for asked in content}],
        own_data=json.dumps([one.as_data() for one in own]),
        version=version,
        what_if=what_if,
        in_relations=_count_in_relations(what_if.losing) if what_if else 0,
        faults=[fault_words(fault) for fault in faults],
        typed=form or {},
        addable=offered([part.name for one in (*content, *own) for part in one.walk()], role),
    )


def _shown(condition: Condition, own: Sequence[Condition] = ()) -> dict[str, Any]:
    stricter = next((one for one in own if one.name == condition.name), condition)
    return {
        "name": condition.name,
        "title": gate_words.title_of(condition),
        "is_module": condition.kind == MODULE_COMPLETE,
        "is_group": condition.kind in GROUPS,
        "key": condition.key,
        "sentence": gate_words.group_sentence(condition) if condition.parts else "",
        "condition": stricter,
        "parts": [_shown(part) for part in condition.parts],
    }


def _count_in_relations(losing: Sequence[Membership]) -> int:
    """Return how many relations of this course someone is in who would no longer be ready."""
    ids = {member.id for member in losing}
    relations = list_relations(g.db, me().course_id)
    return sum(any(side.membership_id in ids for side in relation.members) for relation in relations)


def _role(text: str) -> str:
    if text not in set(POLICIES):
        raise InvalidInputError("role.unknown", f"Nothing is asked of any role {text!r}.")
    return text


def _read_own(text: str) -> tuple[Condition, ...]:
    return tuple(Condition.from_data(data) for data in ConditionData(many=True).load(json.loads(text)))


Edit = Callable[[Sequence[Condition], Mapping[str, Any]], tuple[Condition, ...]]


def _before() -> list[Condition]:
    return list_ever_asked(g.db, me().course_id)


def _nothing(own: Sequence[Condition], _form: Mapping[str, Any]) -> tuple[Condition, ...]:
    return tuple(own)


def _add(own: Sequence[Condition], form: Mapping[str, Any]) -> tuple[Condition, ...]:
    is_own_words = form["key"] == OWN_WORDS
    condition = Condition(
        form["kind"],
        key_in_own_words(own, form["kind"], form["title"], _before()) if is_own_words else form["key"],
        title=form["title"].strip() if is_own_words else "",
        valid_months=form["valid_months"] if form["kind"] in RUNS_OUT else 0,
        least=form["least"] if form["kind"] == DECLARED and form["key"] in NUMBERS else 0,
        min_percent=form["min_percent"] if form["kind"] == MODULE_COMPLETE else 0,
        approvers=form["approvers"] if form["kind"] == DECIDED else 1,
        waived_by=form["waived_by"],
    )
    return with_condition(own, condition)


def _make_stricter(own: Sequence[Condition], form: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Ask of a module that comes with the content a least score, or let it run out; or neither again."""
    plain = Condition(MODULE_COMPLETE, form["key"])
    condition = replace(plain, min_percent=form["min_percent"], valid_months=form["valid_months"])
    return without_condition(own, plain.name) if condition == plain else with_condition(own, condition)


def _remove(own: Sequence[Condition], form: Mapping[str, Any]) -> tuple[Condition, ...]:
    return without_condition(own, form["name"])


def _combine(own: Sequence[Condition], form: Mapping[str, Any]) -> tuple[Condition, ...]:
    return combined(own, request.form.getlist("names"), form["count"], form["title"], _before())


def _split(own: Sequence[Condition], form: Mapping[str, Any]) -> tuple[Condition, ...]:
    return split_up(own, form["name"])


_EDITS: dict[str, Edit] = {
    "add": _add,
    "stricter": _make_stricter,
    "remove": _remove,
    "combine": _combine,
    "split": _split,
}
