"""What the tool keeps of forms for a browser that keeps nothing: whose it is, when it goes, and what is refused."""

import json

import pytest
from sqlalchemy import func, select

from service.exercises.models import Draft
from service.people.models import Role

PLACE = "someone /events/new"
FORM = {"place": PLACE, "submission_key": "1" * 36, "draft_number": "1", "content": json.dumps({"typed": {"a": "b"}})}
FOUND = {"version": f"{'1' * 36}.1", "content": FORM["content"]}


def keep(browser, **change: str):
    return browser.post(browser.path("/unsent"), FORM | change)


def find(browser):
    return browser.post(browser.path("/unsent/find"), {"place": PLACE})


def count(database) -> int:
    with database() as session:
        return session.scalars(select(func.count()).select_from(Draft)).one()


def test_it_is_found_by_its_writer_alone(browse, database) -> None:
    mentor, mentee, stranger = browse(Role.MENTOR), browse(Role.MENTEE), browse()
    assert keep(mentor).json["words"].startswith("Saved ")
    assert find(mentor).json == FOUND
    assert find(mentee).json == {}
    stranger.member = mentor.member
    assert find(stranger).status_code == 401
    other = {"as": mentor.member.person.public_id}
    for path in ("/unsent", "/unsent/find", "/unsent/forget"):
        assert mentee.post(mentee.path(path), FORM | other).status_code == 409
        assert mentor.post(mentor.path(path), FORM, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    mentee.post(mentee.path("/unsent/forget"), {"place": PLACE})
    assert find(mentor).json == FOUND
    assert mentor.post(mentor.path("/unsent/forget"), {"place": PLACE}).status_code == 200
    assert count(database) == 0


def test_a_form_that_was_taken_ends_it_and_a_refused_one_does_not(browse, database, members) -> None:
    staff = browse(Role.COORDINATOR)
    keep(staff)
    waivers = staff.path(f"/people/{members[Role.MENTEE].public_id}/waivers")
    form = {"condition": "module_complete:roles", "unsent_key": FORM["submission_key"], "unsent_in": "tool"}
    assert staff.post(waivers, form | {"reason": ""}).status_code == 422
    assert find(staff).json == FOUND
    assert staff.post(waivers, form | {"reason": "Taught here for years."}).status_code == 303
    assert count(database) == 0


def test_a_form_that_is_answered_with_a_page_ends_it_too(browse, database) -> None:
    staff = browse(Role.ADMINISTRATOR)
    keep(staff)
    form = {"name": "CRM", "eligibility": "yes", "covers": "platform"}
    taken = {"unsent_key": FORM["submission_key"], "unsent_in": "tool"}
    assert staff.post(staff.path("/systems"), form | taken).status_code == 200
    assert count(database) == 0


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"draft_number": "many"}, 422),
        ({"submission_key": "a key with spaces"}, 422),
        ({"content": "x" * 70_000}, 422),
        ({"content": "x" * 2_000_000}, 413),
    ],
)
def test_what_no_form_of_ours_sends_is_refused(browse, database, change: dict[str, str], status: int) -> None:
    assert keep(browse(Role.MENTEE), **change).status_code == status
    assert count(database) == 0
