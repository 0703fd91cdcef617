"""Turns what the features raise into pages: status, words, and a support id that the log knows too."""

import logging
from typing import cast

from flask import Flask, Response, g, render_template, request, session
from werkzeug.exceptions import HTTPException, InternalServerError

from service.api_clients.operations import KeyRefusedError, RateExceededError
from service.db import new_public_id
from service.errors import ConflictError, InvalidInputError, MentorReadyError, NotAllowedError, NotFoundError
from service.forums.file_store import StoreDownError
from service.i18n import choose_language
from service.web.access import SignedOutError
from service.web.problems import is_for_api, tell_problem

log = logging.getLogger(__name__)

STATUS = {
    SignedOutError: 401,
    KeyRefusedError: 401,
    RateExceededError: 429,
    NotAllowedError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    InvalidInputError: 422,
    StoreDownError: 503,
}


def init_errors(app: Flask) -> None:
    """Show a page for every error of ours, of the routing and of the machine."""
    app.register_error_handler(MentorReadyError, _show_own_error)
    app.register_error_handler(HTTPException, _show_http_error)


def status_of(error: MentorReadyError) -> int:
    """Return the HTTP status of an error's family; 500 for one that no user can cause."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def _show_own_error(error: MentorReadyError) -> tuple[str, int] | Response:
    if is_for_api():
        wait = {"Retry-After": str(error.details["retry_after"])} if "retry_after" in error.details else {}
        errors = cast("list[dict[str, str]]", error.details.get("errors", []))
        return tell_problem(error.code, status_of(error), headers=wait, errors=errors)
    return show_error(error.code, status_of(error))


def _show_http_error(error: HTTPException) -> tuple[str, int] | Response:
    if isinstance(error, InternalServerError):
        log.error("Unexpected error at %s", request.endpoint, exc_info=error.original_exception)
    if is_for_api():
        allowed = {name: value for name, value in error.get_headers() if name == "Allow"}
        return tell_problem(f"http.{error.code}", cast(int, error.code), headers=allowed)
    return show_error(f"http.{error.code}", cast(int, error.code))


def show_error(code: str, status: int) -> tuple[str, int]:
    """Return the page for an error `code`, in the language of whoever asks."""
    support_id = new_public_id()
    log.warning("%s answered %s (%s), support id %s", request.endpoint, status, code, support_id)
    if "lang" not in g:
        accepted = request.headers.get("Accept-Language", "")
        g.lang = choose_language(session.get("language", ""), "", accepted)
    return render_template("error.html", code=code, status=status, support_id=support_id), status
