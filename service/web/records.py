"""A learner's own records: choose what is stated, have it signed, take it along, withdraw it."""

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response as AnyResponse

from service.config import Settings
from service.db import new_public_id, utc_now
from service.errors import InvalidInputError, NotFoundError
from service.i18n import LANGUAGES
from service.people.models import LEARNING_ROLES
from service.records.keys import Signer
from service.records.models import TrainingRecord
from service.records.operations import Offer, get_record, issue, list_checked, list_records, make_offer, withdraw
from service.records.pdf import render_pdf
from service.records.rules import LONGEST_NAME, RECORD, Holder, Scope, can_be_written, grouped
from service.web.access import catalogue, me, open_to, own_address
from service.web.record_words import compose, scope_name, sheet_of, verdict_words

blueprint = Blueprint("records", __name__, url_prefix="/course/<course_id>/records")

LMS, OWN, NOBODY = "lms", "own", "nobody"


class RecordForm(Schema):
    """What the form for a new record sends."""

    class Meta:
        unknown = EXCLUDE

    scope = fields.String(required=True, validate=validate.Length(max=80))
    ticket = fields.String(required=True, validate=validate.Regexp(r"[\w-]{1,16}\Z"))
    language = fields.String(required=True, validate=validate.OneOf(LANGUAGES))
    whose = fields.String(load_default="", validate=validate.OneOf(["", LMS, OWN, NOBODY]))
    name = fields.String(load_default="", validate=validate.Length(max=1000))
    picked = fields.List(fields.String(), load_default=list)
    replaces = fields.String(load_default="")
    consent = fields.String(load_default="")


@blueprint.get("")
@open_to(*LEARNING_ROLES)
def show_all() -> str:
    """Show the person's records, how each stands, and what more could be stated now."""
    at = utc_now()
    return _list_page(make_offer(g.db, catalogue(), me(), g.lang, at=at), at)


def _list_page(offer: Offer, at: datetime) -> str:
    base_url = own_address()
    records = [
        {
            "record": record,
            "name": scope_name(Scope.from_text(record.scope)),
            "state": verdict_words(checked),
            "address": base_url + url_for("verification.show_code", code=record.code),
            "code": grouped(record.code),
        }
        for record, checked in list_checked(g.db, base_url, me().person_id, at=at)
    ]
    scopes = [*offer.scopes, Scope(RECORD)] if offer.modules else []
    offered = [(scope_name(scope), url_for(".new", course_id=_course(), of=str(scope))) for scope in scopes]
    return render_template("records.html", records=records, offered=offered)


@blueprint.get("/new")
@open_to(*LEARNING_ROLES)
def new() -> str:
    """Show the form for a new record, or why there is none. Query: `of`, what it is about (`rules.Scope`)."""
    at = utc_now()
    offer = make_offer(g.db, catalogue(), me(), g.lang, at=at)
    if not offer.modules:
        return _list_page(offer, at)
    scope = _scope(offer, request.args.get("of", RECORD))
    keys = [*(one.key for one in offer.modules), *(one.key for one in offer.outcomes)]
    form = {"ticket": new_public_id(), "language": g.lang, "picked": keys, "whose": LMS if _lms_name() else ""}
    return _form_page(scope, offer, form, {})


@blueprint.post("")
@open_to(*LEARNING_ROLES)
def make() -> AnyResponse | tuple[str, int]:
    """Have a record signed. What cannot be taken comes back as it was filled in."""
    at = utc_now()
    try:
        form: dict[str, Any] = RecordForm().load({**request.form.to_dict(), "picked": request.form.getlist("picked")})
    except ValidationError as error:
        raise InvalidInputError("form.incomplete", f"The form is not ours: {error.messages}") from error
    offer = make_offer(g.db, catalogue(), me(), form["language"], at=at)
    scope = _scope(offer, form["scope"])
    holder = _holder(form)
    statement = compose(scope, form["language"], holder, offer, form["picked"])
    faults = _faults(form, holder) | ({} if statement.modules else {"modules": "record.nothing_picked"})
    if faults:
        return _form_page(scope, make_offer(g.db, catalogue(), me(), g.lang, at=at), form, faults), 422
    settings = _settings()
    signer = Signer(settings.secret_key, settings.base_url)
    issue(g.db, me(), statement, form["ticket"], signer, replaces=form["replaces"], at=at)
    flash(gettext("Signed. It is yours now: download it, or give its code to whom you want to show it."))
    return redirect(url_for(".show_all", course_id=_course()), 303)


@blueprint.post("/<record_id>/withdraw")
@open_to(*LEARNING_ROLES)
def end(record_id: str) -> AnyResponse:
    """Withdraw a record."""
    withdraw(g.db, me(), record_id, at=utc_now())
    flash(gettext("Withdrawn. Whoever checks it is told so, and sees nothing of it."))
    return redirect(url_for(".show_all", course_id=_course()), 303)


@blueprint.get("/<record_id>/record.json")
@open_to(*LEARNING_ROLES)
def give_json(record_id: str) -> Response:
    """Give a record as signed data."""
    record = _record(record_id)
    answer = make_response(json.dumps(record.credential, ensure_ascii=False, indent=2) + "\n")
    return _as_file(answer, record, "json", "application/json")


@blueprint.get("/<record_id>/record.pdf")
@open_to(*LEARNING_ROLES)
def give_pdf(record_id: str) -> Response:
    """Give a record on paper, with the signed data attached."""
    record = _record(record_id)
    pdf = render_pdf(sheet_of(record), record.credential, issued_at=record.issued_at)
    return _as_file(make_response(pdf), record, "pdf", "application/pdf")


def _form_page(scope: Scope, offer: Offer, form: dict[str, Any], faults: dict[str, str]) -> str:
    earlier = [
        (one.public_id, scope_name(Scope.from_text(one.scope)), one.issued_at)
        for one in list_records(g.db, me().person_id)
        if not one.withdrawn_at and not one.replaced_at
    ]
    return render_template(
        "record_new.html",
        here=url_for(".new", course_id=_course(), of=str(scope)),
        scope=str(scope),
        is_record=scope.kind == RECORD,
        title=scope_name(scope),
        offer=offer,
        form=form,
        faults=faults,
        lms_name=_lms_name(),
        earlier=earlier,
    )


def _faults(form: dict[str, Any], holder: Holder) -> dict[str, str]:
    """Return what is wrong with the form, by field."""
    faults = {}
    if form["whose"] not in {LMS, OWN, NOBODY} or (form["whose"] == LMS and not _lms_name()):
        faults["whose"] = "record.no_whose"
    elif form["whose"] == OWN and not holder.name:
        faults["name"] = "record.no_name"
    elif form["whose"] == OWN and (len(holder.name) > LONGEST_NAME or not can_be_written(holder.name)):
        faults["name"] = "record.name_unwritable"
    if form["consent"] != "yes":
        faults["consent"] = "record.no_consent"
    return faults


def _holder(form: dict[str, Any]) -> Holder:
    names = {LMS: _lms_name(), OWN: " ".join(form["name"].split())}
    return Holder(names.get(form["whose"], ""), form["whose"] == OWN)


def _lms_name() -> str:
    """Return the name that the LMS gave, "" if there is none or it has letters that the PDF cannot show."""
    name = " ".join(me().person.name.split())
    return name if len(name) <= LONGEST_NAME and can_be_written(name) else ""


def _scope(offer: Offer, text: str) -> Scope:
    """Return what the record is about; raise NotFoundError if that is not complete, or not there."""
    scope = Scope.from_text(text)
    if not offer.modules or (scope != Scope(RECORD) and scope not in offer.scopes):
        raise NotFoundError("record.scope", f"{text!r} is not complete, or nothing of this person.")
    return scope


def _record(record_id: str) -> TrainingRecord:
    record = get_record(g.db, me().person_id, record_id)
    if record.withdrawn_at:
        raise NotFoundError("record.withdrawn", "The record was withdrawn.")
    return record


def _as_file(answer: Response, record: TrainingRecord, ending: str, kind: str) -> Response:
    day: datetime = record.issued_at
    answer.headers["Content-Type"] = kind
    answer.headers["Content-Disposition"] = f'attachment; filename="training-record-{day:%Y-%m-%d}.{ending}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _course() -> str:
    return me().course.public_id


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
