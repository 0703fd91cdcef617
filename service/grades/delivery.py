"""Delivers one score: finds or makes its column, posts, and looks at what the gradebook shows then. Opens no
transaction while it speaks to the LMS.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from lti.answers import AnswerError
from lti.errors import AddressRefusedError, ServiceError, ServiceUnreachableError, TokenRefusedError
from lti.line_items import LineItemInfo, create_line_item, find_line_items, read_line_item, update_line_item
from lti.scores import PostKind, PostOutcome, post_score, read_result
from lti.service_client import ServiceClient
from service.db import transaction
from service.grades import rules
from service.grades.columns import Column, claim_column, note_told_label, settle_column
from service.grades.outbox import Claim, Report
from service.grades.rules import Failure, Seen
from service.patience import Trouble

log = logging.getLogger(__name__)

TAG = "mentorready"
"""Goes with the columns that we make, so that whoever reads the list of columns sees whose they are."""


CLOSED = frozenset({403, 404, 410})
"""What a list of columns is answered with where the course, or our right to it, is gone."""


class DeliveryError(Exception):
    """A score could not be offered to the LMS. `retry_after` is in seconds."""

    def __init__(self, failure: Failure, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.failure = failure
        self.retry_after = retry_after


@dataclass(frozen=True)
class _Look:
    """What the gradebook showed; `value` on the scale of our column."""

    seen: Seen
    value: float | None = None


def deliver(
    sessions: sessionmaker[Session], client: ServiceClient, claim: Claim, clock: Callable[[], datetime]
) -> Report:
    """Send one score and return what became of it. Raises DeliveryError."""
    try:
        url = claim.column.url or _find_or_make_column(sessions, client, claim.column, clock)
        look = _look_before(client, claim, url)
        early = rules.state_before(
            look.seen, is_coupled=claim.column.is_coupled, is_repeat=claim.is_repeat, overrules=claim.overrules
        )
        if early is not None:
            return _report(early, look, "Nothing was sent: the gradebook was looked at first.")
        outcome = _post(client, claim, url, clock)
        if outcome.kind is PostKind.ITEM_GONE:
            _check_course(client, claim.column)
    except TokenRefusedError as error:
        is_off = "scope" in error.error
        raise DeliveryError(Failure.SERVICE_OFF if is_off else Failure.UNAUTHORIZED, str(error)) from error
    except AddressRefusedError as error:
        raise DeliveryError(Failure.ADDRESS_REFUSED, str(error)) from error
    except ServiceUnreachableError as error:
        raise DeliveryError(Failure.UNREACHABLE, str(error), retry_after=error.retry_after) from error
    look = _look_after(client, claim, url, outcome.kind)
    has_time = claim.leased_until - clock() >= rules.SPARE_LEASE
    if outcome.kind is PostKind.ACCEPTED and claim.column.may_rename and has_time:
        _rename(sessions, client, claim.column, url)
    verdict = rules.state_after(outcome.kind, look.seen, tries=claim.tries, is_repeat=claim.is_repeat)
    return _report(verdict, look, outcome.detail, outcome, payload_hash=claim.payload.digest)


def report_of(error: DeliveryError) -> Report:
    """Return what a failure makes of the row."""
    return Report(
        rules.AFTER_FAILURE[error.failure],
        str(error),
        retry_after=error.retry_after,
        trouble=rules.trouble_of(error.failure),
        closes_course=error.failure is Failure.COURSE_CLOSED,
    )


def _report(
    verdict: rules.Verdict, look: _Look, detail: str, outcome: PostOutcome | None = None, payload_hash: str = ""
) -> Report:
    return Report(
        verdict,
        detail,
        status=outcome.status if outcome else None,
        retry_after=outcome.retry_after if outcome else None,
        was_asked=look.seen not in {Seen.NOT_ASKED, Seen.UNREADABLE},
        shown=look.value,
        payload_hash=payload_hash,
        trouble=rules.trouble_of(outcome.kind) if outcome else Trouble.NONE,
    )


def _post(client: ServiceClient, claim: Claim, url: str, clock: Callable[[], datetime]) -> PostOutcome:
    if claim.was_accepted:
        return PostOutcome(PostKind.ACCEPTED, 200, "Accepted before, and looked at again.")
    if claim.leased_until - clock() < rules.SPARE_LEASE:
        raise DeliveryError(Failure.OUT_OF_TIME, "What came before the post took too long.")
    return post_score(client, url, claim.payload)


def _check_course(client: ServiceClient, column: Column) -> None:
    """Raise DeliveryError if it is not only the column that is gone, but the whole course that is closed (A18).

    Moodle says 404 for a course it knows no more; where the service was switched off, LMSs say 403 to everything.
    """
    if not column.line_items_url or not column.search_scopes:
        return
    try:
        find_line_items(client, column.line_items_url, column.subject, scopes=column.search_scopes)
    except AnswerError as error:
        if error.status in CLOSED:
            raise DeliveryError(Failure.COURSE_CLOSED, str(error)) from error
    except TokenRefusedError:
        return


def _look_before(client: ServiceClient, claim: Claim, url: str) -> _Look:
    """Look first where a post could do harm or is not needed any more: see `rules.state_before`."""
    has_reason = claim.is_repeat or (claim.sent_values and not claim.column.is_coupled)
    return _look(client, claim, url) if has_reason and not claim.was_accepted else _Look(Seen.NOT_ASKED)


def _look_after(client: ServiceClient, claim: Claim, url: str, kind: PostKind) -> _Look:
    if kind in rules.AFTER_POST or kind is PostKind.LOCKED:
        return _Look(Seen.NOT_ASKED)
    try:
        return _look(client, claim, url)
    except ServiceError:
        return _Look(Seen.UNREADABLE)


def _look(client: ServiceClient, claim: Claim, url: str) -> _Look:
    """Return what the gradebook shows. Raises ServiceUnreachableError or AddressRefusedError."""
    column = claim.column
    if not column.may_read_results:
        return _Look(Seen.NOT_ASKED)
    try:
        result = read_result(client, url, claim.user_id)
    except AnswerError as error:
        return _Look(Seen.UNREADABLE if is_passing(error.status) else Seen.NOT_ASKED)
    except TokenRefusedError:
        return _Look(Seen.NOT_ASKED)
    seen = rules.seen_as(result, claim.score_given, column.score_maximum, claim.sent_values)
    return _Look(seen, result.score / result.maximum * column.score_maximum if result else None)


def _find_or_make_column(
    sessions: sessionmaker[Session], client: ServiceClient, column: Column, clock: Callable[[], datetime]
) -> str:
    """Return the address of a course's own column, made if there is none; no two senders look for it at once."""
    with transaction(sessions) as session:
        url, is_free = claim_column(session, column.id, at=clock())
    if url:
        return url
    if not is_free:
        raise DeliveryError(Failure.COLUMN_BUSY, "The column is being looked for.")
    told_label = ""
    try:
        url, label = _search_or_create(client, column)
        told_label = label if label == column.label else ""
    finally:
        with transaction(sessions) as session:
            settle_column(session, column.id, url, told_label)
    return url


