"""Examines the connection to one LMS, step by step, as a launch and a job would use it.

What is needed of the database is read first, in one short transaction; none is open while the LMS is spoken to. Names
of people never leave the step that counts them.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from lti.access_tokens import fetch_token
from lti.errors import AddressRefusedError, ServiceError, ServiceUnreachableError
from lti.http import HttpAnswer, OutgoingHttp, check_address
from lti.key_sets import fetch_key_set
from lti.keys import SigningKey
from lti.ports import AccessToken, Registration
from lti.service_client import ServiceClient
from service.db import transaction
from service.doctor.findings import Finding, State, fault, in_order, not_tried, warning
from service.doctor.services import try_column, try_rights, try_roster
from service.i18n import translatable as _
from service.people.courses import find_course_with_roster, get_course
from service.people.models import Course
from service.platforms.launches import registration_of
from service.platforms.operations import (
    PlatformState,
    ensure_signing_key,
    get_platform,
    open_signing_key,
    state_of,
)

REGISTRATION, ADDRESSES, PUBLIC_KEYS = _("Registration"), _("Addresses"), _("Public keys of the learning platform")
CLOCK = _("Clock")
CLOCKS_MAY_DIFFER_BY = 5
"""Seconds by which our own tokens are dated back; beyond, an LMS such as Moodle refuses what is from its future."""
CLOCKS_MUST_NOT_DIFFER_BY = 60
"""Seconds that a launch may be from our future or past (CONFORMANCE C)."""
LONGEST_ROSTER = 15.0
"""Seconds after which the reading of a roster stops."""


class ListeningHttp(OutgoingHttp):
    """Sends as usual, and remembers how far the clock of who answered last is ahead of ours."""

    def __init__(self, clock: Callable[[], datetime], **seconds: float) -> None:
        super().__init__(**seconds)
        self._clock = clock
        self.ahead: timedelta | None = None

    def send(self, method: str, url: str, **options: Any) -> HttpAnswer:
        """Send one request and return the answer; note its date."""
        answer = super().send(method, url, **options)
        try:
            self.ahead = parsedate_to_datetime(answer.headers.get("Date", "")) - self._clock()
        except (TypeError, ValueError):  # no date, none that can be read, or one without zone
            self.ahead = None
        return answer


class Tokens:
    """lti.ports.AccessTokens for one examination: what is kept for the jobs is neither used nor changed."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, ...], AccessToken] = {}

    def find_token(self, registration_id: int, scopes: Sequence[str], *, at: datetime) -> AccessToken | None:
        """Return the token of this examination for exactly these scopes."""
        return self._kept.get(tuple(sorted(scopes)))

    def set_token(self, registration_id: int, scopes: Sequence[str], token: AccessToken) -> None:
        """Keep a token until the examination ends."""
        self._kept[tuple(sorted(scopes))] = token

    def drop_token(self, registration_id: int, scopes: Sequence[str]) -> None:
        """Forget a token."""
        self._kept.pop(tuple(sorted(scopes)), None)


@dataclass(frozen=True)
class Patient:
    """All that an examination needs of the database."""

    registration: Registration
    state: PlatformState
    waiting: int
    signing_key: SigningKey
    course: Course | None
    """The course in which a column may be made."""
    roster_course: Course | None
    """The course whose roster is read: that one, or the one that was launched last."""


def read_patient(
    sessions: sessionmaker[Session], secret_key: str, public_id: str, *, course_public_id: str = "", at: datetime
) -> Patient:
    """Return what is to be examined; raise NotFoundError for a platform, or a course of it, that is not known."""
    with transaction(sessions) as session:
        platform = get_platform(session, public_id)
        course = get_course(session, platform.id, course_public_id) if course_public_id else None
        return Patient(
            registration=registration_of(platform),
            state=state_of(platform),
            waiting=sum(deployment.approved_at is None for deployment in platform.deployments),
            signing_key=open_signing_key(ensure_signing_key(session, secret_key, at=at), secret_key),
            course=course,
            roster_course=course or find_course_with_roster(session, platform.id),
        )


