"""Keeps what is typed into an exercise until it is handed in, and shows it to its writer again, on any device."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_time
from flask import Blueprint, g, redirect, request, url_for
from flask_babel import get_locale, gettext
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response

from service.db import utc_now
from service.errors import InvalidInputError
from service.exercises.draft_operations import DraftVersion, OpenForm, end_draft, save_draft
from service.exercises.work import Kept
from service.web.access import catalogue, me, open_to

blueprint = Blueprint("drafts", __name__, url_prefix="/course/<course_id>/modules/<module_key>/exercises")

OWN_FIELDS = frozenset({"submission_key", "as", "draft", "draft_number"})
"""What the form of an exercise holds beside the answer itself."""


class ExerciseForm(Schema):
    """What the form of an exercise sends beside the answer itself."""

    class Meta:
        unknown = EXCLUDE

    submission_key = fields.String(required=True, validate=validate.Length(8, 64), data_key="submission_key")
    seen = fields.String(load_default="", data_key="draft")
    """The draft that the form showed when it was opened, if any."""
    number = fields.Integer(load_default=1, validate=validate.Range(1, 10**6), data_key="draft_number")


@dataclass(frozen=True)
class ExerciseDrafts:
    """The drafts of one exercise: the one that stands in the form, if any, and the others, newest first."""

    shown: Kept | None
    others: Sequence[Kept]

    @property
    def seen(self) -> str:
        """What the form says of the draft that it goes on from."""
        return str(DraftVersion(self.shown.submission_key, self.shown.number)) if self.shown else ""


def read_form() -> tuple[OpenForm, dict[str, str]]:
    """Return the form, and the answer by name of the field.

    Raises InvalidInputError for a form that is not ours.
    """
    try:
        form = ExerciseForm().load(request.form.to_dict())
    except ValidationError as error:
        raise InvalidInputError("form.incomplete", f"The form is not ours: {error.messages}") from error
    open_form = OpenForm(form["submission_key"], form["number"], DraftVersion.read_all(form["seen"]))
    return open_form, {name: value for name, value in request.form.items() if name not in OWN_FIELDS}


def choose_drafts(drafts: Sequence[Kept], handed_in_at: datetime | None) -> ExerciseDrafts:
    """Say which draft the form shows: the one asked for (query `draft`), else the newest since the last hand-in.

    A form that was refused comes back as it was sent; its own draft is the one it goes on from.
    """
    wanted = request.args.get("draft") or request.form.get("submission_key")
    shown = next((draft for draft in drafts if draft.submission_key == wanted), None)
    if shown is None and drafts and (handed_in_at is None or drafts[0].saved_at > handed_in_at):
        shown = drafts[0]
    return ExerciseDrafts(shown, [draft for draft in drafts if draft is not shown])


@blueprint.post("/<exercise_key>/draft")
@open_to()
def save(module_key: str, exercise_key: str) -> dict[str, str]:
    """Keep the form as it stands. Answers with JSON: `words` say when it was saved."""
    form, answer = read_form()
    now = utc_now()
    save_draft(g.db, catalogue(), me().person_id, module_key, exercise_key, form, answer, at=now)
    return saved_words(now)


def saved_words(at: datetime) -> dict[str, str]:
    """Return what drafts.js says beside a form that was kept."""
    return {"words": gettext("Saved %(time)s", time=format_time(at, "HH:mm z", locale=get_locale()))}


@blueprint.post("/<exercise_key>/draft/discard")
@open_to()
def discard(module_key: str, exercise_key: str) -> Response:
    """Forget a draft, and go back to the exercise."""
    form, _ = read_form()
    end_draft(g.db, me().person_id, form.submission_key)
    page = url_for("modules.show", course_id=me().course.public_id, module_key=module_key)
    return redirect(f"{page}#exercise-{exercise_key}", 303)
