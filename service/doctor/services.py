"""Tries the services of an LMS: which rights it grants, its roster, a column that is made and deleted again."""

import secrets
from collections.abc import Callable, Generator, Iterator, Sequence

from lti.errors import ServiceError, TokenRefusedError
from lti.line_items import LINE_ITEM_READ_SCOPE, LINE_ITEM_SCOPE, create_line_item, delete_line_item
from lti.registration import SCOPES
from lti.roster import ROSTER_SCOPE, ReadingStoppedError, read_roster
from lti.scores import RESULT_SCOPE, SCORE_SCOPE
from lti.service_client import ServiceClient
from service.doctor.findings import Finding, fault, in_order, not_tried, warning
from service.i18n import translatable as _
from service.people.models import Course

TOKEN, RIGHTS = _("Access token"), _("Rights")
ROSTER, COLUMN = _("Members of the course"), _("Gradebook column")
COSTS = {
    SCORE_SCOPE: _("Scores may not be sent: nothing reaches the gradebook."),
    RESULT_SCOPE: _("Results may not be read: nobody sees whether a score arrived, or what a teacher changed."),
    LINE_ITEM_SCOPE: _("Columns may not be made: readiness has none in the gradebook."),
    LINE_ITEM_READ_SCOPE: _("Columns may not be listed: one that is there already is not found."),
    ROSTER_SCOPE: _("Members may not be read: who has not come yet stays unknown."),
}
"""What each right that is not granted costs."""

FetchToken = Callable[[Sequence[str]], object]


def try_rights(fetch_token: FetchToken) -> Generator[Finding, None, set[str] | None]:
    """Give findings on the token and on the rights, and return the scopes that are granted; None without a token."""
    try:
        granted = _granted(fetch_token)
    except TokenRefusedError as error:
        yield fault(
            TOKEN,
            _("The learning platform gives no token: %(reason)s"),
            _("See that the client id is right, that it can reach our keys, and that it knows this tool as active."),
            reason=error.error,
        )
        return None
    except ServiceError as error:
        yield fault(TOKEN, _("The token address could not be used: %(reason)s"), reason=str(error))
        return None
    yield in_order(TOKEN, _("The learning platform gave a token."))
    yield from _rights(granted)
    return granted


def _granted(fetch_token: FetchToken) -> set[str]:
    """Return which scopes are granted: all at once, or else each by itself. Raises ServiceError if none is."""
    try:
        fetch_token(SCOPES)
    except TokenRefusedError as error:
        if "scope" not in error.error:
            raise
        refusal = error
    else:
        return set(SCOPES)
    granted = set()
    for scope in SCOPES:
        try:
            fetch_token((scope,))
            granted.add(scope)
        except TokenRefusedError as error:
            refusal = error
    if not granted:
        raise refusal
    return granted


def _rights(granted: set[str]) -> Iterator[Finding]:
    missing = [scope for scope in SCOPES if scope not in granted]
    for scope in missing:
        advice = _("In the settings of the tool in the learning platform, allow: %(scope)s")
        make = fault if scope == SCORE_SCOPE else warning
        yield make(RIGHTS, COSTS[scope], advice, scope=scope)
    if not missing:
        yield in_order(RIGHTS, _("All rights that are used are granted."))


def try_roster(
    client: ServiceClient, course: Course | None, granted: set[str], *, may_go_on: Callable[[], bool]
) -> Finding:
    """Read the roster of a course, keep nothing of it, and return how many are in it."""
    if ROSTER_SCOPE not in granted:
        return not_tried(ROSTER, _("The right is not granted."))
    if course is None or not course.memberships_url:
        return not_tried(ROSTER, _("No course is known yet that says where its list of members is: launch one first."))
    try:
        roster = read_roster(client, course.memberships_url, may_go_on=may_go_on)
    except ReadingStoppedError:
        return warning(ROSTER, _("The list is long or slow: its reading was stopped. The jobs have more time."))
    except ServiceError as error:
        return fault(ROSTER, _("The list could not be read: %(reason)s"), reason=str(error))
    nameless = sum(not member.full_name for member in roster.members)
    count = len(roster.members)
    if not roster.is_whole:
        return warning(ROSTER, _("The list has no end, or goes in a circle. Members read: %(count)s."), count=count)
    return in_order(ROSTER, _("Members read: %(count)s. Without a name: %(nameless)s."), count=count, nameless=nameless)


def try_column(client: ServiceClient, course: Course | None, granted: set[str]) -> Finding:
    """Make a column in the gradebook of a course, and delete it again."""
    if LINE_ITEM_SCOPE not in granted:
        return not_tried(COLUMN, _("The right is not granted."))
    if course is None or not course.line_items_url:
        return not_tried(COLUMN, _("The course has not said where its columns are."))
    mark = f"test:{secrets.token_hex(8)}"
    try:
        made = create_line_item(
            client, course.line_items_url, label="MentorReady test", score_maximum=1, resource_id=mark, tag="test"
        )
    except ServiceError as error:
        return fault(COLUMN, _("No column could be made: %(reason)s"), reason=str(error))
    try:
        delete_line_item(client, made.url)
    except ServiceError as error:
        advice = _("Delete the column “MentorReady test” by hand.")
        sentence = _("A column was made but could not be deleted: %(reason)s")
        return fault(COLUMN, sentence, advice, reason=str(error))
    return in_order(COLUMN, _("A column was made and deleted again."))
