"""Which role of ours a person has, given what the LMS says and what was set inside the tool."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.people.models import LEARNING_ROLES, LmsRole, Role

DEFAULT_LEARNER_ROLE = Role.MENTOR
VISIT_GRAIN = timedelta(hours=1)


@dataclass(frozen=True)
class Known:
    """What we know of a membership before a roster is read. `last_seen_at` is the latest launch."""

    lms_role: LmsRole
    role: Role
    last_seen_at: datetime | None
    is_listed: bool = False
    has_left: bool = False
    is_test_user: bool = False


def role_after_launch(lms_role: LmsRole, present: Role | None, suggested: Role | None) -> Role:
    """Return the role inside the tool after a launch: the LMS role is only the upper bound.

    `present` is the role the person had here, `suggested` the one that the launched link names. A link may place a
    newcomer among the learners; it never moves someone who already has a place, and never makes anyone staff.
    """
    if lms_role is LmsRole.ADMINISTRATOR:
        return Role.ADMINISTRATOR
    if lms_role is LmsRole.STAFF:
        return Role.COORDINATOR
    if present in LEARNING_ROLES:
        return present
    return suggested if suggested in LEARNING_ROLES else DEFAULT_LEARNER_ROLE


def settled_role(role: Role, *, has_launched: bool) -> Role | None:
    """Return the role that a launch has to respect; None where it is only our guess for a name on the roster."""
    return None if role is DEFAULT_LEARNER_ROLE and not has_launched else role


def roles_after_roster(listed_as: LmsRole, known: Known | None) -> tuple[LmsRole, Role]:
    """Return the LMS role and our own of someone whom the roster lists as `listed_as`.

    What a launch said counts for more: Moodle's roster calls a non-editing teacher a Learner (FEATURES M9). It counts
    until the person is absent from the roster; who returns is what the roster says, until they launch again.
    """
    if known and known.last_seen_at and not known.has_left:
        return known.lms_role, known.role
    return listed_as, role_after_launch(listed_as, known.role if known else None, None)


def may_be_given(role: Role, lms_role: LmsRole) -> bool:
    """Tell whether a coordinator may give this role to someone whom the LMS calls `lms_role`."""
    return role in LEARNING_ROLES and lms_role is LmsRole.LEARNER


def is_worth_noting(noted_at: datetime | None, at: datetime) -> bool:
    """Tell whether a visit at `at` changes when someone was last seen: by the hour, so that few launches write."""
    return noted_at is None or at - noted_at >= VISIT_GRAIN


def shown_name(name: str) -> str:
    """Return a name as it is shown; "" for one that nobody could see."""
    # Most names begin with a letter, and a list may have thousands of them.
    can_be_seen = name[:1].isalpha() or any(letter.isprintable() and not letter.isspace() for letter in name)
    return name.strip() if can_be_seen else ""