def examine_connection(
    patient: Patient, http: ListeningHttp, *, may_make_column: bool, clock: Callable[[], datetime]
) -> Iterator[Finding]:
    """Give one finding or more for each step; after one that all others need, the rest is not tried.

    `may_make_column` lets a column be made in the patient's course, and deleted again.
    """
    yield from _registration(patient)
    addresses = _addresses(patient.registration)
    yield addresses
    if addresses.state is not State.IN_ORDER:
        return
    yield _public_keys(patient.registration, http)
    yield _clock(http.ahead)
    registration, key = patient.registration, patient.signing_key
    granted = yield from try_rights(lambda scopes: fetch_token(registration, key, scopes, http, at=clock()))
    if granted is None:
        return
    client = ServiceClient(registration, key, Tokens(), http, clock)
    deadline = time.monotonic() + LONGEST_ROSTER
    yield try_roster(client, patient.roster_course, granted, may_go_on=lambda: time.monotonic() < deadline)
    if may_make_column:
        yield try_column(client, patient.course, granted)


def _registration(patient: Patient) -> Iterator[Finding]:
    match patient.state:
        case PlatformState.DISABLED:
            advice = _("`mentorready platform enable` takes launches again.")
            yield fault(REGISTRATION, _("The registration is disabled: every launch is refused."), advice)
        case PlatformState.PENDING:
            advice = _("`mentorready platform approve` takes its launches.")
            yield fault(REGISTRATION, _("No deployment is approved: every launch is refused."), advice)
        case PlatformState.ACTIVE if patient.waiting:
            advice = _("Approve them, if they are meant to be there.")
            yield warning(
                REGISTRATION, _("Deployments that wait for approval: %(count)s."), advice, count=patient.waiting
            )
        case PlatformState.ACTIVE:
            yield in_order(REGISTRATION, _("The registration is active, and all its deployments are approved."))


def _addresses(registration: Registration) -> Finding:
    for url in (registration.auth_login_url, registration.token_url, registration.jwks_url):
        try:
            check_address(url, may_use_private_addresses=registration.may_use_private_addresses)
        except AddressRefusedError:
            return fault(
                ADDRESSES,
                _("%(url)s may not be called: it is not https, or it lies in a private network."),
                _("If it is meant to be private, the registration has to allow it (--allow-private-address)."),
                url=url,
            )
        except ServiceUnreachableError:
            advice = _("See that the name is right, and that this server can look it up.")
            return fault(ADDRESSES, _("The name in %(url)s is not known here."), advice, url=url)
    return in_order(ADDRESSES, _("All addresses can be looked up and may be called."))


def _public_keys(registration: Registration, http: OutgoingHttp) -> Finding:
    try:
        key_set = fetch_key_set(registration, http)
    except ServiceError as error:
        return fault(
            PUBLIC_KEYS,
            _("They could not be read: %(reason)s"),
            _("Open %(url)s from this server. Without these keys no launch can be checked."),
            reason=str(error),
            url=registration.jwks_url,
        )
    return in_order(PUBLIC_KEYS, _("They can be read. Keys that can be used: %(count)s."), count=len(key_set["keys"]))


def _clock(ahead: timedelta | None) -> Finding:
    if ahead is None:
        return not_tried(CLOCK, _("The learning platform did not say what time it is."))
    seconds = round(ahead.total_seconds())
    facts: Mapping[str, object] = {"seconds": abs(seconds)}
    if abs(seconds) <= CLOCKS_MAY_DIFFER_BY:
        return in_order(CLOCK, _("The clocks agree. Difference in seconds: %(seconds)s."), **facts)
    advice = _("Set both clocks by a time server (NTP).")
    if seconds > 0:
        sentence = _("The clock of the learning platform is %(seconds)s seconds ahead of ours.")
    else:
        sentence = _("The clock of the learning platform is %(seconds)s seconds behind ours.")
    make = fault if abs(seconds) > CLOCKS_MUST_NOT_DIFFER_BY else warning
    return make(CLOCK, sentence, advice, **facts)
