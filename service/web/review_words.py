"""Words for reviews: what was decided, how long it usually takes, why a form came back."""

from datetime import datetime, timedelta

from flask_babel import gettext, ngettext

from service.errors import ConflictError
from service.reviews.models import Decision


def decision_words(decision: Decision) -> str:
    """Return what a reviewer did."""
    return {
        Decision.ACCEPT: gettext("Accepted"),
        Decision.RETURN: gettext("Returned for another try"),
        Decision.REOPEN: gettext("Taken back"),
    }[decision]


def usual_wait_words(wait: timedelta | None) -> str:
    """Return how long a decision usually takes, in days; "" where nothing can be said."""
    if wait is None:
        return ""
    if wait <= timedelta(days=1):
        return gettext("Usually there is an answer within a day.")
    days = round(wait / timedelta(days=1))
    return ngettext(
        "Usually there is an answer after %(num)d day.", "Usually there is an answer after %(num)d days.", days
    )


def waiting_words(since: datetime, at: datetime) -> str:
    """Return how long something has waited."""
    days = (at - since).days
    return ngettext("%(num)d day", "%(num)d days", days) if days else gettext("since today")


def field_fault_words(code: str) -> str:
    """Return what to do about a field that could not be taken."""
    return {
        "review.remark_missing": gettext("Write what should change: the learner reads it."),
        "review.too_long": gettext("Shorten this; all of it is still here."),
        "review.nothing_said": gettext("Write a remark, or say how far the points are met."),
    }.get(code, gettext("This could not be read. Choose again."))


def conflict_words(error: ConflictError) -> str:
    """Return why a decision was not taken, and what to do."""
    return {
        "review.decided_meanwhile": gettext(
            "Someone else has decided meanwhile. What you wrote is still here: "
            "read the decision, then change it or leave it."
        ),
        "review.replaced": gettext("A newer answer has come meanwhile. Nothing was decided; open the newer one."),
        "review.claimed": gettext(
            "Someone else has just begun with this answer. Take another one, or come back later."
        ),
        "review.nothing_to_undo": gettext("There is nothing to take back: nobody has decided."),
    }.get(error.code, gettext("Things have changed meanwhile. Look once more."))
