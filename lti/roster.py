"""Names and Role Provisioning Services 2.0: who is in a course of an LMS, from all pages of the list.

No filter is ever sent: Moodle forgets a `role` on the way to the next page (FEATURES M8), and with a link's `rlid` it
leaves out whom the activity is closed to. An address that has one already is asked as it is.
"""

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lti import claim_values as read
from lti.errors import ServiceError, UnreadableAnswerError
from lti.roles import Roles, parse_roles
from lti.service_client import ServiceClient

ROSTER_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
ROSTER_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

CUSTOM = "https://purl.imsglobal.org/spec/lti/claim/custom"
MOST_MESSAGES = 10
MOST_PAGES = 500
MOST_MEMBERS = 50_000


class MemberStatus(StrEnum):
    """How someone is in a course. Moodle only ever says active: whom it suspends it leaves out."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Member:
    """Someone on the list. `subject` is the `sub` of their launches; names and e-mail are "" when withheld."""

    subject: str
    name: str
    given_name: str
    family_name: str
    email: str
    roles: Roles
    status: MemberStatus
    custom: Mapping[str, str] = field(default_factory=dict)
    """What a launch of the link would bring of this person (NRPS 2.2); most lists are of no link and say nothing."""

    @property
    def full_name(self) -> str:
        """Return the name, made of its parts where the LMS gives only those."""
        return self.name or f"{self.given_name} {self.family_name}".strip()

    @property
    def is_active(self) -> bool:
        return self.status is MemberStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class Roster:
    """The list of a course, each person once."""

    members: tuple[Member, ...]
    skipped: int
    """Entries that name nobody."""
    is_whole: bool
    """False if the pages went round in a circle or had no end: nobody is missing for being absent then."""


class RosterError(ServiceError):
    """The LMS answered, but not with a list of members. `status` says how, `retry_after` is in seconds."""

    def __init__(self, message: str, status: int, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class ReadingStoppedError(ServiceError):
    """The caller wanted no further page."""


def read_roster(client: ServiceClient, memberships_url: str, *, may_go_on: Callable[[], bool] = lambda: True) -> Roster:
    """Return everyone in a course (NRPS 2.1, CONFORMANCE N01 to N07). A page that cannot be read is an error.

    `may_go_on` is asked before each page. Raises RosterError, ReadingStoppedError, and what `ServiceClient.request`
    raises, also for a next page on a foreign host.
    """
    members: dict[str, Member] = {}
    skipped = 0
    seen: set[str] = set()
    url: str | None = memberships_url
    while url and url not in seen and len(seen) < MOST_PAGES and len(members) < MOST_MEMBERS:
        if not may_go_on():
            raise ReadingStoppedError(f"Stopped after {len(seen)} pages.")
        seen.add(url)
        entries, url = _read_page(client, url)
        for member in map(parse_member, entries):
            if member is None:
                skipped += 1
            elif member.subject not in members or not members[member.subject].is_active:
                members[member.subject] = member
    return Roster(tuple(members.values()), skipped, is_whole=url is None)


def parse_member(entry: object) -> Member | None:
    """Return an entry of the list as a member; None if it names nobody. Whatever else is wrong is left out."""
    sent = read.mapping(entry)
    user_id = sent.get("user_id")
    is_number = isinstance(user_id, int) and not isinstance(user_id, bool)
    subject = read.identifier(str(user_id) if is_number else user_id)
    if subject is None:
        return None
    return Member(
        subject=subject,
        name=_text(sent, "name"),
        given_name=_text(sent, "given_name"),
        family_name=_text(sent, "family_name"),
        email=_text(sent, "email"),
        roles=parse_roles(sent.get("roles")),
        status=_status(sent.get("status")),
        custom=_custom(sent.get("message")),
    )


def _read_page(client: ServiceClient, url: str) -> tuple[Sequence[object], str | None]:
    answer = client.request("GET", url, scopes=(ROSTER_SCOPE,), accept=ROSTER_TYPE)
    if answer.status != 200:
        # Moodle's reason may quote the request; what stands before it is enough.
        reason = answer.reason.partition("{")[0].strip()
        raise RosterError(f"{answer.status} {reason}"[:200].strip(), answer.status, retry_after=answer.retry_after)
    try:
        entries = read.mapping(answer.json()).get("members")
    except UnreadableAnswerError as error:
        raise RosterError(str(error), answer.status) from error
    if not isinstance(entries, list):
        raise RosterError("The answer holds no list of members.", answer.status)
    return entries, answer.next_url


def _text(sent: Mapping[str, Any], name: str) -> str:
    """Return a text as a person would write it: Moodle escapes names for HTML here, unlike in a launch."""
    value = sent.get(name)
    return read.text(html.unescape(value)) if isinstance(value, str) else ""


def _custom(messages: object) -> Mapping[str, str]:
    """Return the custom parameters of a member's messages; what an earlier one says counts."""
    found: dict[str, str] = {}
    for message in messages[:MOST_MESSAGES] if isinstance(messages, list) else ():
        found = read.custom(read.mapping(message).get(CUSTOM)) | found
    return found


def _status(value: object) -> MemberStatus:
    """Return the status; active if it is left out (NRPS 2.1), or says nothing that we know."""
    word = value.rpartition("#")[2].lower() if isinstance(value, str) else ""
    return MemberStatus(word) if word in set(MemberStatus) else MemberStatus.ACTIVE
