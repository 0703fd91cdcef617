"""What the gradebook services share: addresses, bodies, lists that come in pages, answers in short."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from lti.errors import ServiceError, UnreadableAnswerError
from lti.service_client import ServiceAnswer, ServiceClient

MOST_PAGES = 100


class AnswerError(ServiceError):
    """The LMS answered, but not with what was asked for; `status` says how."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Pages:
    """The entries of a list, page by page. Iterating raises AnswerError for a page that is no list.

    `has_begun` says that the first page was one. Afterwards `is_whole` is False if the pages went round in a circle or
    had no end.
    """

    def __init__(self, client: ServiceClient, url: str, accept: str, scopes: tuple[str, ...]) -> None:
        self.has_begun = False
        self.is_whole = False
        self._client = client
        self._next_url: str | None = url
        self._accept = accept
        self._scopes = scopes

    def __iter__(self) -> Iterator[dict[str, Any]]:
        seen: set[str] = set()
        while self._next_url and self._next_url not in seen and len(seen) < MOST_PAGES:
            seen.add(self._next_url)
            answer = self._client.request("GET", self._next_url, scopes=self._scopes, accept=self._accept)
            page = decoded(answer)
            if answer.status != 200 or not isinstance(page, list):
                raise AnswerError(f"The LMS did not give the list: {detail_of(answer)}", answer.status)
            self.has_begun = True
            yield from (entry for entry in page if isinstance(entry, dict))
            self._next_url = answer.next_url
        self.is_whole = not self._next_url


def decoded(answer: ServiceAnswer) -> Any:
    """Return the body as JSON, None if it is none."""
    try:
        return answer.json()
    except UnreadableAnswerError:
        return None


def detail_of(answer: ServiceAnswer) -> str:
    """Return status and reason in short. Moodle's reason quotes the score that was sent, with the user's id."""
    reason = answer.reason.partition("{")[0].strip()
    return f"{answer.status} {reason}"[:200].strip()


def service_url(url: str, suffix: str, **query: str) -> str:
    """Return `url` with `/suffix` after its path and the `query` that is not empty after its own (AGS 3.4)."""
    parts = urlsplit(url)
    path = f"{parts.path.rstrip('/')}/{suffix}" if suffix else parts.path
    added = urlencode({name: value for name, value in query.items() if value})
    return urlunsplit(parts._replace(path=path, query="&".join(filter(None, [parts.query, added]))))


def json_body(value: Mapping[str, Any]) -> bytes:
    """Return a body as JSON."""
    # On one line: Moodle loses the status of its refusal, and answers 200, when the body it quotes holds a line break.
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def number_of(value: object) -> float | None:
    """Return a finite number, None for anything else."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
