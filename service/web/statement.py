"""The accessibility statement, for whoever uses the pages; docs/ACCESSIBILITY.md is the whole report."""

from flask import Blueprint, render_template

from service.web.access import public, without_database

blueprint = Blueprint("statement", __name__)


@blueprint.get("/accessibility")
@public
@without_database
def show() -> str:
    """Say what the pages aim at, what was tried and what was not, and whom to tell of a barrier."""
    return render_template("accessibility.html")
