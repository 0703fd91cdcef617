"""The OpenAPI document, made from the schemas that the API reads and writes by."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from service.api_clients.models import Scope
from service.api_clients.rules import IDS_PER_QUESTION, MOST_ASKED, USUAL_PER_MINUTE
from service.web.api_shapes import (
    LONGEST_ID,
    BatchAnswerShape,
    BatchShape,
    EventShape,
    PersonEligibilityShape,
    PersonReadinessShape,
    ProblemShape,
)

Json = dict[str, Any]
VERSION = "1.0.0"
_ABOUT = f"""Other systems ask who may be paired, and are told of changes by webhooks.
An answer says how things stand at that moment; it is never kept. Who is paired with whom is not told to anyone.

People are named by our ids, or by `lms:` and their id in the LMS. A programme is a course of the LMS. A key opens only
the programmes that it was made for: people of others are answered like people who do not exist.

Each key has {USUAL_PER_MINUTE} questions a minute, unless agreed otherwise; a batch counts as one for each
{IDS_PER_QUESTION} ids. Times are in UTC (RFC 3339). New fields and new kinds of conditions may come at any time; what
is there keeps its meaning. Call it from servers: browsers of other sites get no access, and a key is a secret."""
_PERSON = {
    "name": "person",
    "in": "path",
    "required": True,
    "description": "Our id of the person, or `lms:` and the id in the LMS, percent-encoded.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_ID},
    "example": "lms:4711",
}
_PROGRAMME = {
    "name": "programme",
    "in": "query",
    "description": "The id of one programme; all that the key is for if left out.",
    "schema": {"type": "string"},
}
_KNOWN = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of an answer before.",
    "schema": {"type": "string"},
}


def describe_api(base_url: str) -> Json:
    """Return the document for an installation at `base_url`."""
    spec = APISpec(
        "MentorReady: readiness for other systems",
        VERSION,
        "3.1.0",
        plugins=[MarshmallowPlugin(schema_name_resolver=_name)],
        info={"description": _ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        servers=[{"url": f"{base_url}/api/v1"}],
        security=[{"key": []}],
    )
    spec.components.security_scheme("key", {"type": "http", "scheme": "bearer", "description": "A key of ours."})
    asked = [_PERSON, _PROGRAMME, _KNOWN]
    eligibility = _operation("Whether one person may be paired", Scope.ELIGIBILITY, PersonEligibilityShape, 304, 404)
    readiness = _operation("How each condition of one person stands", Scope.READINESS, PersonReadinessShape, 304, 404)
    batch = _operation(f"Up to {MOST_ASKED} people at once", Scope.ELIGIBILITY, BatchAnswerShape, 413, 415, 422)
    body = {"required": True, "content": {"application/json": {"schema": BatchShape}}}
    spec.path(
        "/eligibility/{person}", operations={"get": {"operationId": "eligibility", "parameters": asked} | eligibility}
    )
    spec.path(
        "/eligibility:batch", operations={"post": {"operationId": "eligibilityBatch", "requestBody": body} | batch}
    )
    spec.path("/readiness/{person}", operations={"get": {"operationId": "readiness", "parameters": asked} | readiness})
    spec.components.schema("Event", schema=EventShape)
    document: Json = spec.to_dict()
    return document | {"webhooks": {"readiness": {"post": _webhook()}}}


def _webhook() -> Json:
    """Return what a receiver is asked: signed as Standard Webhooks says."""
    event = {"application/json": {"schema": {"$ref": "#/components/schemas/Event"}}}
    words = {
        "webhook-id": "Names the message; the same when it is sent again.",
        "webhook-timestamp": "When it was sent, in seconds.",
        "webhook-signature": "`v1,` and the HMAC-SHA256 over id, time and body; several while secrets change.",
    }
    headers = [
        {"name": name, "in": "header", "required": True, "description": said, "schema": {"type": "string"}}
        for name, said in words.items()
    ]
    return {
        "operationId": "told",
        "summary": "Someone is ready, or no longer is",
        "description": "We send it to the addresses of a client. Answer 200 to 299, or it comes again.",
        "parameters": headers,
        "requestBody": {"required": True, "content": event},
        "responses": {"2XX": {"description": "Taken."}, "410": {"description": "Nothing more is wanted, ever."}},
        "security": [],
    }


def list_operations(document: Json) -> Iterator[Json]:
    """Give each operation of the document as a page shows it: how it is asked, and what the document says of it."""
    base = document["servers"][0]["url"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield {"asked": f"{method.upper()} {base}{path}", **operation}
    yield {"asked": "POST to your address", **document["webhooks"]["readiness"]["post"]}


def _name(schema: type[Schema] | Schema | str) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Shape")


def _operation(summary: str, scope: Scope, shape: type[Schema], *others: int) -> Json:
    """Return an operation that answers by `shape`; `others` are statuses that not every operation has."""
    problem = {"application/problem+json": {"schema": ProblemShape}}
    responses: Json = {"200": {"description": "The answer.", "content": {"application/json": {"schema": shape}}}}
    for status in sorted({401, 403, 429, *others}):
        content = {} if status == HTTPStatus.NOT_MODIFIED else {"content": problem}
        responses[str(status)] = {"description": HTTPStatus(status).phrase, **content}
    retry = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
    responses["429"]["headers"] = {"Retry-After": retry}
    return {"summary": summary, "description": f"Needs the scope `{scope}`.", "responses": responses}
