"""The role inside the tool: the LMS role is only the upper bound."""

from datetime import UTC, datetime

import pytest

from service.people.models import LEARNING_ROLES, LmsRole, Role
from service.people.rules import Known, may_be_given, role_after_launch, roles_after_roster, settled_role

LEARNER, STAFF, ADMINISTRATOR = LmsRole.LEARNER, LmsRole.STAFF, LmsRole.ADMINISTRATOR
LAUNCHED = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lms_role", "present", "suggested", "expected"),
    [
        (LmsRole.LEARNER, None, None, Role.MENTOR),
        (LmsRole.LEARNER, None, Role.MENTEE, Role.MENTEE),
        (LmsRole.LEARNER, None, Role.COORDINATOR, Role.MENTOR),
        (LmsRole.LEARNER, Role.YOUTH_WORKER, Role.MENTEE, Role.YOUTH_WORKER),
        (LmsRole.LEARNER, Role.COORDINATOR, None, Role.MENTOR),
        (LmsRole.LEARNER, Role.ADMINISTRATOR, Role.MENTEE, Role.MENTEE),
        (LmsRole.STAFF, Role.MENTOR, Role.MENTEE, Role.COORDINATOR),
        (LmsRole.STAFF, Role.ADMINISTRATOR, None, Role.COORDINATOR),
        (LmsRole.ADMINISTRATOR, None, None, Role.ADMINISTRATOR),
    ],
)
def test_role_after_launch(lms_role: LmsRole, present: Role | None, suggested: Role | None, expected: Role) -> None:
    assert role_after_launch(lms_role, present, suggested) is expected


def test_no_launch_of_a_learner_ends_in_a_staff_role() -> None:
    for present in (None, *Role):
        for suggested in (None, *Role):
            assert role_after_launch(LmsRole.LEARNER, present, suggested) in LEARNING_ROLES


def test_only_learning_roles_are_given_and_only_to_learners() -> None:
    given = {(role, lms_role) for role in Role for lms_role in LmsRole if may_be_given(role, lms_role)}
    assert given == {(role, LmsRole.LEARNER) for role in LEARNING_ROLES}


@pytest.mark.parametrize(
    ("role", "has_launched", "settled"),
    [
        (Role.MENTOR, False, None),
        (Role.MENTOR, True, Role.MENTOR),
        (Role.MENTEE, False, Role.MENTEE),
        (Role.MENTEE, True, Role.MENTEE),
        (Role.COORDINATOR, False, Role.COORDINATOR),
    ],
)
def test_the_first_launch_may_still_place_whom_only_the_roster_named(
    role: Role, has_launched: bool, settled: Role | None
) -> None:
    assert settled_role(role, has_launched=has_launched) is settled


@pytest.mark.parametrize(
    ("listed_as", "known", "expected"),
    [
        # Nobody knew the person.
        (LEARNER, None, (LEARNER, Role.MENTOR)),
        (STAFF, None, (STAFF, Role.COORDINATOR)),
        # Who has launched is what the launch said: Moodle lists a non-editing teacher as a Learner (M9).
        (LEARNER, Known(STAFF, Role.COORDINATOR, LAUNCHED), (STAFF, Role.COORDINATOR)),
        (LEARNER, Known(ADMINISTRATOR, Role.ADMINISTRATOR, LAUNCHED), (ADMINISTRATOR, Role.ADMINISTRATOR)),
        (STAFF, Known(LEARNER, Role.MENTEE, LAUNCHED), (LEARNER, Role.MENTEE)),
        (LEARNER, Known(LEARNER, Role.MENTEE, LAUNCHED), (LEARNER, Role.MENTEE)),
        # Who has not is what the roster says now; the place among the learners stays.
        (LEARNER, Known(STAFF, Role.COORDINATOR, None), (LEARNER, Role.MENTOR)),
        (STAFF, Known(LEARNER, Role.MENTEE, None), (STAFF, Role.COORDINATOR)),
        (LEARNER, Known(LEARNER, Role.YOUTH_WORKER, None), (LEARNER, Role.YOUTH_WORKER)),
        # An absence ends what a launch said before it.
        (LEARNER, Known(STAFF, Role.COORDINATOR, LAUNCHED, has_left=True), (LEARNER, Role.MENTOR)),
        (STAFF, Known(STAFF, Role.COORDINATOR, LAUNCHED, has_left=True), (STAFF, Role.COORDINATOR)),
        (LEARNER, Known(LEARNER, Role.MENTEE, LAUNCHED, has_left=True), (LEARNER, Role.MENTEE)),
    ],
)
def test_roles_after_roster(listed_as: LmsRole, known: Known | None, expected: tuple[LmsRole, Role]) -> None:
    assert roles_after_roster(listed_as, known) == expected


def test_no_roster_of_learners_gives_staff_access_that_no_launch_gave() -> None:
    for role in Role:
        for lms_role in LmsRole:
            assert roles_after_roster(LEARNER, Known(lms_role, role, None))[1] in LEARNING_ROLES
            returned = Known(lms_role, role, LAUNCHED, has_left=True)
            assert roles_after_roster(LEARNER, returned)[1] in LEARNING_ROLES
