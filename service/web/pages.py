"""What every page needs: the language, who is there, the frame."""

from collections import ChainMap
from collections.abc import Callable, MutableMapping
from functools import lru_cache, partial
from typing import Any

from flask import Flask, g, request, session, url_for
from flask.templating import Environment

from service.i18n import choose_language, direction
from service.people.known import Member
from service.web.access import as_person
from service.web.frame import init_frame, menu

MOST_ADDRESSES = 5000
"""That are kept in each process; one has about a hundred bytes."""
KEPT_VALUES = ("_id", "_key", "filename")
"""How the names of values end with which an address is kept."""


class Templates(Environment):
    """Flask's templates, without a map of globals for each template: every import of a macro went through it anew."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template: ours for all, unless it has some of its own."""
        return ChainMap(d, self.globals) if d else self.globals


def init_pages(app: Flask) -> None:
    """Give the templates of `app` their context, and each request its language before a view refines it."""
    app.before_request(_choose_language)
    app.context_processor(_context)
    app.jinja_env.globals["as_person"] = as_person
    init_frame(app)
    app.jinja_env.globals["url_for"] = partial(_address, lru_cache(maxsize=MOST_ADDRESSES, typed=True)(_make_address))


def _address(make: Callable[..., str], endpoint: str, **values: Any) -> str:
    """Return an address for a template: those of our files and of a course come back on every page, and are kept.

    Not one that is told from where it stands (`.show`), nor one with anything beside ids and keys: what somebody looks
    for, or a host.
    """
    if endpoint.startswith(".") or not all(name.endswith(KEPT_VALUES) for name in values):
        return url_for(endpoint, **values)
    return make(request.script_root, endpoint, **values)


def _make_address(_script_root: str, endpoint: str, /, **values: Any) -> str:
    return url_for(endpoint, **values)


def _choose_language() -> None:
    g.lang = choose_language(session.get("language", ""), "", request.headers.get("Accept-Language", ""))


def _context() -> dict[str, Any]:
    me: Member | None = g.get("me")
    return {
        "lang": g.lang,
        "dir": direction(g.lang),
        "me": me,
        "course": me.course if me else None,
        "nav": menu(me) if me else "",
    }
