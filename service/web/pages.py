"""What every page needs: the language, who is there, the frame."""

from collections import ChainMap
from collections.abc import Callable, MutableMapping
from functools import lru_cache, partial
from typing import Any

from flask import Flask, g, request, session, url_for
from flask.templating import Environment

from service.i18n import choose_language, direction
from service.people.models import Membership
from service.web.access import as_person
from service.web.frame import init_frame, menu


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
    app.jinja_env.globals["url_for"] = partial(_address, lru_cache(maxsize=500)(partial(_file_address, app)))


def _address(file_address: Callable[[str, str], str], endpoint: str, **values: Any) -> str:
    """Return an address for a template; those of our own files, a dozen on each page, are made once."""
    if endpoint == "static" and values.keys() == {"filename"}:
        return file_address(request.script_root, values["filename"])
    return url_for(endpoint, **values)


def _file_address(app: Flask, _script_root: str, filename: str) -> str:
    return app.url_for("static", filename=filename)


def _choose_language() -> None:
    g.lang = choose_language(session.get("language", ""), "", request.headers.get("Accept-Language", ""))


def _context() -> dict[str, Any]:
    me: Membership | None = g.get("me")
    return {
        "lang": g.lang,
        "dir": direction(g.lang),
        "me": me,
        "course": me.course if me else None,
        "nav": menu(me) if me else "",
    }
