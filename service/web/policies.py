"""The editor of what a course asks of a role: changes are tried out on the page, and saved as one new version."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response

from service.db import utc_now
from service.errors import ConflictError, InvalidInputError
from service.pairing.operations import list_relations
from service.people.models import LEARNING_ROLES, STAFF_ROLES, Membership, Role
from service.readiness.conditions import DECIDED, DECLARED, GROUPS, MODULE_COMPLETE, Condition
from service.readiness.policies import conditions_from_content, policies_in_force, set_own_conditions
from service.readiness.policy_edits import combined, new_key, split_up, with_condition, without_condition
from service.readiness.policy_rules import DECISIONS, DECLARATIONS, LONGEST_TITLE, MOST_MONTHS, Fault, find_faults
from service.readiness.what_if import try_out
from service.web import gate_words
from service.web.access import catalogue, me, open_to
from service.web.policy_words import fault_words
from service.web.words import role_name

OWN_WORDS = "own"
"""The choice of a declaration or decision that is none of ours."""

blueprint = Blueprint("policies", __name__, url_prefix="/course/<course_id>/conditions")


class ConditionData(Schema):
    """A condition as the page holds it; what else is wrong with one, the rules of the policy say."""

    kind = fields.String(required=True)
    key = fields.String(required=True)
    title = fields.String()
    min_percent = fields.Integer()
    valid_months = fields.Integer()
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
    approvers = fields.Integer(load_default=1)
    waived_by = fields.Integer(load_default=1)
    min_percent = fields.Integer(load_default=0, validate=validate.Range(0, 100))
    count = fields.Integer(load_default=1, validate=validate.Range(1, 20))
    name = fields.String(load_default="")


@blueprint.get("/<role>")
@open_to(*STAFF_ROLES)
def show(role: str) -> str:
    """Show what is asked of a role: what comes with the content, and what the course has added."""
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
    faults = list(find_faults(conditions_from_content(catalogue(), of_role), edited, catalogue()))
    if faults:
        return _page(of_role, own, form["version"], faults, form), 422
    return _page(of_role, edited, form["version"])


def _save(role: Role, own: Sequence[Condition], version: int) -> Response | tuple[str, int]:
    try:
        set_own_conditions(g.db, catalogue(), me(), role, own, shown_version=version, at=utc_now())
    except InvalidInputError as error:
        faults: Any = error.details["faults"]
        return _page(role, own, version, faults), 422
    except ConflictError:
        newest = policies_in_force(g.db, catalogue(), [me().course_id])[me().course_id, role].version
        flash(gettext("Someone else has changed the conditions meanwhile. Yours stand here, not saved."))
        return _page(role, own, newest), 409
    flash(gettext("Saved. Everyone in this role is looked at anew; that takes a moment."))
    return redirect(url_for(".show", course_id=me().course.public_id, role=role.value), 303)


def _page(
    role: Role,
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
        role_words=role_name(role),
        roles=[
            (role_name(one), None, url_for(".show", course_id=me().course.public_id, role=one.value), one is role)
            for one in LEARNING_ROLES
        ],
        content=[_shown(one, own) for one in content],
        own=[_shown(one) for one in own if one.name not in {asked.name for asked in content}],
        own_data=json.dumps([one.as_data() for one in own]),
        version=version,
        what_if=what_if,
        in_relations=_count_in_relations(what_if.losing) if what_if else 0,
        faults=[fault_words(fault) for fault in faults],
        typed=form or {},
        choices=_choices(content, own),
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


def _choices(content: Sequence[Condition], own: Sequence[Condition]) -> dict[str, list[tuple[str, str]]]:
    """Return what can be added: what is asked already is left out."""
    asked = {part.name for one in (*content, *own) for part in one.walk()}
    modules = [Condition(MODULE_COMPLETE, module.key) for module in catalogue().modules]
    own_words = (OWN_WORDS, gettext("In words of our own"))
    declarations = [Condition(DECLARED, key) for key in DECLARATIONS]
    decisions = [Condition(DECIDED, key) for key in DECISIONS]

    def offered(conditions: Sequence[Condition]) -> list[tuple[str, str]]:
        return [(one.key, gate_words.title_of(one)) for one in conditions if one.name not in asked]

    return {
        "modules": offered(modules),
        "declarations": [*offered(declarations), own_words],
        "decisions": [*offered(decisions), own_words],
    }


def _count_in_relations(losing: Sequence[Membership]) -> int:
    """Return how many relations of this course someone is in who would no longer be ready."""
    ids = {member.id for member in losing}
    relations = list_relations(g.db, me().course_id)
    return sum(any(side.membership_id in ids for side in relation.members) for relation in relations)


def _role(text: str) -> Role:
    if text not in set(LEARNING_ROLES):
        raise InvalidInputError("role.unknown", f"There is no role {text!r}.")
    return Role(text)


def _read_own(text: str) -> tuple[Condition, ...]:
    return tuple(Condition.from_data(data) for data in ConditionData(many=True).load(json.loads(text)))


Edit = Callable[[Sequence[Condition], Mapping[str, Any]], tuple[Condition, ...]]


def _nothing(own: Sequence[Condition], _form: Mapping[str, Any]) -> tuple[Condition, ...]:
    return tuple(own)


def _add(own: Sequence[Condition], form: Mapping[str, Any]) -> tuple[Condition, ...]:
    is_own_words = form["key"] == OWN_WORDS
    condition = Condition(
        form["kind"],
        new_key(own, form["title"]) if is_own_words else form["key"],
        title=form["title"].strip() if is_own_words else "",
        valid_months=form["valid_months"] if form["kind"] != MODULE_COMPLETE else 0,
        approvers=form["approvers"] if form["kind"] == DECIDED else 1,
        waived_by=form["waived_by"],
    )
    return with_condition(own, condition)


def _ask_percent(own: Sequence[Condition], form: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Ask for a least score in a module that comes with the content, or for none again."""
    condition = Condition(MODULE_COMPLETE, form["key"], min_percent=form["min_percent"])
    return with_condition(own, condition) if form["min_percent"] else without_condition(own, condition.name)


def _remove(own: Sequence[Condition], form: Mapping[str, Any]) -> tuple[Condition, ...]:
    return without_condition(own, form["name"])


def _combine(own: Sequence[Condition], form: Mapping[str, Any]) -> tuple[Condition, ...]:
    return combined(own, request.form.getlist("names"), form["count"], form["title"])


def _split(own: Sequence[Condition], form: Mapping[str, Any]) -> tuple[Condition, ...]:
    return split_up(own, form["name"])


_EDITS: dict[str, Edit] = {
    "add": _add,
    "percent": _ask_percent,
    "remove": _remove,
    "combine": _combine,
    "split": _split,
}
