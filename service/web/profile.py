"""What learners tell of themselves for being matched, and the same for staff to read."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service import standing
from service.db import utc_now
from service.errors import ConflictError, InvalidInputError
from service.people.known import Member
from service.people.models import LEARNING_ROLES, STAFF_ROLES, Role
from service.people.operations import get_member
from service.profiles.operations import find_profile, told_in
from service.profiles.rules import LANGUAGES, LONGEST_FIELD, LONGEST_TEXT, SETTINGS, TIMES, Told
from service.typed_text import clean_line, clean_text
from service.web.access import catalogue, me, open_to
from service.web.formats import language_name
from service.web.readiness import words_if_ready

blueprint = Blueprint("profile", __name__, url_prefix="/course/<course_id>")


@blueprint.get("/profile")
@open_to(*LEARNING_ROLES)
def show_own() -> str:
    """Show the form with what the member has told."""
    return _form()


@blueprint.post("/profile")
@open_to(*LEARNING_ROLES)
def save() -> Response | tuple[str, int]:
    """Keep it, complete or not. Form: the names of `Told`, and `seen`, the revision that the page showed."""
    form, seen = request.form, request.form.get("seen", "")
    told = Told(
        languages=tuple(one for one in LANGUAGES if one in form.getlist("languages")),
        setting=form.get("setting", ""),
        times=tuple(one for one in TIMES if one in form.getlist("times")),
        field=clean_line(form.get("field", "")),
        matter=clean_text(form.get("matter", "")),
        wishes=clean_text(form.get("wishes", "")),
    )
    try:
        number = int(seen) if seen.isdecimal() and len(seen) < 9 else -1
        verdict = standing.save_profile(g.db, catalogue(), me(), told, seen=number, at=utc_now())
    except InvalidInputError as error:
        fields: Any = error.details.get("fields") or {}
        return _form(told, {name: fault_words(name, code) for name, code in fields.items()}), 422
    except ConflictError:
        changed = gettext("Your profile was changed in another window meanwhile. What you wrote here is not saved yet.")
        return _form(told, {"matter": changed}), 409
    flash(words_if_ready(verdict) or gettext("The profile is saved."))
    return redirect(url_for("readiness.show_own", course_id=me().course.public_id), 303)


@blueprint.get("/people/<member_id>/profile")
@open_to(*STAFF_ROLES)
def show_of(member_id: str) -> str:
    """Show staff what a person has told."""
    member = get_member(g.db, me().course_id, member_id)
    profile = find_profile(g.db, member)
    told = told_in(profile) if profile else Told()
    words = [(name_of(name, member), say(told, name)) for name in Told.__dataclass_fields__]
    return render_template("profile_read.html", member=member, profile=profile, words=words)


def _form(told: Told | None = None, errors: dict[str, str] | None = None) -> str:
    profile = find_profile(g.db, me())
    return render_template(
        "profile.html",
        told=told or (told_in(profile) if profile else Told()),
        seen=profile.revision if profile else 0,
        errors=errors or {},
        names={name: name_of(name, me()) for name in Told.__dataclass_fields__},
        languages=[(one, language_name(one)) for one in LANGUAGES],
        settings=[(one, _choices()[one]) for one in SETTINGS],
        times=[(one, _choices()[one]) for one in TIMES],
    )


def name_of(name: str, member: Member) -> str:
    """Return what a part of the profile of a member is called."""
    is_mentee = member.role is Role.MENTEE
    return {
        "languages": gettext("Languages for our talks"),
        "setting": gettext("How to meet"),
        "times": gettext("When there is time"),
        "field": gettext("Field that interests me") if is_mentee else gettext("Field of work"),
        "matter": gettext("What I need mentoring for") if is_mentee else gettext("Experience, and what I can offer"),
        "wishes": gettext("Wishes about the mentor") if is_mentee else gettext("Wishes about the mentee"),
    }[name]


def say(told: Told, name: str) -> str:
    """Return in words what is told; "" for nothing."""
    value = getattr(told, name)
    if name == "languages":
        return ", ".join(map(language_name, value))
    return ", ".join(_choices()[one] for one in value) if name == "times" else _choices().get(value, value)


def _choices() -> dict[str, str]:
    return {
        "in_person": gettext("In person"),
        "online": gettext("Online"),
        "both": gettext("Both are fine"),
        "mornings": gettext("Weekday mornings"),
        "afternoons": gettext("Weekday afternoons"),
        "evenings": gettext("Weekday evenings"),
        "weekends": gettext("Weekends"),
    }


def fault_words(name: str, code: str) -> str:
    """Return what is wrong with a part of the form."""
    if code == "profile.too_long":
        most = LONGEST_FIELD if name == "field" else LONGEST_TEXT
        return gettext("This is too long. Shorten it to %(most)s characters.", most=most)
    return gettext("This cannot be taken.")
