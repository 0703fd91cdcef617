"""What a client may be, and how much it may ask: values in, values out."""

from collections.abc import Collection
from datetime import datetime, timedelta

from service.api_clients.models import Scope
from service.errors import InvalidInputError

KEY_PREFIX = "mrk_"
"""By which people, and programs that look for lost secrets, know a key of ours."""
LONGEST_OVERLAP = timedelta(days=90)
USUAL_PER_MINUTE = 300
MOST_PER_MINUTE = 100_000
MOST_ASKED = 1000
"""Ids in one request."""
IDS_PER_QUESTION = 50
"""A batch counts as one question for each so many ids."""
MINUTE = timedelta(minutes=1)


def check_client(name: str, scopes: Collection[str], per_minute: int) -> None:
    """Raise InvalidInputError for a client that cannot be; `fields` says what is wrong with which."""
    fields = {}
    if not name.strip() or len(name) > 255 or not name.isprintable():
        fields["name"] = "client.name"
    if not scopes or not set(scopes) <= set(Scope) or set(scopes) == {Scope.NAMES}:
        fields["scopes"] = "client.scopes"
    if not 1 <= per_minute <= MOST_PER_MINUTE:
        fields["per_minute"] = "client.per_minute"
    if fields:
        raise InvalidInputError(
            "client.malformed",
            f"A client has a name of one line, scopes among {', '.join(Scope)} beside names alone, "
            f"and 1 to {MOST_PER_MINUTE} questions a minute.",
            fields=fields,
        )


def check_overlap(overlap: timedelta) -> None:
    """Raise InvalidInputError for an overlap of two keys that is negative or longer than 90 days."""
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise InvalidInputError("client.overlap", f"Keys overlap for 0 to {LONGEST_OVERLAP.days} days.")


def count_questions(ids: int) -> int:
    """Return as how many questions a request for so many ids counts."""
    return max(1, -(-ids // IDS_PER_QUESTION))


def minute_of(at: datetime) -> datetime:
    """Return the minute in which questions are counted."""
    return at.replace(second=0, microsecond=0)


def seconds_left(at: datetime) -> int:
    """Return how long to wait until questions are counted anew, in whole seconds, at least one."""
    return max(1, int((minute_of(at) + MINUTE - at).total_seconds()))
