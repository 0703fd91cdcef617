"""Reads the roles of a launch: least privilege, unless the LMS says clearly more (CONFORMANCE G01 to G05, C23)."""

from dataclasses import dataclass
from enum import StrEnum

MOST_ROLES = 100

_CONTEXT_ROLES = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_STAFF_ROLES = {"Administrator", "Instructor", "Manager"}
_SYSTEM_ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"
_TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"


class LaunchRole(StrEnum):
    """The most that the LMS vouches for."""

    LEARNER = "learner"
    STAFF = "staff"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Roles:
    """What the roles of a launch come to. A test user ("student view") works like anyone and counts nowhere."""

    role: LaunchRole
    is_test_user: bool


def parse_roles(roles: object) -> Roles:
    """Return what `roles` (a list from a token or a roster, of whatever content) comes to.

    A role in the course counts, by its full name or the deprecated short one; a role in the institution never does.
    An administrator of the whole LMS is one here too, with or without a role in the course, as Moodle sends it.
    """
    names = {name for name in roles[:MOST_ROLES] if isinstance(name, str)} if isinstance(roles, list) else set()
    role = LaunchRole.LEARNER
    if _SYSTEM_ADMINISTRATOR in names:
        role = LaunchRole.ADMINISTRATOR
    elif any(_principal_role(name) in _STAFF_ROLES for name in names):
        role = LaunchRole.STAFF
    return Roles(role, is_test_user=_TEST_USER in names)


def _principal_role(name: str) -> str:
    """Return the principal context role that `name` stands for, "" if none.

    The principal role stands before the `#` if there is a path: `membership/Learner#Instructor` is a learner.
    """
    if "#" not in name and "/" not in name and ":" not in name:
        return name
    vocabulary, _, fragment = name.partition("#")
    if vocabulary == _CONTEXT_ROLES:
        return fragment
    return vocabulary.removeprefix(f"{_CONTEXT_ROLES}/") if vocabulary.startswith(f"{_CONTEXT_ROLES}/") else ""
