"""Errors of the API as problem details (RFC 9457): in English, each with what to do."""

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, current_app, request

from service.api_clients.rules import MOST_ASKED
from service.db import new_public_id

log = logging.getLogger(__name__)

API = "/api/"
PROBLEMS = {
    "key.missing": "Send a key as `Authorization: Bearer mrk_…`. Keys are never taken from the address.",
    "key.unknown": "The key is not one of ours. Look whether it was copied whole; the administrator can make another.",
    "key.ended": "The key has ended: it was revoked, or replaced and its overlap is over. Use the newer one.",
    "platform.disabled": "The connection to the learning platform is switched off. Ask whoever runs MentorReady.",
    "scope.missing": "The key is good, but not for this. The administrator can add a client with the scope.",
    "person.unknown": "Nobody with this id in the programmes that the key is for. Ids of the LMS begin with `lms:`.",
    "batch.malformed": f"Send JSON: `people`, 1 to {MOST_ASKED} ids, and perhaps `programme`. See `errors`.",
    "batch.unreadable": "The body is not JSON in UTF-8.",
    "rate.exceeded": "Too many questions in this minute. Wait as `Retry-After` says; ask in batches.",
    "http.404": "There is nothing at this address. The document lists all there are.",
    "http.405": "The address takes another method; see `Allow`.",
    "http.413": "The body is too large. Ask about fewer people at once.",
    "http.415": "Send `Content-Type: application/json`.",
    "http.500": "A fault of ours. Try again later, and tell whoever runs MentorReady the support id.",
}
"""What to do, by code. The page of the API lists all of it."""


def is_for_api() -> bool:
    """Say whether the request is one to the API, whether or not there is such an address."""
    return request.path.startswith(API)


def anchor(code: str) -> str:
    """Return where on the page of the API a problem is explained."""
    return f"problem-{code.replace('.', '-')}"


def tell_problem(
    code: str,
    status: int,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
) -> Response:
    """Return the answer for an error `code`."""
    support_id = new_public_id()
    log.warning("%s answered %s (%s), support id %s", request.endpoint, status, code, support_id)
    base_url = current_app.extensions["settings"].base_url
    body: dict[str, Any] = {
        "type": f"{base_url}/api/v1/#{anchor(code)}" if code in PROBLEMS else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": PROBLEMS.get(code, HTTPStatus(status).description),
        "code": code,
        "support_id": support_id,
    }
    if errors:
        body["errors"] = list(errors)
    answer = Response(json.dumps(body), status, headers, content_type="application/problem+json")
    answer.headers["Cache-Control"] = "no-store"
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="MentorReady"'
    return answer
