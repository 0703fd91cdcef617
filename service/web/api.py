"""The API: other systems ask who may be paired. Only questions; nothing is changed by it (docs/API.md)."""

import json
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, render_template, request
from marshmallow import Schema, ValidationError

from service.api_clients.answers import Asked, answer
from service.api_clients.models import Scope
from service.api_clients.rules import count_questions
from service.db import utc_now
from service.errors import InvalidInputError, NotFoundError
from service.web.access import catalogue, public, without_database
from service.web.api_access import asking_client, count_further, open_to_clients
from service.web.api_document import describe_api, list_operations
from service.web.api_shapes import BatchAnswerShape, BatchShape, PersonEligibilityShape, PersonReadinessShape
from service.web.problems import PROBLEMS, anchor

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

MOST_FAULTS = 20
"""Told of one body."""


@blueprint.get("/eligibility/<path:person>")
@open_to_clients(Scope.ELIGIBILITY)
def show_eligibility(person: str) -> Response:
    """Tell whether one person may be paired. Query: `programme`."""
    return _about(person, PersonEligibilityShape(), with_conditions=False)


@blueprint.get("/readiness/<path:person>")
@open_to_clients(Scope.READINESS)
def show_readiness(person: str) -> Response:
    """Tell how each condition of one person stands. Query: `programme`."""
    return _about(person, PersonReadinessShape(), with_conditions=True)


@blueprint.post("/eligibility:batch")
@open_to_clients(Scope.ELIGIBILITY)
def ask_batch() -> Response:
    """Tell of up to 1,000 people whether they may be paired; whoever is unknown stops nobody else."""
    sent = _read_batch()
    count_further(count_questions(len(sent["people"])) - 1)
    asked = Asked(sent["people"], sent["programme"])
    return _json({"people": answer(g.db, catalogue(), asking_client(), asked, at=utc_now())}, BatchAnswerShape())


@blueprint.get("/openapi.json")
@public
@without_database
def give_document() -> Response:
    """Give the OpenAPI document."""
    return Response(json.dumps(_document(), indent=2), content_type="application/json")


@blueprint.get("/")
@public
@without_database
def show_document() -> str:
    """Show the API to people: the same document, as a page."""
    document = _document()
    problems = [(anchor(code), code, words) for code, words in PROBLEMS.items()]
    return render_template("api.html", document=document, operations=list_operations(document), problems=problems)


def _document() -> dict[str, Any]:
    return describe_api(current_app.extensions["settings"].base_url)


def _about(person: str, shape: Schema, *, with_conditions: bool) -> Response:
    programme = request.args.get("programme", "")
    if not (person + programme).isprintable():
        raise NotFoundError("person.unknown", "No id looks so.")
    asked = Asked([person], programme, with_conditions)
    [told] = answer(g.db, catalogue(), asking_client(), asked, at=utc_now())
    if not told["found"]:
        raise NotFoundError("person.unknown", "Nobody whom this key is for.")
    return _json(told, shape)


def _json(told: dict[str, Any], shape: Schema) -> Response:
    """Return an answer that nobody may keep; who asks again may send its tag, and hears only whether it has changed."""
    response = Response(json.dumps(shape.dump(told), ensure_ascii=False), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.add_etag()
    if request.method == "GET":
        response.make_conditional(request)
    return response


def _read_batch() -> dict[str, Any]:
    """Return what was sent. Raise InvalidInputError, whose `errors` are a FaultShape each."""
    if request.mimetype != "application/json":
        abort(415)
    try:
        sent = json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("batch.unreadable", "The body is no JSON.") from error
    try:
        read: dict[str, Any] = BatchShape().load(sent)
    except ValidationError as error:
        faults = [{"pointer": pointer, "detail": words} for pointer, words in _faults(error.messages)]
        raise InvalidInputError("batch.malformed", "The body is not a batch.", errors=faults[:MOST_FAULTS]) from error
    return read


def _faults(messages: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Give each fault with its place, as a JSON Pointer, from what marshmallow says."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            place = "" if name == "_schema" else "/" + str(name)[:100].replace("~", "~0").replace("/", "~1")
            yield from _faults(inner, pointer + place)
        return
    for words in messages:
        yield pointer, str(words)
