"""For whoever was shown a record: is it genuine? Open to everyone; a record shows only what its holder put in it."""

from flask import Blueprint, Response, current_app, g, jsonify, make_response, render_template, request, url_for
from flask.blueprints import BlueprintSetupState

from service.db import utc_now
from service.errors import InvalidInputError
from service.records.keys import own_key_document
from service.records.operations import Checked, check_code, check_credential, withdrawn_list
from service.records.reading import parse
from service.records.rules import read_code
from service.web.access import own_address, public, sent_bytes
from service.web.rates import Rate, refuse_too_many
from service.web.record_words import SHOWN, name_words, outcomes_of, verdict_words

blueprint = Blueprint("verification", __name__)


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.extensions["verification_rate"] = Rate()


@blueprint.before_request
def _limit() -> None:
    refuse_too_many(current_app.extensions["verification_rate"], int(utc_now().timestamp()) // 60)


@blueprint.after_request
def _keep_quiet(response: Response) -> Response:
    """Let no search engine keep the page, and tell no other site of its address: that holds the code."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    if request.endpoint == "verification.show_code":
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.get("/verify")
@public
def show() -> str:
    """Show the form."""
    return _form_page()


@blueprint.get("/verify/<code>")
@public
def show_code(code: str) -> Response:
    """Say what there is to say of the record with this code; an unknown one gets the same answer as no code at all."""
    return _answer(check_code(g.db, own_address(), read_code(code), at=utc_now()))


@blueprint.post("/verify")
@public
def check() -> Response | tuple[str, int]:
    """Say what there is to say of a record. Form: `code`, or the data as `text` or `file`."""
    at, base_url = utc_now(), own_address()
    raw = sent_bytes("file") or request.form.get("text", "").encode(errors="replace")
    try:
        if raw.strip():
            return _answer(check_credential(g.db, base_url, parse(raw), at=at))
        if not request.form.get("code", "").strip():
            raise InvalidInputError("record.nothing_sent", "Neither a code nor data.")
    except InvalidInputError as error:
        return _form_page(error.code), 422
    return _answer(check_code(g.db, base_url, read_code(request.form["code"]), at=at))


@blueprint.get("/did.json")
@blueprint.get("/.well-known/did.json")
@public
def give_keys() -> Response:
    """Publish our keys, as the DID document of `did:web` (did:web Method Specification, section 2.5)."""
    return _data(own_key_document(g.db, own_address()))


@blueprint.get("/records/withdrawn.json")
@public
def give_withdrawn() -> Response:
    """Publish which records were withdrawn, by ids that lead to nothing else."""
    return _data(withdrawn_list(g.db, own_address()))


def _form_page(fault: str = "") -> str:
    return render_template("verify.html", here=url_for(".show"), fault=fault, sent=request.form)


def _answer(checked: Checked) -> Response:
    reading = checked.reading if checked.verdict in SHOWN else None
    page = render_template(
        "verified.html",
        here=url_for(".show") if request.method == "POST" else None,
        words=verdict_words(checked),
        reading=reading,
        named=name_words(reading) if reading else "",
        outcomes=outcomes_of(reading),
    )
    return make_response(page)


def _data(document: object) -> Response:
    answer = jsonify(document)
    # Whoever checks records reads these from anywhere, also from a page of their own.
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer
