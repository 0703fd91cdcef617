"""The list of people: who lacks exactly one thing, and the list as a file."""

from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from service import standing
from service.db import transaction
from service.modules.content import Catalogue
from service.people.models import Membership, Role
from tests.functional.web.conftest import Browser
from tests.makers import AT, make_member


def test_who_lacks_only_one_thing_is_found_and_given_as_a_file(
    app: Flask, database: sessionmaker[Session], catalogue: Catalogue, members: dict[Role, Membership]
) -> None:
    with transaction(database) as session:
        mentee = make_member(session, "mentee-2", Role.MENTEE)
        mentee.person.name = "=HYPERLINK(1)"
        standing.give_commitment(session, catalogue, mentee, "confidentiality", 1, "en", at=AT)
    staff = Browser(app, members[Role.COORDINATOR])
    page = staff.get(staff.path("/people/?missing=module_complete:roles")).text
    assert "=HYPERLINK(1)" in page
    assert members[Role.MENTEE].public_id not in page
    answer = staff.get(staff.path("/people/list.csv?missing=module_complete:roles&separator=,"))
    assert answer.data.startswith("\ufeffCode,Name,Role,State,Module: About roles,".encode())
    [_header, line] = answer.data.decode("utf-8-sig").splitlines()
    assert ",'=HYPERLINK(1),Mentee,Not ready,Not yet: Not begun.," in line
    everyone = staff.get(staff.path("/people/list.csv")).data.decode("utf-8-sig").splitlines()
    assert len(everyone) == 1 + 4
    assert staff.get(staff.path("/people/list.csv?separator=x")).status_code == 422
    assert Browser(app, members[Role.MENTOR]).get(staff.path("/people/list.csv")).status_code == 403
