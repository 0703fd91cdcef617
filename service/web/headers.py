"""The headers that go with every page: what it may load, and who may frame it."""

from flask import Flask, Response, g, session

CONTENT_POLICY = "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'"


def init_headers(app: Flask) -> None:
    """Add the headers to every answer of `app`."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    # A view that answers a content request lets its one form go to the LMS; form-action is the last directive.
    policy = f"{CONTENT_POLICY} {g.form_target}" if "form_target" in g else CONTENT_POLICY
    # Only a signed-in page has something to protect from a foreign frame; an error page must show wherever it lands.
    if "frame" in session:
        policy += f"; frame-ancestors 'self' {session['frame']}"
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers["X-Content-Type-Options"] = "nosniff"
    # Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
