"""A mentee's name is asked about before it is posted outside of a relation; who insists says why, and it is logged."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.forums.models import ModerationEntry, Post
from service.people.models import Membership, Person, Role
from tests.functional.web.forum_forms import form, last_post, opened

TEXT = "I met Kalina Zmyślona. With Kaliną it is easy."


@pytest.fixture(autouse=True)
def _mentee(database: sessionmaker[Session], members: dict[Role, Membership]) -> None:
    with transaction(database) as session:
        session.get_one(Person, members[Role.MENTEE].person_id).name = "Kalina Zmyślona"


def test_a_name_is_asked_about_before_it_is_posted(browse, database) -> None:
    mentor = browse(Role.MENTOR)
    path = mentor.path("/forums/community/new")
    page = mentor.post(path, form(text=TEXT))
    assert page.status_code == 422
    assert "This seems to name a mentee" in page.text
    assert "Kalina\u2069, \u2068Zmyślona\u2069, \u2068Kaliną" in page.text
    assert f"{TEXT}</textarea>" in page.text
    page = mentor.post(path, form(text=TEXT, act="reword", title="On Kalina"))
    assert page.status_code == 200
    assert "I met a mentee. With a mentee it is easy.</textarea>" in page.text
    assert 'value="On a mentee"' in page.text
    with database() as session:
        assert session.scalars(select(Post)).all() == []
    page = mentor.post(path, form(text=TEXT, reason="x" * 501))
    assert (page.status_code, "x" * 501 in page.text) == (422, True)
    assert "The reason is too long: at most 500 characters." in page.text
    assert mentor.post(path, form(text=TEXT, reason="\u200b \u2060")).status_code == 422, "nothing is no reason"
    opened(mentor, text=TEXT, reason="She reads it first, and agreed")
    with database() as session:
        [entry] = session.scalars(select(ModerationEntry))
        assert (entry.act, entry.reason) == ("name", "She reads it first, and agreed")


def test_a_name_is_asked_about_in_replies_titles_answers_and_changes(browse, database) -> None:
    mentor = browse(Role.MENTOR)
    thread = opened(mentor, text="A case")
    page = mentor.post(thread, form(text="It was Kalina"))
    assert page.status_code == 422
    assert "It was Kalina</textarea>" in page.text
    for fields in ({"title": "Kalina"}, {"options": "Kalina\nAsk"}):
        typed = {"options": "Wait\nAsk"} | fields
        assert mentor.post(mentor.path("/forums/dilemmas/new"), form(**typed)).status_code == 422
    post = mentor.path(f"/forums/posts/{last_post(database)}")
    page = mentor.post(post, {"text": "It was Kalina", "edits": "0"})
    assert page.status_code == 422
    assert "Why the name is needed" in page.text
    again = {"text": "It was Kalina", "edits": "0", "name-reason": "Kalina is a brand here"}
    assert mentor.post(post, again).status_code == 303


def test_nobody_is_asked_where_it_is_known_or_of_oneself(browse, members) -> None:
    mentor, mentee = browse(Role.MENTOR), browse(Role.MENTEE)
    assert mentor.post(mentor.path("/forums/supervision/new"), form(text=TEXT)).status_code == 303
    assert mentee.post(mentee.path("/forums/supervision/new"), form(text=TEXT)).status_code == 303
    assert mentor.post(mentor.path("/forums/community/new"), form(text="Nobody is named")).status_code == 303
