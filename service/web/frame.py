"""The frame of every page: menu, languages, new window, help. Kept parts, filled for whoever asks (kept.py)."""

from flask import Flask, g, request, url_for
from flask_babel import gettext
from markupsafe import Markup

from service.notices.operations import count_unread
from service.people.known import AnyCourse, Member
from service.people.models import STAFF_ROLES, Role
from service.reviews.queue import count_waiting
from service.web.access import as_person, catalogue
from service.web.formats import number
from service.web.kept import gap, kept, render_part
from service.web.windows import make_pass

OF_LEARNERS = ("courses.home", "readiness.show_own", "events.list_events", "forums.show_all", "notices.show")
OF_STAFF = (
    "courses.home",
    "people.list_people",
    "pairing.show",
    "events.list_events",
    "reviews.show",
    "grades.show",
    "forums.show_all",
    "notices.show",
)
WITHOUT_COUNT = frozenset({"modules", "exercises"})


def init_frame(app: Flask) -> None:
    """Let the templates of `app` show the frame."""
    app.jinja_env.globals.update(
        language_form=language_form,
        page_help=page_help,
        saving_words=saving_words,
        scripts=scripts,
        sheets=sheets,
        window_form=window_form,
    )


def sheets(*names: str) -> Markup:
    """Return the links to our style sheets of these names."""
    return _sheets(names).fill({})


def scripts(*names: str) -> Markup:
    """Return the elements that load our module scripts of these names."""
    return _scripts(names).fill({})


def menu(member: Member) -> Markup:
    """Return the menu of a member."""
    present = request.endpoint if request.endpoint in _places(member.role) else ""
    unread, waiting = _unread(member), _waiting(member)
    filled = {"course": member.course.public_id, "notices": unread, "reviews": waiting}
    return _menu(member.role, present, bool(unread), bool(waiting)).fill(filled)


def language_form(here: str) -> Markup:
    """Return the switch between languages; `here` is the path of the page."""
    return _language_form().fill({"here": here, "person": as_person()})


def window_form(here: str) -> Markup:
    """Return the way to the page in a window of its own."""
    pass_ = make_pass()
    return _window_form(bool(pass_)).fill({"here": here, "pass": pass_})


def page_help(course: AnyCourse | None, member: Member | None) -> Markup:
    """Return whom to ask, the way back to the course, and who sees what."""
    return_url = course.return_url if course else ""
    reader = ("staff" if member.role in STAFF_ROLES else "learner") if member else ""
    return _page_help(bool(return_url), reader).fill({"return_url": return_url})


def saving_words(course: AnyCourse) -> Markup:
    """Return what a page says of its forms that are drafts."""
    return _saving_words(bool(course.return_url)).fill({"return_url": course.return_url})


def _places(role: Role) -> tuple[str, ...]:
    """Return where the menu of a role leads."""
    if role is Role.ADMINISTRATOR:
        return (*OF_STAFF, "platforms.show")
    return OF_STAFF if role in STAFF_ROLES else OF_LEARNERS


@kept
def _sheets(names: tuple[str, ...]) -> str:
    link = Markup('<link rel="stylesheet" href="{}">')
    return "\n".join(link.format(url_for("static", filename=f"{name}.css")) for name in names)


@kept
def _scripts(names: tuple[str, ...]) -> str:
    element = Markup('<script type="module" src="{}"></script>')
    return "\n".join(element.format(url_for("static", filename=f"{name}.js")) for name in names)


@kept
def _menu(role: Role, present: str, has_unread: bool, has_waiting: bool) -> str:
    labels = {
        "courses.home": gettext("Home"),
        "people.list_people": gettext("People"),
        "pairing.show": gettext("Pairing"),
        "readiness.show_own": gettext("My readiness"),
        "events.list_events": gettext("Meetings"),
        "reviews.show": gap("reviews") if has_waiting else gettext("Reviews"),
        "grades.show": gettext("Grades"),
        "forums.show_all": gettext("Forums"),
        "notices.show": gap("notices") if has_unread else gettext("Notices"),
        "platforms.show": gettext("Connection"),
    }
    course = g.me.course.public_id
    entries = [(labels[place], url_for(place, course_id=course), place == present) for place in _places(role)]
    return render_part("frame/menu.html", entries=entries)


@kept
def _language_form() -> str:
    return render_part("frame/languages.html", lang=g.lang, gap=gap)


@kept
def _window_form(is_signed_in: bool) -> str:
    return render_part("frame/new_window.html", is_signed_in=is_signed_in, gap=gap)


@kept
def _saving_words(has_way_back: bool) -> str:
    return render_part("exercises/saving.html", has_way_back=has_way_back, gap=gap)


@kept
def _page_help(has_way_back: bool, reader: str) -> str:
    return render_part("frame/help.html", has_way_back=has_way_back, reader=reader, gap=gap)


def _unread(member: Member) -> str:
    """Return the label of an inbox with unread notices: not where one learns, where nothing else is to count."""
    count = count_unread(g.db, member) if "db" in g and request.blueprint not in WITHOUT_COUNT else 0
    return gettext("Notices (%(count)s)", count=number(count)) if count else ""


def _waiting(member: Member) -> str:
    """Return the label of a queue of reviews in which some wait, where a transaction is open to count them."""
    count = count_waiting(g.db, catalogue(), member) if "db" in g and member.role in STAFF_ROLES else 0
    return gettext("Reviews (%(count)s)", count=number(count)) if count else ""
