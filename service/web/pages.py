"""What every page needs: the language, who is there, the menu."""

from collections import ChainMap
from collections.abc import Callable, MutableMapping
from functools import lru_cache, partial
from typing import Any

from flask import Flask, g, request, session, url_for
from flask.templating import Environment
from flask_babel import gettext

from service.i18n import choose_language, direction
from service.notices.operations import count_unread
from service.people.models import STAFF_ROLES, Membership, Role
from service.reviews.queue import count_waiting
from service.web.access import as_person, catalogue
from service.web.formats import number

WITHOUT_COUNT = frozenset({"modules", "exercises"})
Menu = list[tuple[str, str, bool]]


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
        "nav": _menu(me) if me else [],
    }


def _menu(me: Membership) -> Menu:
    """Return the menu of a role: label, address, and whether it is the present page."""
    entries = [(gettext("Home"), "courses.home")]
    if me.role in STAFF_ROLES:
        entries += [(gettext("People"), "people.list_people"), (gettext("Pairing"), "pairing.show")]
        entries += [(gettext("Meetings"), "events.list_events"), (_reviews_label(me), "reviews.show")]
        entries += [(gettext("Grades"), "grades.show")]
    else:
        entries += [(gettext("My readiness"), "readiness.show_own"), (gettext("Meetings"), "events.list_events")]
    entries += [(gettext("Forums"), "forums.show_all"), (_notices_label(me), "notices.show")]
    if me.role is Role.ADMINISTRATOR:
        entries += [(gettext("Connection"), "platforms.show")]
    return [
        (label, url_for(endpoint, course_id=me.course.public_id), request.endpoint == endpoint)
        for label, endpoint in entries
    ]


def _notices_label(me: Membership) -> str:
    """Return the label of the inbox, with how many are unread: not where one learns, where nothing else is to count."""
    count = count_unread(g.db, me) if "db" in g and request.blueprint not in WITHOUT_COUNT else 0
    return gettext("Notices (%(count)s)", count=number(count)) if count else gettext("Notices")


def _reviews_label(me: Membership) -> str:
    """Return the label of the queue of reviews, with how many wait where a transaction is open to count them."""
    count = count_waiting(g.db, catalogue(), me) if "db" in g else 0
    return gettext("Reviews (%(count)s)", count=number(count)) if count else gettext("Reviews")
