"""What moderators do to threads and posts, one after the other and at once."""

import re

import pytest
from sqlalchemy import select

from service.forums.models import ModerationEntry
from service.people.models import Role
from tests.functional.web.forum_forms import form, last_post, opened, posted, version


def test_two_moderators_at_once(browse, database) -> None:
    coordinator, administrator = browse(Role.COORDINATOR), browse(Role.ADMINISTRATOR)
    thread = opened(coordinator)
    shown = version(administrator.get(thread).text)
    assert coordinator.post(f"{thread}/manage", {"act": "pin", "version": shown}).status_code == 303
    late = administrator.post(f"{thread}/manage", {"act": "lock", "version": shown})
    assert late.status_code == 409
    assert "Someone else was quicker" in late.text
    assert (
        administrator.post(
            f"{thread}/manage", {"act": "lock", "version": version(administrator.get(thread).text)}
        ).status_code
        == 303
    )
    with database() as session:
        assert session.scalars(select(ModerationEntry.act).order_by(ModerationEntry.id)).all() == ["pin", "lock"]
    page = coordinator.post(thread, form(text="After the lock"))
    assert page.status_code == 409
    assert "the thread was locked" in page.text


@pytest.mark.parametrize(
    "fields", [{}, {"act": "burn"}, {"act": "pin"}, {"act": "move", "forum": "nothing"}, {"act": "pin", "version": "x"}]
)
def test_a_form_of_moderation_that_is_not_ours_changes_nothing(browse, database, fields: dict[str, str]) -> None:
    coordinator = browse(Role.COORDINATOR)
    thread = opened(coordinator)
    assert coordinator.post(f"{thread}/manage", {"version": ""} | fields).status_code in {409, 422}
    with database() as session:
        assert session.scalars(select(ModerationEntry)).all() == []


def test_a_thread_moves_only_to_fewer_readers(browse) -> None:
    coordinator, mentor = browse(Role.COORDINATOR), browse(Role.MENTOR)
    thread = opened(coordinator, "coordinators")
    assert (
        coordinator.post(f"{thread}/manage", {"act": "move", "forum": "community", "version": "1"}).status_code == 422
    )
    thread = opened(mentor)
    assert (
        coordinator.post(f"{thread}/manage", {"act": "move", "forum": "coordinators", "version": "1"}).status_code
        == 303
    )
    assert coordinator.get(thread).status_code == 200
    assert mentor.get(thread).status_code == 404


def test_a_post_is_split_off_with_its_replies(browse, database) -> None:
    mentor, coordinator = browse(Role.MENTOR), browse(Role.COORDINATOR)
    thread = opened(mentor, text="One")
    posted(mentor, thread, text="Two")
    second = last_post(database)
    posted(mentor, thread, text="Three", reply=second)
    posted(mentor, thread, text="Four")
    path = coordinator.path(f"/forums/posts/{second}/split")
    assert coordinator.post(path, {"title": "", "version": "1"}).status_code == 422
    assert mentor.post(path, {"title": "Mine", "version": "1"}).status_code == 403
    answer = coordinator.post(path, {"title": "Another matter", "version": "1"})
    assert answer.status_code == 303
    assert coordinator.post(path, {"title": "Again", "version": "1"}).status_code == 409
    page = coordinator.get(answer.location).text
    assert "Another matter" in page
    assert re.findall(r'id="(post-\d)"', page) == ["post-1", "post-2"]
    assert re.findall(r'id="(post-\d)"', coordinator.get(thread).text) == ["post-1", "post-4"]


def test_a_moderator_hides_a_post_and_shows_it_again(browse, database) -> None:
    mentor, coordinator = browse(Role.MENTOR), browse(Role.COORDINATOR)
    thread = opened(mentor, text="Hot words")
    path = coordinator.path(f"/forums/posts/{last_post(database)}")
    assert coordinator.post(f"{path}/hide", {"act": "hide", "reason": " "}).status_code == 422
    answer = coordinator.post(f"{path}/hide", {"act": "hide", "reason": "x" * 501})
    assert (answer.status_code, "x" * 501 in answer.text) == (422, True)
    assert "The reason is too long: at most 500 characters." in answer.text
    assert coordinator.post(f"{path}/hide", {"act": "hide", "reason": "Names a mentee"}).status_code == 303
    assert coordinator.post(f"{path}/hide", {"act": "hide", "reason": "Twice"}).status_code == 409
    for page in (mentor.get(thread).text, mentor.get(path).text, mentor.get(mentor.path("/forums/?q=hot")).text):
        assert "Hot words" not in page
    assert "Hot words" in coordinator.get(path).text
    assert mentor.post(f"{path}/hide", {"act": "show"}).status_code == 403
    assert coordinator.post(f"{path}/hide", {"act": "show"}).status_code == 303
    assert "Hot words" in mentor.get(thread).text
    with database() as session:
        assert session.scalars(select(ModerationEntry.reason).order_by(ModerationEntry.id)).all() == [
            "Names a mentee",
            "",
        ]


def test_a_lead_team_moderates_and_does_not_read_what_is_for_coordinators(browse, database) -> None:
    coordinator, mentor, other = browse(Role.COORDINATOR), browse(Role.MENTOR), browse(Role.YOUTH_WORKER)
    settings = coordinator.path("/forums/community/settings")
    for days in ("0", "x", "99999", "-1"):
        assert coordinator.post(settings, {"days": days}).status_code == 422
    seats = {"days": "30", "seat": [mentor.member.public_id, "\0"]}
    assert coordinator.post(settings, seats).status_code == 303
    assert re.search(f'value="{mentor.member.public_id}" checked', coordinator.get(settings).text)
    thread = opened(other)
    posted(other, thread, text="For coordinators", is_private="yes")
    page = mentor.get(thread).text
    assert "For coordinators" not in page
    assert mentor.post(f"{thread}/manage", {"act": "pin", "version": "1"}).status_code == 303
    assert "For coordinators" in coordinator.get(thread).text
    assert mentor.get(settings).status_code == 403
    assert coordinator.post(settings, {"days": ""}).status_code == 303
    assert mentor.post(f"{thread}/manage", {"act": "lock", "version": "2"}).status_code == 403
