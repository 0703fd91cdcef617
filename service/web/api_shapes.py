"""What goes into the API and comes out of it, as marshmallow schemas: they read, they write, they are the document."""

from collections.abc import Callable

from marshmallow import Schema, ValidationError, fields, validate

from service.api_clients.rules import MOST_ASKED
from service.people.models import LEARNING_ROLES
from service.readiness.conditions import ConditionState
from service.webhooks.models import EventKind

LONGEST_ID = 260
"""An id of an LMS has up to 255 characters; before it stands `lms:`."""


def _printable(value: str) -> None:
    if not value.isprintable():
        raise ValidationError("An id has no control characters.")


def _said(words: str) -> dict[str, str]:
    return {"description": words}


_ID: list[Callable[[str], object]] = [validate.Length(min=1, max=LONGEST_ID), _printable]


class BatchShape(Schema):
    """People to ask about."""

    people = fields.List(
        fields.String(validate=_ID),
        required=True,
        validate=validate.Length(min=1, max=MOST_ASKED),
        metadata=_said("Ids of people: ours, or `lms:` and the id in the LMS."),
    )
    programme = fields.String(
        validate=_ID, load_default="", metadata=_said("The id of one programme; all that the key is for if left out.")
    )


class ConditionShape(Schema):
    """A condition of the policy, and how it stands. Not why, and not who decided."""

    name = fields.String(required=True, metadata=_said("Names the condition within its policy."))
    kind = fields.String(required=True, metadata=_said("Which kind of condition; further kinds may come."))
    key = fields.String(required=True)
    title = fields.String(required=True, metadata=_said("In words, where it has any; else empty."))
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in ConditionState]))
    at = fields.DateTime(required=True, allow_none=True, metadata=_said("When it was met, waived or decided."))
    until = fields.DateTime(required=True, allow_none=True, metadata=_said("When what meets it runs out, or ran out."))
    parts = fields.List(fields.Nested("ConditionShape"), metadata=_said("Of a group: what it is made of."))


class EligibilityShape(Schema):
    """Where someone stands in one programme."""

    programme = fields.String(required=True, metadata=_said("The id of the programme: a course of the LMS."))
    title = fields.String(required=True)
    role = fields.String(required=True, validate=validate.OneOf([role.value for role in LEARNING_ROLES]))
    eligible = fields.Boolean(required=True, metadata=_said("Whether the person may be paired at this moment."))
    since = fields.DateTime(required=True, allow_none=True, metadata=_said("Since when; null while not eligible."))
    until = fields.DateTime(
        required=True,
        allow_none=True,
        metadata=_said("When time alone may next end it; null where nothing runs out."),
    )
    policy_version = fields.Integer(required=True, metadata=_said("The version of the policy that was asked."))


class ReadinessShape(EligibilityShape):
    """Where someone stands in one programme, condition by condition."""

    conditions = fields.List(fields.Nested(ConditionShape), required=True)


class _PersonShape(Schema):
    asked = fields.String(required=True, metadata=_said("The id as it was asked for."))
    found = fields.Boolean(required=True, metadata=_said("False for nobody, and for someone the key is not for."))
    person = fields.String(metadata=_said("Our id of the person."))
    lms_user_id = fields.String(metadata=_said("The id of the person in the LMS (`sub`)."))
    name = fields.String(metadata=_said("Only with the scope `names`; may be empty."))


class PersonEligibilityShape(_PersonShape):
    """Whether a person may be paired, in each programme that the key is for."""

    programmes = fields.List(fields.Nested(EligibilityShape), required=True)


class PersonReadinessShape(_PersonShape):
    """How a person stands before the gate, in each programme that the key is for."""

    programmes = fields.List(fields.Nested(ReadinessShape), required=True)


class BatchAnswerShape(Schema):
    """One entry per id, in the order in which they were asked for."""

    people = fields.List(fields.Nested(PersonEligibilityShape), required=True)


class EventDataShape(Schema):
    """Of whom an event tells. Empty for a test."""

    person = fields.String(metadata=_said("Our id of the person."))
    lms_user_id = fields.String(metadata=_said("The id of the person in the LMS (`sub`)."))
    programme = fields.String(metadata=_said("The id of the programme: a course of the LMS."))
    role = fields.String(validate=validate.OneOf([role.value for role in LEARNING_ROLES]))
    eligible = fields.Boolean(metadata=_said("Whether the person may be paired since then."))
    sequence = fields.Integer(metadata=_said("Grows with each event of this person: leave alone what is lower."))


class EventShape(Schema):
    """What a webhook sends."""

    type = fields.String(required=True, validate=validate.OneOf([kind.value for kind in EventKind]))
    timestamp = fields.DateTime(required=True, metadata=_said("When it happened."))
    data = fields.Nested(EventDataShape, required=True)


class FaultShape(Schema):
    """What is wrong with one field."""

    pointer = fields.String(required=True, metadata=_said("A JSON Pointer (RFC 6901) into what was sent."))
    detail = fields.String(required=True)


class ProblemShape(Schema):
    """An error, as RFC 9457 says."""

    type = fields.String(required=True, metadata=_said("An address that names the kind of problem, and explains it."))
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata=_said("What to do."))
    code = fields.String(required=True, metadata=_said("The kind of problem, for programs."))
    support_id = fields.String(required=True, metadata=_said("Names this very answer; the log knows it too."))
    errors = fields.List(fields.Nested(FaultShape))
