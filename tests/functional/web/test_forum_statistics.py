"""The page of figures of a forum: who finds it where, and what it says when there is little."""

import pytest

from service.db import transaction
from service.people.models import Role
from tests.functional.web.conftest import Browser
from tests.functional.web.forum_forms import opened, posted
from tests.makers import make_member, make_platform

COMMUNITY = "/forums/community/statistics"


@pytest.mark.parametrize(
    ("key", "may"),
    [
        ("community", {Role.COORDINATOR, Role.ADMINISTRATOR}),
        ("introductions", {Role.COORDINATOR, Role.ADMINISTRATOR}),
        ("announcements", {Role.COORDINATOR, Role.ADMINISTRATOR}),
        ("cases", {Role.COORDINATOR, Role.ADMINISTRATOR}),
        ("network", {Role.ADMINISTRATOR}),
        ("relation", set()),
        ("supervision", set()),
        ("none", set()),
    ],
)
def test_who_finds_the_figures(app, browse, database, key: str, may: set[Role]) -> None:
    path = f"/forums/{key}/statistics"
    for role in Role:
        browser = browse(role)
        forum = browser.get(browser.path(f"/forums/{key}")).text
        assert browser.get(browser.path(path)).status_code == (200 if role in may else 404), role
        assert (path in forum) is (role in may), role
    with transaction(database) as session:
        far = make_platform(session, "https://x.example")
        stranger = Browser(app, make_member(session, "x", Role.COORDINATOR, platform=far))
    assert stranger.get(browse(Role.COORDINATOR).path(path)).status_code == 401
    assert browse().get(browse(Role.COORDINATOR).path(path)).status_code == 401


def test_a_lead_team_finds_them_in_its_forum_alone(browse) -> None:
    mentor, coordinator = browse(Role.MENTOR), browse(Role.COORDINATOR)
    settings = coordinator.path("/forums/community/settings")
    assert coordinator.post(settings, {"seat": mentor.member.public_id}).status_code == 303
    assert COMMUNITY in mentor.get(mentor.path("/forums/community")).text
    assert mentor.get(mentor.path(COMMUNITY)).status_code == 200
    assert mentor.get(mentor.path("/forums/questions/statistics")).status_code == 404


def test_a_forum_of_one_thread_leads_there_too(browse) -> None:
    mentor, coordinator = browse(Role.MENTOR), browse(Role.COORDINATOR)
    thread = opened(mentor, "lessons")
    assert "/forums/lessons/statistics" in coordinator.get(thread).text
    assert "/forums/lessons/statistics" not in mentor.get(thread).text
    page = coordinator.get(coordinator.path("/forums/lessons/statistics")).text
    assert "In none of the last twelve months" in page
    assert 'id="answers"' not in page


def test_nothing_is_shown_of_few(browse) -> None:
    coordinator = browse(Role.COORDINATOR)
    assert "Nobody has written here yet." in coordinator.get(coordinator.path(COMMUNITY)).text
    thread = opened(browse(Role.MENTOR))
    posted(browse(Role.YOUTH_WORKER), thread)
    page = coordinator.get(coordinator.path(COMMUNITY)).text
    assert "In none of the last twelve months did five or more people" in page
    assert "Shown once there are five threads" in page
    assert "<table" not in page


def test_the_figures_of_many(app, browse, database) -> None:
    coordinator = browse(Role.COORDINATOR)
    with transaction(database) as session:
        more = [Browser(app, make_member(session, f"more-{n}", Role.MENTOR)) for n in range(5)]
    for one in more[:4]:
        thread = opened(one)
        posted(more[4], thread)
    opened(more[4])
    page = " ".join(coordinator.get(coordinator.path(COMMUNITY)).text.split())
    assert "9 posts" in page
    assert '<td class="number">5</td><td class="number">9</td><td class="number">5</td>' in page
    assert "Answered by somebody else: 4 of 5 threads" in page
    assert "Fewer than five were answered" in page
    posted(more[0], opened(more[1]))
    page = " ".join(coordinator.get(coordinator.path(COMMUNITY)).text.split())
    assert "Answered by somebody else: 5 of 6 threads" in page
    assert "half were quicker, half slower): less than an hour." in page
