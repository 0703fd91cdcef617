"""Who may open a view: every route says its audience in its header, and a test holds it to that."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import current_app, g, request, session

from service.db import transaction
from service.errors import ConflictError, MentorReadyError, NotAllowedError, NotFoundError
from service.i18n import choose_language
from service.modules.content import Catalogue
from service.people.known import Member, find_known_member
from service.people.models import Role
from service.people.operations import find_membership

View = TypeVar("View", bound=Callable[..., Any])


class SignedOutError(MentorReadyError):
    """Nobody is signed in, or no longer: the way back is the course in the LMS, never a login form (UX U6)."""


def open_to(*roles: Role) -> Callable[[View], View]:
    """Open a view below `/course/<course_id>/` to members of that course in these roles (any role if none is named).

    The view finds the membership in `g.me`. Raises SignedOutError without a session or a membership there,
    ConflictError for a form that was made for someone else, and NotAllowedError for another role.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(course_id: str, **arguments: Any) -> Any:
            if not all(str(value).isprintable() for value in (course_id, *arguments.values())):
                raise NotFoundError(
                    "address.malformed", "No id of ours looks so; PostgreSQL could not even compare it."
                )
            refuse_other_person()
            me = _find_me(course_id)
            if me is None:
                code = "session.elsewhere" if session.get("person") else "session.none"
                raise SignedOutError(code, "No session for this course.")
            g.me = me
            g.lang = choose_language(me.person.chosen_language, me.person.launch_language, "")
            if roles and me.role not in roles:
                raise NotAllowedError("role.not_enough", f"Not open to {me.role}.")
            return view(**arguments)

        guarded.__dict__["audience"] = roles or tuple(Role)
        return cast(View, guarded)

    return decorate


def refuse_other_person(*, may_be_nobody: bool = False) -> None:
    """Refuse a form of a page that was made for someone else who used this browser (CONFORMANCE P10).

    Every form says for whom it was made (`as`, see macros/forms.html). `may_be_nobody` lets the forms of pages pass
    that are made for nobody. Raises ConflictError.
    """
    if request.method in {"GET", "HEAD"} or "person" not in session:
        return
    made_for = request.form.get("as", "")
    if made_for != session["person"] and not (may_be_nobody and not made_for):
        raise ConflictError("session.other_person", "The page was made for someone else who used this browser.")


def as_person() -> str:
    """Return for whom the page is made: what `refuse_other_person` wants to hear from its forms; "" for nobody."""
    member = g.get("me")
    return cast(str, member.person.public_id) if member else ""


def _find_me(course_id: str) -> Member | None:
    """Return who asks: in the view's transaction, or in a short one for a view that has none.

    An object only where the view may write; all that others do with it is to read.
    """
    person = session.get("person", "")
    if "db" in g:
        find = find_known_member if g.reads_only else find_membership
        return find(g.db, person, course_id)
    with transaction(current_app.extensions["sessions"], reads_only=True) as db:
        return find_known_member(db, person, course_id)


def public(view: View) -> View:
    """Open a view to everyone, signed in or not."""
    view.__dict__["audience"] = "public"
    return view


def without_database(view: View) -> View:
    """Say that a view needs no transaction."""
    view.__dict__["needs_database"] = False
    return view


def writes(view: View) -> View:
    """Say that a view writes although it is asked by GET (as few do)."""
    view.__dict__["reads_only"] = False
    return view


def me() -> Member:
    """Return the membership that `open_to` found."""
    return cast(Member, g.me)


def catalogue() -> Catalogue:
    """Return the content that this process has loaded."""
    return cast(Catalogue, current_app.extensions["catalogue"])


def own_address() -> str:
    """Return the address of this installation, without a slash at the end."""
    return cast(str, current_app.extensions["settings"].base_url)


def sent_bytes(name: str) -> bytes:
    """Return the file that a form sent under this name, empty if there is none."""
    sent = request.files.get(name)
    return sent.read() if sent else b""


def own_path(path: str) -> str:
    """Return `path` if it leads to a page of ours, else the front page."""
    # `//host` and `/\host` are other sites to a browser.
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_own else "/"
