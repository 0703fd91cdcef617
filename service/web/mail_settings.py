"""How often and when a member wants mail, which forums they follow; for staff, to whom no mail gets through."""

from collections.abc import Mapping
from typing import Any, cast

from babel.dates import get_day_names
from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response

from service.config import Settings
from service.db import utc_now
from service.errors import InvalidInputError
from service.events.rules import ZONES
from service.forums.access import OpenForum, list_open
from service.forums.rules import Purpose
from service.notices.choices import Wish, default_wish, find_choice, forget_refusal, list_refused, set_wish
from service.notices.following import follow_forum, list_followed
from service.notices.models import MailChoice
from service.notices.rules import Cadence, can_be_mailed
from service.people.models import STAFF_ROLES
from service.web.access import me, open_to
from service.web.event_forms import fault_links
from service.web.event_words import zone_name
from service.web.forum_pages import list_relation_rings, reader
from service.web.forum_words import forum_title

blueprint = Blueprint("mail_settings", __name__, url_prefix="/course/<course_id>/notices/mail")

FOLLOW = "follow."


class MailForm(Schema):
    """What the form sends, beside `follow.<key of a forum>`."""

    class Meta:
        unknown = EXCLUDE

    cadence = fields.Enum(Cadence, by_value=True, required=True)
    hour = fields.Integer(required=True, validate=validate.Range(0, 23))
    weekday = fields.Integer(required=True, validate=validate.Range(0, 6))
    zone = fields.String(required=True, validate=validate.OneOf(ZONES))


@blueprint.get("/")
@open_to()
def show() -> str:
    """Show how often and when mail comes, and what is followed."""
    choice = find_choice(g.db, me().person)
    wish = Wish(choice.cadence, choice.hour, choice.weekday, choice.zone) if choice else default_wish(me().person)
    return _page({name: str(value) for name, value in vars(wish).items()}, choice)


@blueprint.post("/")
@open_to()
def save() -> Response | tuple[str, int]:
    """Keep how often and when mail comes, and what is followed. Form: see MailForm."""
    at = utc_now()
    if _server() is not None:
        try:
            set_wish(g.db, me().person, Wish(**MailForm().load(request.form.to_dict())), at=at)
        except (ValidationError, InvalidInputError) as error:
            names = error.messages_dict if isinstance(error, ValidationError) else {"cadence"}
            wrong = {name: gettext("Choose one of these.") for name in names}
            return _page(request.form, find_choice(g.db, me().person), wrong), 422
    forums, followed = _forums()
    for forum in forums:
        is_wanted = bool(request.form.get(FOLLOW + forum.plan.key))
        if is_wanted != bool(forum.row and forum.row.id in followed):
            follow_forum(g.db, forum, is_followed=is_wanted, at=at)
    flash(gettext("The settings are saved."))
    return redirect(url_for(".show", course_id=me().course.public_id), 303)


@blueprint.post("/again")
@open_to()
def again() -> Response:
    """Let mail be tried again at the own address, which took none."""
    forget_refusal(g.db, me().person)
    flash(gettext("The next mail is sent to this address again."))
    return redirect(url_for(".show", course_id=me().course.public_id), 303)


def _page(values: Mapping[str, Any], choice: MailChoice | None, wrong: Mapping[str, str] | None = None) -> str:
    address = me().person.email
    forums, followed = _forums()
    is_sent_back = wrong is not None
    return render_template(
        "mail_settings.html",
        here=url_for(".show", course_id=me().course.public_id),
        sends=_server() is not None,
        address=address if can_be_mailed(address) else "",
        refusal=choice if choice and choice.refused_at and choice.refused_address == address else None,
        is_staff=me().role in STAFF_ROLES,
        is_stopped=bool(choice and choice.stopped_at),
        values=values,
        wrong=wrong or {},
        faults=fault_links(wrong or {}),
        hours=[(str(hour), f"{hour:02}:00") for hour in range(24)],
        days=[(str(day), name) for day, name in get_day_names("wide", locale=get_locale()).items()],
        zones=[(zone, zone_name(zone)) for zone in ZONES],
        forums=[
            (
                FOLLOW + one.plan.key,
                forum_title(one.plan.key),
                bool(values.get(FOLLOW + one.plan.key)) if is_sent_back else bool(one.row and one.row.id in followed),
            )
            for one in forums
        ],
        refused=list_refused(g.db, me().course_id) if me().role in STAFF_ROLES else [],
    )


def _forums() -> tuple[list[OpenForum], set[int]]:
    """Return the forums that are open to the member, and which of them (ids) they follow."""
    has_relation = bool(list_relation_rings())
    forums = [one for one in list_open(g.db, reader()) if has_relation or one.plan.purpose is not Purpose.RELATION]
    return forums, list_followed(g.db, me().person_id, [one.row.id for one in forums if one.row])


def _server() -> object:
    return cast(Settings, current_app.extensions["settings"]).mail
