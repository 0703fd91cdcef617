"""An account that the LMS has merged or replaced: explained, never ready, and what it completed can be let count."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from lti.roster import Roster
from service import journey, standing
from service.completion.models import RecognitionStep
from service.completion.recognition_operations import NewStep
from service.completion.recognition_rules import StepKind
from service.db import transaction, utc_now
from service.modules.content import Catalogue
from service.people.models import Course, Membership, Role
from service.people.roster_members import record_members
from service.platforms.models import AuditEvent
from service.readiness.models import Standing
from tests.features.people.test_roster import listed
from tests.functional.web.conftest import Browser
from tests.makers import RIGHT, make_member

NAME = "Łucja <b>"


@pytest.fixture
def staff(app: Flask, members: dict[Role, Membership]) -> Browser:
    return Browser(app, members[Role.COORDINATOR])


@pytest.fixture
def accounts(database: sessionmaker[Session], catalogue: Catalogue, staff: Browser) -> tuple[Membership, Membership]:
    """A mentee who was ready under one account, which the next roster replaces by another of the same name."""
    with transaction(database) as session:
        old = make_member(session, "old", Role.MENTEE)
        old.person.name, old.is_listed = NAME, True
        standing.give_commitment(session, catalogue, old, "confidentiality", 1, "en", at=utc_now())
        for exercise in ("first", "second"):
            journey.hand_in(session, catalogue, old, "roles", exercise, RIGHT, f"{exercise}-key", at=utc_now())
        session.flush()
        assert session.get_one(Standing, old.id).ready_since
    at = utc_now() + timedelta(minutes=5)
    with transaction(database) as session:
        here = session.scalars(select(Membership).where(Membership.course_id == old.course_id)).all()
        names = [listed(one.person.subject) for one in here if one.id != old.id]
        roster = Roster((*names, listed("new", name=NAME)), 0, is_whole=True)
        course = session.get_one(Course, old.course_id)
        assert record_members(session, course, roster, started_at=at, is_doubt_settled=True, at=at).left == 1
        new = session.scalars(select(Membership).join(Membership.person).filter_by(subject="new")).one()
        standing.give_role(session, catalogue, course.id, new.public_id, Role.MENTEE, at=at)
    return old, new


def is_ready(database: sessionmaker[Session], member: Membership) -> bool:
    with transaction(database) as session:
        kept = session.get(Standing, member.id)
        return kept is not None and kept.ready_since is not None


def test_both_accounts_say_what_happened_and_neither_is_ready(
    staff: Browser, database: sessionmaker[Session], accounts: tuple[Membership, Membership]
) -> None:
    old, new = accounts
    people = staff.get(staff.path("/people/")).text
    assert f"people/former/{old.public_id}" in people
    ready = staff.get(staff.path("/people/?state=ready")).text
    assert f"people/{old.public_id}" not in ready
    assert f"people/{new.public_id}" not in ready
    assert old.public_id not in staff.get(staff.path("/pairing/")).text
    page = staff.get(staff.path(f"/people/{new.public_id}")).text
    assert "left the list" in page
    assert f"people/former/{old.public_id}" in page
    former = staff.get(staff.path(f"/people/former/{old.public_id}")).text
    assert "It is not ready and cannot be paired" in former
    assert "About roles" in former
    assert re.search(rf'value="{new.public_id}"[^>]*>\s*<span>\S*Łucja &lt;b&gt;', former)
    assert not is_ready(database, new)


def test_what_was_completed_counts_for_the_new_account_once_staff_say_so_and_can_be_taken_back(
    staff: Browser,
    database: sessionmaker[Session],
    catalogue: Catalogue,
    accounts: tuple[Membership, Membership],
    members: dict[Role, Membership],
) -> None:
    old, new = accounts
    address = staff.path(f"/people/former/{old.public_id}")
    for form, said in (
        ({"member": "", "reason": "Known"}, "Choose the account"),
        ({"member": new.public_id, "reason": " "}, "Write the reason"),
        ({"member": new.public_id, "reason": "x" * 2001}, "too long"),
    ):
        refused = staff.post(f"{address}?q=lucja", form)
        assert (refused.status_code, said in refused.text) == (422, True)
    form = {"member": new.public_id, "reason": "The IT desk merged them."}
    done = staff.post(address, form)
    assert done.location.endswith(f"/people/{new.public_id}/training")
    assert "1 module counts here now." in staff.get(done.location).text
    assert "counts here already" in staff.get(staff.post(address, form).location).text
    with transaction(database) as session:
        [step] = session.scalars(select(RecognitionStep))
        assert (step.person_id, step.module_key, step.text) == (new.person_id, "roles", form["reason"])
        [entry] = session.scalars(select(AuditEvent).filter_by(kind="account.carried_over"))
        assert (entry.detail["from"], entry.detail["to"]) == (old.public_id, new.public_id)
    assert not is_ready(database, new)
    with transaction(database) as session:
        mine = session.get_one(Membership, new.id)
        standing.give_commitment(session, catalogue, mine, "confidentiality", 1, "en", at=utc_now())
    assert is_ready(database, new)
    with transaction(database) as session:
        coordinator = session.get_one(Membership, members[Role.COORDINATOR].id)
        undone = NewStep(StepKind.UNDONE, "They are two.", seen=1)
        journey.take_step(session, catalogue, coordinator, new.person_id, "roles", undone, at=utc_now())
    assert not is_ready(database, new)


def test_only_staff_of_the_course_and_only_of_who_has_left(
    staff: Browser, app: Flask, database: sessionmaker[Session], accounts: tuple[Membership, Membership], members
) -> None:
    old, new = accounts
    mentor = Browser(app, members[Role.MENTOR])
    form = {"member": new.public_id, "reason": "Same."}
    assert mentor.get(mentor.path(f"/people/former/{old.public_id}")).status_code == 403
    assert mentor.post(mentor.path(f"/people/former/{old.public_id}"), form).status_code == 403
    for wrong in (new.public_id, "nobody", "%00"):
        assert staff.get(staff.path(f"/people/former/{wrong}")).status_code == 404
    with transaction(database) as session:
        stranger = Browser(app, make_member(session, "staff-2", Role.COORDINATOR, context_id="course-2"))
        elsewhere = make_member(session, "elsewhere", Role.MENTEE, context_id="course-2").public_id
    assert stranger.post(stranger.path(f"/people/former/{old.public_id}"), form).status_code == 404
    address = staff.path(f"/people/former/{old.public_id}")
    assert staff.post(address, {**form, "member": elsewhere}).status_code == 404
    assert staff.post(address, {**form, "member": old.public_id}).status_code == 404
    with transaction(database) as session:
        assert session.scalars(select(RecognitionStep)).all() == []
