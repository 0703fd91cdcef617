"""A roster against the database: who comes, who goes, who returns, whom a launch speaks for, what it costs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session, sessionmaker

from lti.roles import LaunchRole, Roles
from lti.roster import Member, MemberStatus, Roster
from service.db import transaction
from service.people.arrivals import Arrival, record_arrival
from service.people.models import Course, LmsRole, Membership, Person, Role, RosterProblem, RosterRead
from service.people.operations import find_membership, list_members
from service.people.roster_members import Listing
from service.people.roster_operations import (
    REFRESH_ROSTERS,
    Claim,
    Failure,
    claim_due,
    queue_roster,
    record_failure,
    record_roster,
    release,
)
from service.people.roster_rules import CONFIRM_AFTER, LEASE, Occasion
from tests.makers import AT, make_member, make_platform

URL = "https://lms.example/courses/1/members"
HOUR = timedelta(hours=1)


def listed(subject: str, role: LaunchRole = LaunchRole.LEARNER, *, name: str = "", **changes: Any) -> Member:
    """Return an entry of a roster."""
    values = {"given_name": "", "family_name": "", "email": "", "status": MemberStatus.ACTIVE}
    return Member(**({"subject": subject, "name": name, "roles": Roles(role, False)} | values | changes))


def roster(*members: Member | str, is_whole: bool = True) -> Roster:
    """Return a roster; a text is a learner."""
    entries = [listed(member) if isinstance(member, str) else member for member in members]
    return Roster(tuple(entries), 0, is_whole=is_whole)


def learners(count: int) -> list[str]:
    return [f"s{number:05}" for number in range(count)]


@pytest.fixture
def course(sessions: sessionmaker[Session]) -> Course:
    """A course whose LMS offers its roster, and in which nobody has been."""
    with transaction(sessions) as session:
        course = Course(
            platform_id=make_platform(session).id, context_id="course-1", memberships_url=URL, created_at=AT
        )
        session.add(course)
    return course


def take(sessions: sessionmaker[Session], course: Course, *, at: datetime) -> Claim:
    """Have the roster asked for, and take it."""
    with transaction(sessions) as session:
        queue_roster(session, session.get_one(Course, course.id), Occasion.REQUEST, at=at)
    with transaction(sessions) as session:
        claim = claim_due(session, at=at)
    assert claim
    return claim


def read(sessions: sessionmaker[Session], course: Course, given: Roster, *, at: datetime = AT) -> Listing:
    """Take the roster and write down `given`."""
    claim = take(sessions, course, at=at)
    with transaction(sessions) as session:
        listing = record_roster(session, claim, given, at=at)
    assert listing
    return listing


def launch(
    sessions: sessionmaker[Session],
    course: Course,
    subject: str,
    *,
    lms_role: LmsRole = LmsRole.LEARNER,
    suggested: Role | None = None,
    name: str = "",
    at: datetime = AT,
) -> Membership:
    """Record a launch in the course."""
    arrival = Arrival(
        subject=subject,
        name=name,
        email="",
        language="en",
        context_id=course.context_id,
        course_title="",
        return_url="",
        line_items_url="",
        grade_scopes=(),
        memberships_url=URL,
        lms_role=lms_role,
        suggested_role=suggested,
        is_test_user=False,
    )
    with transaction(sessions) as session:
        return record_arrival(session, course.platform_id, arrival, at=at)


def member(sessions: sessionmaker[Session], subject: str) -> Membership:
    with sessions() as session:
        return session.scalars(select(Membership).join(Membership.person).where(Person.subject == subject)).one()


def row(sessions: sessionmaker[Session]) -> RosterRead:
    with sessions() as session:
        return session.scalars(select(RosterRead)).one()


def test_n11_people_are_known_before_they_come_and_joined_at_their_first_launch(
    sessions: sessionmaker[Session], course: Course
) -> None:
    given = roster(listed("7", name="Ada Example"), listed("8"), listed("9", LaunchRole.STAFF, name="Robin"))
    assert read(sessions, course, given) == Listing(3, added=3, returned=0, left=0, is_doubtful=False)
    with sessions() as session:
        found = {one.person.subject: one for one in list_members(session, course.id, list(Role))}
    assert {subject: (one.person.name, one.role) for subject, one in found.items()} == {
        "7": ("Ada Example", Role.MENTOR),
        "8": ("", Role.MENTOR),
        "9": ("Robin", Role.COORDINATOR),
    }
    assert all(one.last_seen_at is None and one.is_listed for one in found.values())
    arrived = launch(sessions, course, "7", suggested=Role.MENTEE)
    assert (arrived.id, arrived.person_id) == (found["7"].id, found["7"].person_id)
    assert arrived.role is Role.MENTEE
    assert arrived.person.name == ""


def test_n11_a_role_that_was_given_before_the_first_launch_is_kept(
    sessions: sessionmaker[Session], course: Course
) -> None:
    read(sessions, course, roster("7"))
    with transaction(sessions) as session:
        session.scalars(select(Membership)).one().role = Role.YOUTH_WORKER
    assert launch(sessions, course, "7", suggested=Role.MENTEE).role is Role.YOUTH_WORKER


def test_who_vanishes_loses_access_and_keeps_everything_and_who_returns_is_back(
    sessions: sessionmaker[Session], course: Course
) -> None:
    arrived = launch(sessions, course, "7", suggested=Role.MENTEE, name="Ada")
    launch(sessions, course, "8")
    read(sessions, course, roster("7", "8"), at=AT + HOUR)
    assert read(sessions, course, roster("8"), at=AT + 2 * HOUR).left == 1
    gone = member(sessions, "7")
    assert (gone.left_at, gone.role, gone.person.name) == (AT + 2 * HOUR, Role.MENTEE, "Ada")
    with sessions() as session:
        assert find_membership(session, arrived.person.public_id, course.public_id) is None
        assert [one.person.subject for one in list_members(session, course.id, list(Role))] == ["8"]
    assert read(sessions, course, roster("8"), at=AT + 3 * HOUR).left == 0
    assert member(sessions, "7").left_at == AT + 2 * HOUR
    assert read(sessions, course, roster("7", "8"), at=AT + 4 * HOUR).returned == 1
    back = member(sessions, "7")
    assert (back.id, back.left_at, back.role) == (arrived.id, None, Role.MENTEE)


def test_a_launch_brings_back_whom_the_roster_took_away_in_the_old_place(
    sessions: sessionmaker[Session], course: Course
) -> None:
    launch(sessions, course, "7", suggested=Role.MENTEE)
    read(sessions, course, roster("7", "8"))
    read(sessions, course, roster("8"), at=AT + HOUR)
    back = launch(sessions, course, "7", at=AT + 2 * HOUR)
    assert (back.left_at, back.role) == (None, Role.MENTEE)


def test_someone_suspended_is_as_good_as_absent(sessions: sessionmaker[Session], course: Course) -> None:
    read(sessions, course, roster("7", "8"))
    listing = read(sessions, course, roster("8", listed("7", status=MemberStatus.INACTIVE)), at=AT + HOUR)
    assert (listing.member_count, listing.left) == (1, 1)


def test_m9_the_roster_takes_no_staff_role_away_from_who_is_present(
    sessions: sessionmaker[Session], course: Course
) -> None:
    launch(sessions, course, "7", lms_role=LmsRole.STAFF)
    for hours in range(1, 3):
        read(sessions, course, roster("7", "8"), at=AT + hours * HOUR)
        assert (member(sessions, "7").role, member(sessions, "7").lms_role) == (Role.COORDINATOR, LmsRole.STAFF)
    read(sessions, course, roster("8"), at=AT + 3 * HOUR)
    read(sessions, course, roster("7", "8"), at=AT + 4 * HOUR)
    assert (member(sessions, "7").role, member(sessions, "7").lms_role) == (Role.MENTOR, LmsRole.LEARNER)
    assert launch(sessions, course, "7", lms_role=LmsRole.STAFF, at=AT + 5 * HOUR).role is Role.COORDINATOR


def test_a_launch_during_the_reading_counts_for_more_than_the_list(
    sessions: sessionmaker[Session], course: Course
) -> None:
    read(sessions, course, roster("7", "8"))
    launch(sessions, course, "7", at=AT + HOUR - timedelta(minutes=10))
    claim = take(sessions, course, at=AT + HOUR)
    launch(sessions, course, "7", lms_role=LmsRole.STAFF, at=AT + HOUR + timedelta(seconds=5))
    with transaction(sessions) as session:
        listing = record_roster(session, claim, roster("8"), at=AT + HOUR + timedelta(seconds=9))
    assert listing
    assert listing.left == 0
    assert member(sessions, "7").role is Role.COORDINATOR


def test_administrators_and_test_users_stay_without_being_listed(
    sessions: sessionmaker[Session], course: Course
) -> None:
    launch(sessions, course, "admin", lms_role=LmsRole.ADMINISTRATOR)
    preview = launch(sessions, course, "preview")
    with transaction(sessions) as session:
        session.get_one(Membership, preview.id).is_test_user = True
    launch(sessions, course, "stranger")
    assert read(sessions, course, roster("7"), at=AT + 48 * HOUR).left == 1
    assert member(sessions, "admin").left_at is None
    assert member(sessions, "preview").left_at is None
    assert member(sessions, "stranger").left_at is not None


def test_a_test_user_on_the_list_is_one_and_is_not_counted(sessions: sessionmaker[Session], course: Course) -> None:
    preview = listed("preview", roles=Roles(LaunchRole.LEARNER, is_test_user=True))
    assert read(sessions, course, roster("7", preview)).member_count == 1
    assert member(sessions, "preview").is_test_user


def test_names_are_filled_in_where_a_launch_gave_none(sessions: sessionmaker[Session], course: Course) -> None:
    launch(sessions, course, "7", name="Ada Example")
    launch(sessions, course, "8")
    first = [listed("7", name="A. Example"), listed("8", name="Jo"), listed("9", name="Kim")]
    read(sessions, course, roster(*first))
    assert [member(sessions, subject).person.name for subject in "789"] == ["Ada Example", "Jo", "Kim"]
    read(sessions, course, roster("7", "8", listed("9", name="Kim Newname")), at=AT + HOUR)
    assert [member(sessions, subject).person.name for subject in "789"] == ["Ada Example", "Jo", "Kim Newname"]


def test_mail_addresses_come_from_the_list_until_a_launch_tells_them(sessions, course: Course) -> None:
    launch(sessions, course, "7")
    found = [listed("7", email="old@list.example"), listed("8", email="jo@list.example"), listed("9", email="nobody")]
    read(sessions, course, roster(*found))
    with transaction(sessions) as session:
        session.scalars(select(Person).filter_by(subject="7")).one().email = "new@launch.example"
    read(sessions, course, roster(*found[:1], listed("8"), "9"), at=AT + HOUR)
    addresses = [member(sessions, subject).person.email for subject in "789"]
    assert addresses == ["new@launch.example", "", ""], "what the list no longer tells is no longer known"


def test_a_list_that_shrinks_strangely_is_believed_when_it_says_so_again(
    sessions: sessionmaker[Session], course: Course
) -> None:
    read(sessions, course, roster(*learners(30)))
    small = roster(*learners(9), "newcomer")
    listing = read(sessions, course, small, at=AT + HOUR)
    assert (listing.is_doubtful, listing.left, listing.added) == (True, 0, 1)
    assert row(sessions).doubted_at == AT + HOUR
    assert row(sessions).next_read_at == AT + HOUR + CONFIRM_AFTER
    # Asked for again at once it is no second witness.
    assert read(sessions, course, small, at=AT + HOUR + timedelta(minutes=1)).is_doubtful
    assert row(sessions).next_read_at == AT + HOUR + CONFIRM_AFTER
    listing = read(sessions, course, small, at=AT + HOUR + CONFIRM_AFTER)
    assert (listing.is_doubtful, listing.left) == (False, 21)
    assert (row(sessions).doubted_at, row(sessions).next_read_at) == (None, None)


def test_a_doubt_ends_when_the_list_is_long_again(sessions: sessionmaker[Session], course: Course) -> None:
    read(sessions, course, roster(*learners(30)))
    read(sessions, course, roster(*learners(3)), at=AT + HOUR)
    assert read(sessions, course, roster(*learners(30)), at=AT + 2 * HOUR).left == 0
    assert (row(sessions).doubted_at, row(sessions).next_read_at) == (None, None)
    assert read(sessions, course, roster(*learners(3)), at=AT + 3 * HOUR).is_doubtful


def test_a_list_without_end_adds_people_and_takes_nobody_away(sessions: sessionmaker[Session], course: Course) -> None:
    read(sessions, course, roster("7", "8"))
    listing = read(sessions, course, roster("8", "9", is_whole=False), at=AT + HOUR)
    assert (listing.added, listing.left) == (1, 0)
    assert (row(sessions).problem, row(sessions).read_at) == (RosterProblem.INCOMPLETE, AT)
    assert row(sessions).next_read_at == AT + 2 * HOUR


def test_a_list_that_names_nobody_is_not_taken(sessions: sessionmaker[Session], course: Course) -> None:
    read(sessions, course, roster("7"))
    claim = take(sessions, course, at=AT + HOUR)
    with pytest.raises(ValueError, match="nobody"), transaction(sessions) as session:
        record_roster(session, claim, roster(listed("7", status=MemberStatus.DELETED)), at=AT + HOUR)
    assert member(sessions, "7").left_at is None


def test_n08_a_failure_changes_nobody_and_waits_longer_each_time(
    sessions: sessionmaker[Session], course: Course
) -> None:
    read(sessions, course, roster("7"))
    at = AT + HOUR
    waits = []
    with transaction(sessions) as session:
        queue_roster(session, session.get_one(Course, course.id), Occasion.STAFF_LAUNCH, at=at)
    for _ in range(3):
        with transaction(sessions) as session:
            claim = claim_due(session, at=at)
        assert claim
        with transaction(sessions) as session:
            record_failure(session, claim, Failure(RosterProblem.GONE, "404 Not Found"), jitter=0.0, at=at)
        due = row(sessions).next_read_at
        assert due
        waits.append(due - at)
        at = due
    assert waits == [HOUR, 2 * HOUR, 4 * HOUR]
    found = row(sessions)
    assert (found.problem, found.detail, found.read_at, found.member_count) == (
        RosterProblem.GONE,
        "404 Not Found",
        AT,
        1,
    )
    assert member(sessions, "7").left_at is None
    with transaction(sessions) as session:
        wanted = session.get_one(Course, course.id)
        assert not queue_roster(session, wanted, Occasion.STAFF_LAUNCH, at=at - timedelta(minutes=1))
        assert queue_roster(session, wanted, Occasion.REQUEST, at=at - timedelta(minutes=1))
    read(sessions, course, roster("7"), at=at)
    assert (row(sessions).problem, row(sessions).tries, row(sessions).next_read_at) == (None, 0, None)


def test_a_request_wakes_the_job_once_and_is_throttled(sessions: sessionmaker[Session], course: Course) -> None:
    with transaction(sessions) as session:
        wanted = session.get_one(Course, course.id)
        assert queue_roster(session, wanted, Occasion.LEARNER_LAUNCH, at=AT)
        assert session.info["wake"] == {REFRESH_ROSTERS}
        assert not queue_roster(session, wanted, Occasion.REQUEST, at=AT)
        claim = claim_due(session, at=AT)
        assert claim
        assert not queue_roster(session, wanted, Occasion.REQUEST, at=AT + timedelta(minutes=1))
        assert record_roster(session, claim, roster("7"), at=AT)
        assert not queue_roster(session, wanted, Occasion.LEARNER_LAUNCH, at=AT + timedelta(minutes=29))
        assert queue_roster(session, wanted, Occasion.STAFF_LAUNCH, at=AT + timedelta(minutes=29))


def test_a_course_without_the_service_is_never_read(sessions: sessionmaker[Session], course: Course) -> None:
    with transaction(sessions) as session:
        wanted = session.get_one(Course, course.id)
        assert queue_roster(session, wanted, Occasion.REQUEST, at=AT)
        wanted.memberships_url = ""
        session.flush()
        assert claim_due(session, at=AT) is None
        assert not queue_roster(session, wanted, Occasion.REQUEST, at=AT + HOUR)


def test_a_roster_belongs_to_one_reader_until_its_lease_is_over(
    sessions: sessionmaker[Session], course: Course
) -> None:
    claim = take(sessions, course, at=AT)
    with transaction(sessions) as session:
        assert claim_due(session, at=AT + LEASE - timedelta(seconds=1)) is None
        second = claim_due(session, at=AT + LEASE)
    assert second
    with transaction(sessions) as session:
        assert record_roster(session, claim, roster("7"), at=AT + LEASE) is None
        record_failure(session, claim, Failure(RosterProblem.EMPTY, ""), jitter=0.0, at=AT + LEASE)
        release(session, claim)
    assert row(sessions).is_being_read
    with transaction(sessions) as session:
        assert record_roster(session, second, roster("8"), at=AT + LEASE)
        assert session.scalars(select(Person.subject)).all() == ["8"]


def test_what_was_given_back_is_due_at_once(sessions: sessionmaker[Session], course: Course) -> None:
    claim = take(sessions, course, at=AT)
    with transaction(sessions) as session:
        release(session, claim)
        assert claim_due(session, at=AT, except_platforms=[course.platform_id]) is None
        assert claim_due(session, at=AT)


def test_the_same_people_in_two_courses_are_the_same_persons(sessions: sessionmaker[Session], course: Course) -> None:
    read(sessions, course, roster("7", "8"))
    with transaction(sessions) as session:
        platform = make_platform(session)
        other = make_member(session, "7", Role.MENTEE, platform=platform, context_id="course-2").course
        other.memberships_url = URL
        foreign = make_platform(session, "https://other.example")
        make_member(session, "7", platform=foreign)
    read(sessions, other, roster("7", "8"), at=AT + HOUR)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 3
        assert session.scalar(select(func.count()).select_from(Membership)) == 5


def statements_of(engine: Engine) -> list[str]:
    """Return a list that grows with each statement from now on; many rows at once are one statement."""
    found: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: found.append(call[2].split(maxsplit=1)[0]))
    return found


def begin(engine: Engine) -> dict[str, int]:
    """Return the statement that begins a transaction where we write it ourselves."""
    return {"BEGIN": 1} if engine.dialect.name == "sqlite" else {}


def count(statements: Sequence[str]) -> dict[str, int]:
    return {word: statements.count(word) for word in sorted(set(statements))}


def test_n10_five_thousand_people_cost_a_few_statements_for_each_five_hundred(
    engine: Engine, sessions: sessionmaker[Session], course: Course
) -> None:
    everyone = learners(5000)
    claim = take(sessions, course, at=AT)
    statements = statements_of(engine)
    with transaction(sessions) as session:
        listing = record_roster(session, claim, roster(*(listed(key, name=key) for key in everyone)), at=AT)
    assert listing
    assert listing.added == 5000
    assert count(statements) == {"INSERT": 20, "SELECT": 13, "UPDATE": 1} | begin(engine)
    claim = take(sessions, course, at=AT + HOUR)
    statements.clear()
    with transaction(sessions) as session:
        listing = record_roster(session, claim, roster(*everyone[1000:]), at=AT + HOUR)
    assert listing
    assert listing.left == 1000
    # Eight chunks whose names are withheld now, two of those who left.
    assert count(statements) == {"SELECT": 3, "UPDATE": 8 + 2 + 1} | begin(engine)
    claim = take(sessions, course, at=AT + 2 * HOUR)
    statements.clear()
    with transaction(sessions) as session:
        assert record_roster(session, claim, roster(*everyone[1000:]), at=AT + 2 * HOUR)
    assert count(statements) == {"SELECT": 3, "UPDATE": 1} | begin(engine)