def _rename(sessions: sessionmaker[Session], client: ServiceClient, column: Column, url: str) -> None:
    """Give a column of ours the name that our content has by now, unless a teacher has given it another (A07).

    Comes after the score, and costs it nothing: where it fails, the next score tries again.
    """
    try:
        item = read_line_item(client, url)
        is_ours = item.label == column.told_label
        if is_ours:
            update_line_item(client, item, label=column.label)
    except ServiceError as error:
        log.warning("Column %s could not be renamed: %s", column.id, error)
        return
    with transaction(sessions) as session:
        note_told_label(session, column.id, column.label if is_ours else "")


def _search_or_create(client: ServiceClient, column: Column) -> tuple[str, str]:
    """Return address and label of the column."""
    if not column.may_make:
        raise DeliveryError(Failure.COLUMN_REFUSED, "The LMS does not let us make columns in this course any more.")
    try:
        found = _search(client, column)
        if found:
            return found.url, found.label
        made = create_line_item(
            client,
            column.line_items_url,
            label=column.label,
            score_maximum=column.score_maximum,
            resource_id=column.subject,
            tag=TAG,
        )
    except AnswerError as error:
        if is_passing(error.status):
            raise DeliveryError(Failure.UNREACHABLE, str(error)) from error
        raise DeliveryError(Failure.COLUMN_REFUSED, str(error)) from error
    except TokenRefusedError as error:
        if "scope" not in error.error:
            raise
        # The launch promised more than the token endpoint gives: no reason to hold up other scores.
        raise DeliveryError(Failure.COLUMN_REFUSED, str(error)) from error
    return made.url, column.label


def _search(client: ServiceClient, column: Column) -> LineItemInfo | None:
    """Return the column with our key."""
    try:
        # Not by tag: the column of an activity that nobody has launched yet carries our key, but not always our tag.
        found = find_line_items(client, column.line_items_url, column.subject, scopes=column.search_scopes)
    except AnswerError as error:
        if error.status in CLOSED:
            raise DeliveryError(Failure.COURSE_CLOSED, str(error)) from error
        raise
    # The column of an activity keeps what a teacher sets (FEATURES M12).
    return min(found, key=lambda item: not item.resource_link_id, default=None)


def is_passing(status: int) -> bool:
    """Say whether a status speaks of a fault that may pass by itself."""
    return status >= 500 or status in {408, 409, 425, 429}
