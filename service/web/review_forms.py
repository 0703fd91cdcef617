"""What a reviewer fills in: one remark on the whole, and by criterion how far it is met and a remark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from service.errors import InvalidInputError
from service.reviews.models import Decision, Review
from service.reviews.rules import Level, Opinion, Ruling
from service.typed_text import clean_text

LEVEL, REMARK = "level.", "remark."


class RulingForm(Schema):
    """What the form sends beside the opinion."""

    class Meta:
        unknown = EXCLUDE

    decision = fields.Enum(Decision, by_value=True, required=True)
    seen = fields.Integer(required=True, validate=validate.Range(0, 10**6))
    submission_key = fields.String(required=True, validate=validate.Length(8, 64))


@dataclass(frozen=True)
class Criterion:
    """A criterion as the form shows it, with what was chosen and written."""

    key: str
    words: str
    level: str = ""
    remark: str = ""


@dataclass(frozen=True)
class OpinionForm:
    """What stands in the form, and by name of the field what is wrong with it."""

    remark: str
    criteria: Sequence[Criterion]
    faults: Mapping[str, str] = field(default_factory=dict)


def read_ruling() -> Ruling:
    """Return the decision in the form. Raises InvalidInputError for a form that is not ours."""
    try:
        form = RulingForm().load(request.form.to_dict())
    except ValidationError as error:
        raise InvalidInputError("form.incomplete", f"The form is not ours: {error.messages}") from error
    return Ruling(form["decision"], read_opinion(), form["seen"], form["submission_key"])


def read_opinion() -> Opinion:
    """Return the opinion in the form. Raises InvalidInputError for a level that there is not."""
    levels = _by_criterion(LEVEL)
    if not set(levels.values()) <= set(Level):
        raise InvalidInputError("form.incomplete", "The form is not ours: such a level is not offered.")
    return Opinion(
        clean_text(request.form.get("remark", "")),
        {key: Level(level) for key, level in levels.items()},
        _by_criterion(REMARK),
    )


def typed_opinion(words: Mapping[str, str], keys: Sequence[str], faults: Mapping[str, str]) -> OpinionForm:
    """Return the form as it was sent, with what is wrong."""
    levels, remarks = _by_criterion(LEVEL), _by_criterion(REMARK)
    criteria = [Criterion(key, words[key], levels.get(key, ""), remarks.get(key, "")) for key in keys]
    return OpinionForm(request.form.get("remark", ""), criteria, faults)


def said_opinion(words: Mapping[str, str], keys: Sequence[str], said: Review | None) -> OpinionForm:
    """Return the form with what a review said, or empty."""
    given: Mapping[str, Any] = said.criteria if said else {}
    criteria = [Criterion(key, words[key], **given.get(key, {})) for key in keys]
    return OpinionForm(said.remark if said else "", criteria)


def _by_criterion(prefix: str) -> dict[str, str]:
    sent = {
        name.removeprefix(prefix): clean_text(text) for name, text in request.form.items() if name.startswith(prefix)
    }
    return {key: text for key, text in sent.items() if text}
