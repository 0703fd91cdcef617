"""Stops the mails to someone without a sign-in: by a link in each mail, or a button of the mail program (RFC 8058)."""

from typing import cast

from flask import Blueprint, current_app, g, render_template

from service.config import Settings
from service.db import utc_now
from service.errors import NotFoundError
from service.notices.choices import stop_mail
from service.notices.render import read_stop_token
from service.web.access import public, without_database

blueprint = Blueprint("unsubscribe", __name__, url_prefix="/mail/stop")


@blueprint.get("/<token>")
@public
@without_database
def ask(token: str) -> str:
    """Ask whether the mails are to stop. Nothing changes: programs open links to look at them."""
    _person(token)
    return render_template("mail_stop.html", token=token, is_done=False)


@blueprint.post("/<token>")
@public
def stop(token: str) -> str:
    """Stop the mails, again and again if asked so. The token is the proof; no page of ours need have sent this."""
    stop_mail(g.db, _person(token), at=utc_now())
    return render_template("mail_stop.html", token=token, is_done=True)


def _person(token: str) -> str:
    person = read_stop_token(cast(Settings, current_app.extensions["settings"]), token)
    if person is None:
        raise NotFoundError("mail.token", "The link is not one of ours, or not whole.")
    return person
