"""Calls the services of an LMS with an access token: the one way out for grades, results and rosters."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from lti.access_tokens import fetch_token
from lti.errors import AddressRefusedError, UnreadableAnswerError
from lti.http import HttpAnswer, OutgoingHttp, read_retry_after
from lti.keys import SigningKey
from lti.links import find_next_url
from lti.ports import AccessToken, AccessTokens, Registration


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """What a service answered, whatever its status.

    `headers` ignores upper and lower case. `next_url` is the next page of a list, `retry_after` is in seconds.
    """

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes
    next_url: str | None
    retry_after: float | None

    def json(self) -> Any:
        """Return the body as JSON; raise UnreadableAnswerError if it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise UnreadableAnswerError(f"The answer ({self.status}) is not JSON.") from error


class ServiceClient:
    """Sends requests to the services of one registration. Make a new one per task; open no transaction around it."""

    def __init__(
        self,
        registration: Registration,
        signing_key: SigningKey,
        tokens: AccessTokens,
        http: OutgoingHttp,
        clock: Callable[[], datetime],
    ) -> None:
        self.registration = registration
        self._signing_key = signing_key
        self._tokens = tokens
        self._http = http
        self._clock = clock
        self._held: dict[tuple[str, ...], AccessToken] = {}
        self.before_call: Callable[[], None] = lambda: None
        """Called before each request to a service; may wait."""
        self.clock_difference: float | None = None
        """Seconds that the latest answer was dated ahead of our clock, None if it had no date."""

    def request(
        self,
        method: str,
        url: str,
        *,
        scopes: tuple[str, ...],
        accept: str,
        content_type: str | None = None,
        body: bytes | None = None,
    ) -> ServiceAnswer:
        """Send one request with a token for all of `scopes` and return the answer, whatever its status.

        A 401 is tried once more with a fresh token (CONFORMANCE T05). Raises AddressRefusedError if `url` is not
        on a host of the registration (T11), ServiceUnreachableError if no answer came from the service or from the
        token endpoint, TokenRefusedError if the LMS gives no token for these scopes.
        """
        if not self.registration.is_own_host(url):
            raise AddressRefusedError(f"Not an address of {self.registration.issuer}: {url[:200]!r}")
        headers = {"Accept": accept}
        if content_type is not None:
            headers["Content-Type"] = content_type
        answer = self._send(method, url, scopes, headers, body)
        if answer.status == 401:
            self._held.pop(scopes, None)
            self._tokens.drop_token(self.registration.id, scopes)
            answer = self._send(method, url, scopes, headers, body)
        next_url = find_next_url(answer.headers.get("Link"), url)
        wait = read_retry_after(answer.headers.get("Retry-After"), at=self._clock())
        return ServiceAnswer(answer.status, answer.reason, answer.headers, answer.body, next_url, wait)

    def _send(
        self, method: str, url: str, scopes: tuple[str, ...], headers: Mapping[str, str], body: bytes | None
    ) -> HttpAnswer:
        authorization = f"Bearer {self._token(scopes)}"
        self.before_call()
        began_at = self._clock()
        answer = self._http.send(
            method,
            url,
            headers={**headers, "Authorization": authorization},
            body=body,
            may_use_private_addresses=self.registration.may_use_private_addresses,
        )
        self.clock_difference = _seconds_ahead(answer.headers.get("Date"), began_at, self._clock())
        return answer

    def _token(self, scopes: tuple[str, ...]) -> str:
        at = self._clock()
        token = self._held.get(scopes)
        if token is None or token.expires_at <= at:
            token = self._tokens.find_token(self.registration.id, scopes, at=at)
        if token is None:
            token = fetch_token(self.registration, self._signing_key, scopes, self._http, at=at)
            self._tokens.set_token(self.registration.id, scopes, token)
        self._held[scopes] = token
        return token.value


def _seconds_ahead(date: str | None, began_at: datetime, ended_at: datetime) -> float | None:
    """Return how far the clock that wrote `date` (HTTP, whole seconds) is ahead of ours; None if it cannot be read."""
    try:
        dated_at = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    if dated_at.tzinfo is None:
        dated_at = dated_at.replace(tzinfo=UTC)
    # The date was cut to the second, and written at some moment between sending and reading.
    earliest, latest = dated_at, dated_at + timedelta(seconds=1)
    if latest < began_at:
        return (latest - began_at).total_seconds()
    return max((earliest - ended_at).total_seconds(), 0.0)
