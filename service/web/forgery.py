"""Refuses writes that another site's page sent in a signed-in browser (CSRF).

Browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`); that cannot be forged by a page, needs no token
in each form, and works in a frame. The two LTI addresses are posted to by the LMS and have their own proof, the state;
what a launch says to have read in the LMS's storage is believed only if one of our pages posted it. The API knows no
cookie: its proof is a key that no browser sends by itself. The link that stops mails is its own proof: it is signed.
"""

from urllib.parse import urlsplit

from flask import Flask, current_app, request

from service.errors import NotAllowedError
from service.web.problems import is_for_api

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
WITH_OWN_PROOF = frozenset({"lti", "unsubscribe"})


def init_forgery_check(app: Flask) -> None:
    """Check every write of `app` before its view runs."""
    app.before_request(_check)


def _check() -> None:
    if request.method in SAFE_METHODS or request.blueprint in WITH_OWN_PROOF or is_for_api():
        return
    if not came_from_us():
        origin = request.headers.get("Origin", "an unknown page")
        raise NotAllowedError("request.foreign", f"A write from {origin} was refused.")


def came_from_us() -> bool:
    """Say whether a page of ours sent the request."""
    site = request.headers.get("Sec-Fetch-Site")
    own = urlsplit(current_app.extensions["settings"].base_url)
    return site == "same-origin" or (site is None and request.headers.get("Origin") == f"{own.scheme}://{own.netloc}")
