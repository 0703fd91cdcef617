"""The content pickers: whose they are, what they find, what they send, and what goes wrong on the way."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from lti.claims import DeepLinkingSettings
from service.db import transaction, utc_now
from service.forums.rules import PLANS
from service.modules.content import Catalogue
from service.modules.deep_linking import record_request
from service.modules.models import DeepLinkingRequest, Placement
from service.modules.operations import note_link
from service.people.models import Membership, Role
from service.platforms.operations import ensure_signing_key
from tests.conformance.picking import LINKING, offered
from tests.functional.web.conftest import Browser
from tests.makers import make_catalogue, make_member, make_module

SETTINGS = DeepLinkingSettings("https://lms.example/back?a=1&b=2", ("ltiResourceLink",), True, None)


@pytest.fixture
def ask(app, database: sessionmaker[Session]):
    """`ask(member)` has the LMS ask a member for content, and returns the path of the picker."""

    def _ask(member: Membership, settings: DeepLinkingSettings = SETTINGS, **changes: Any) -> str:
        with transaction(database) as session:
            ensure_signing_key(session, app.extensions["settings"].secret_key, at=utc_now())
            request = record_request(session, member, "1", settings, at=utc_now())
            for name, value in changes.items():
                setattr(request, name, value)
            return f"/course/{member.course.public_id}/pick/{request.public_id}"

    return _ask


def _items(page: Any) -> list[dict[str, Any]]:
    """Return what the page sends to the LMS."""
    token = page.text.partition('name="JWT" value="')[2].partition('"')[0]
    claims = jwt.decode(token, options={"verify_signature": False})
    items: list[dict[str, Any]] = claims[LINKING + "content_items"]
    return items


def test_another_members_request_is_nobodys(browse, members, ask) -> None:
    path = ask(members[Role.ADMINISTRATOR])
    coordinator = browse(Role.COORDINATOR)
    for place in (path, coordinator.path("/pick/aaaaaaaaaaaaaaaa"), coordinator.path("/pick/%00")):
        assert coordinator.get(place).status_code == 404
        assert coordinator.post(place, {"act": "add", "content": "home"}).status_code == 404
        assert coordinator.post(place, {"act": "cancel"}).status_code == 404
    administrator = browse(Role.ADMINISTRATOR)
    assert administrator.get(path).status_code == 200


def test_a_request_is_good_in_its_own_course_only(app, members, ask, database) -> None:
    path = ask(members[Role.COORDINATOR])
    with transaction(database) as session:
        elsewhere = make_member(session, "coordinator-1", Role.COORDINATOR, context_id="course-9")
    browser = Browser(app, elsewhere)
    assert browser.get(browser.path("/pick/" + path.rpartition("/")[2])).status_code == 404


@pytest.mark.parametrize("role", [Role.MENTOR, Role.MENTEE, Role.YOUTH_WORKER])
def test_a_learner_does_not_pick(browse, members, ask, role: Role) -> None:
    path = ask(members[role])
    assert browse(role).get(path).status_code == 403
    assert browse(role).post(path, {"act": "add", "content": "home"}).status_code == 403


def test_an_expired_request_says_so_and_sends_nothing(browse, members, ask) -> None:
    path = ask(members[Role.COORDINATOR], expires_at=utc_now() - timedelta(seconds=1))
    for page in (browse(Role.COORDINATOR).get(path), browse(Role.COORDINATOR).post(path, {"content": "home"})):
        assert page.status_code == 409
        assert "The choice was open for too long" in page.text
        assert 'name="JWT"' not in page.text


def test_two_clicks_at_once_are_one_answer(browse, members, ask, database) -> None:
    path = ask(members[Role.COORDINATOR])
    pages: list[Any] = []
    clicks = [
        threading.Thread(target=lambda: pages.append(browse(Role.COORDINATOR).post(path, {"content": "home"})))
        for _ in range(4)
    ]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert [page.status_code for page in pages] == [200] * 4
    with database() as session:
        token = session.scalars(select(DeepLinkingRequest.token)).one()
    assert all(token in page.text for page in pages)


def test_nothing_chosen_is_asked_again_with_the_search_kept(browse, members, ask, database) -> None:
    path = ask(members[Role.COORDINATOR])
    page = browse(Role.COORDINATOR).post(path, {"act": "add", "q": "roles", "content": "module:nothing"})
    assert page.status_code == 422
    assert "Choose at least one activity" in page.text
    assert 'value="roles"' in page.text
    with database() as session:
        assert session.scalars(select(DeepLinkingRequest.answered_at)).one() is None


def test_an_lms_that_takes_one_gets_one(browse, members, ask) -> None:
    path = ask(members[Role.COORDINATOR], takes_many=False)
    browser = browse(Role.COORDINATOR)
    page = browser.get(path)
    assert 'type="radio" name="content"' in page.text
    assert 'type="checkbox"' not in page.text
    refused = browser.post(path, {"content": ["home", "readiness"]})
    assert refused.status_code == 422
    assert len(_items(browser.post(path, {"content": "readiness"}))) == 1


def _titled(**titles: str) -> Catalogue:
    """Return a catalogue of one module, with these titles by language."""
    module = make_module("roles", ("mentor",))
    words = {language: replace(module.words[language], title=title) for language, title in titles.items()}
    return make_catalogue(replace(module, words={**module.words, **words}))


MARKUP = '<b>"Roles"</b> & \u202b\u05ea\u05e4\u05e7\u05d9\u05d3'


@pytest.mark.parametrize("catalogue", [_titled(en=MARKUP)], ids=["markup"])
def test_a_title_with_markup_is_shown_and_sent_as_it_is(browse, members, ask) -> None:
    path = ask(members[Role.COORDINATOR])
    browser = browse(Role.COORDINATOR)
    page = browser.get(path)
    assert "<b>" not in page.text
    assert "&lt;b&gt;" in page.text
    [item] = _items(browser.post(path, {"content": "module:roles"}))
    assert item["title"] == item["lineItem"]["label"] == MARKUP


@pytest.mark.parametrize("catalogue", [_titled(he="תַּפְקִידִים בליווי", pl="Łączenie w pary")], ids=["titles"])
@pytest.mark.parametrize("query", ["תפקידימ", "בליווי תפקידים", "laczenie", "ŁĄCZENIE PARY"])
def test_search_finds_titles_in_every_language_as_people_type_them(browse, members, ask, query: str) -> None:
    page = browse(Role.COORDINATOR).get(ask(members[Role.COORDINATOR]), query_string={"q": query})
    assert offered(page) == ["module:roles", "exercise:roles/first", "exercise:roles/second"]


FORUMS = {f"forum:{key}" for key in PLANS}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"home", "readiness", "board", "pairing", "course:basics", "module:roles", "module:stages", *FORUMS}),
        ("steering", {"forum:steering"}),
        ("ABOUT roles", {"module:roles"}),
        ("stages  about", {"module:stages"}),
        ("pairing", {"pairing"}),
        ("nothing like it", set()),
        ("<script>", set()),
    ],
)
def test_search(browse, members, ask, query: str, found: set[str]) -> None:
    page = browse(Role.COORDINATOR).get(ask(members[Role.COORDINATOR]), query_string={"q": query})
    assert page.status_code == 200
    shown = set(offered(page))
    assert {content for content in shown if not content.startswith("exercise:")} == found
    assert ("exercise:roles/second" in shown) is ("module:roles" in found)
    assert ("Nothing matches." in page.text) is (not found)


def test_an_exercise_is_found_below_its_module(browse, members, ask) -> None:
    page = browse(Role.COORDINATOR).get(ask(members[Role.COORDINATOR]), query_string={"q": "case second"})
    assert offered(page) == [
        *("module:roles", "exercise:roles/second"),
        *("module:stages", "exercise:stages/second"),
    ]
    assert '<details class="offer-parts" open>' in page.text


def test_what_is_chosen_outlasts_a_search(browse, members, ask) -> None:
    path = ask(members[Role.COORDINATOR])
    query = {"q": "stages", "content": ["home", "exercise:roles/first"], "role": "mentee"}
    page = browse(Role.COORDINATOR).get(path, query_string=query)
    for content in ("home", "exercise:roles/first"):
        assert f'value="{content}" checked' in page.text
    assert 'value="mentee" selected' in page.text


def test_the_picker_keeps_its_place_when_the_language_changes(browse, members, ask) -> None:
    path = ask(members[Role.COORDINATOR])
    browser = browse(Role.COORDINATOR)
    page = browser.get(path, query_string={"q": "stages"})
    assert f'name="next" value="{path}?q=stages"' in page.text
    refused = browser.post(path, {"q": "stages"})
    assert f'name="next" value="{path}"' in refused.text


def test_another_sites_page_cannot_answer(browse, members, ask) -> None:
    path = ask(members[Role.COORDINATOR])
    assert (
        browse(Role.COORDINATOR).post(path, {"content": "home"}, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    )


@pytest.fixture
def link(database: sessionmaker[Session], members) -> str:
    """The query of a link of which nobody has said what it shows."""
    with transaction(database) as session:
        note_link(session, members[Role.MENTOR].course_id, "7", "Week 1", at=utc_now())
    return "/link?id=7"


def test_only_staff_say_what_a_link_shows(browse, link: str, database) -> None:
    for role in (Role.MENTOR, Role.MENTEE):
        browser = browse(role)
        assert "This activity is not set up yet" in browser.get(browser.path(link)).text
        assert browser.post(browser.path(link), {"content": "home"}).status_code == 403
    coordinator = browse(Role.COORDINATOR)
    assert coordinator.post(coordinator.path(link), {}).status_code == 422
    answer = coordinator.post(coordinator.path(link), {"content": "readiness"})
    assert answer.location == coordinator.path("/people/")
    assert "From now on the activity shows this: My readiness" in coordinator.get(answer.location).text
    mentor = browse(Role.MENTOR)
    assert mentor.get(mentor.path(link)).location == mentor.path("/readiness")
    with database() as session:
        assert session.scalars(select(Placement.content)).one() == "readiness"


@pytest.mark.parametrize("link_id", ["8", "", "\0", "7\n", "x" * 3000])
def test_a_link_that_was_never_opened_is_none(browse, link: str, link_id: str, database) -> None:
    coordinator = browse(Role.COORDINATOR)
    path = coordinator.path("/link?") + urlencode({"id": link_id})
    assert coordinator.get(path).status_code == 404
    assert browse(Role.MENTOR).get(path).status_code == 404
    assert coordinator.post(path, {"content": "home"}).status_code == 404
    with database() as session:
        assert session.scalars(select(Placement.content)).all() == [""]


def test_a_course_link_shows_the_modules_of_that_course(browse) -> None:
    mentor = browse(Role.MENTOR)
    page = mentor.get(mentor.path("/?course=basics")).text
    assert '<h2 id="training">Basics</h2>' in page
    assert "About roles" in page
    assert '<h2 id="training">Training</h2>' in mentor.get(mentor.path("/?course=nothing")).text
