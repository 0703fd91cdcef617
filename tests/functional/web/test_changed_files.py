"""Files of a post that is changed: added and taken out like those of a new one; what it had before is its history."""

import io
from datetime import timedelta

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select, update

from service.db import transaction, utc_now
from service.forums.attachments import clear_files
from service.forums.file_models import PostFile
from service.forums.file_store import FolderStore
from service.forums.models import Post, PostRevision
from service.people.models import Role
from tests.files import picture
from tests.functional.web.conftest import Browser
from tests.functional.web.forum_forms import last_post, opened
from tests.functional.web.test_forum_files import PDF, addresses, stored, with_picture
from tests.makers import make_member


class Own:
    """A post of a mentor with one picture, which others read too."""

    def __init__(self, browse, database, **fields) -> None:
        self.mentor, self.other, self.staff = browse(Role.MENTOR), browse(Role.YOUTH_WORKER), browse(Role.COORDINATOR)
        self.thread = opened(self.mentor)
        self.picture = with_picture(self.mentor, self.thread, **fields)
        self.page = self.mentor.path(f"/forums/posts/{last_post(database)}")

    def change(self, *files: tuple[str, bytes], text: str = "Hello", edits: str = "0", **fields):
        sent = [(io.BytesIO(content), name) for name, content in files]
        return self.mentor.post(self.page, {"text": text, "edits": edits, "file": sent, **fields})

    def shown_to(self, browser: Browser) -> list[str]:
        return addresses(browser.get(self.thread).text)


@pytest.fixture
def own(browse, database) -> Own:
    return Own(browse, database)


def name_of(address: str) -> str:
    return address.rpartition("/")[2]


def test_files_are_added_and_taken_out_and_the_history_keeps_them(own: Own, database) -> None:
    assert own.change(("plan.pdf", PDF), drop=name_of(own.picture)).status_code == 303
    (document,) = own.shown_to(own.other)
    assert own.other.get(document).data == PDF
    # What was taken out is for those who see what the post said before.
    assert [who.get(own.picture).status_code for who in (own.mentor, own.staff, own.other)] == [200, 200, 404]
    for who in (own.mentor, own.staff):
        past = who.get(own.page).text.partition("What it was before")[2]
        assert addresses(past) == [own.picture]
        assert 'alt="\u2068A red house\u2069"' in past
    assert "What it was before" not in own.other.get(own.page).text
    with database() as session:
        assert session.scalars(select(Post.edits).order_by(Post.id.desc())).first() == 1


def test_words_for_a_picture_can_be_changed_and_what_they_were_is_kept(own: Own) -> None:
    name = f"alt-{name_of(own.picture)}"
    page = own.change(**{name: " "})
    assert page.status_code == 422
    assert f'href="#field-{name}"' in page.text
    assert own.change(text="Typed", **{name: "A blue house"}).status_code == 303
    assert 'alt="\u2068A blue house\u2069"' in own.other.get(own.thread).text
    assert 'alt="\u2068A red house\u2069"' in own.staff.get(own.page).text.partition("What it was before")[2]


def test_what_changes_nothing_leaves_no_trace(own: Own, database) -> None:
    assert own.change(**{f"alt-{name_of(own.picture)}": "A red house"}).status_code == 303
    assert own.change(("again.png", picture())).status_code == 303
    assert own.shown_to(own.other) == [own.picture]
    with database() as session:
        assert session.scalars(select(PostRevision)).all() == []


def test_a_refused_change_keeps_what_was_typed_and_sent(own: Own) -> None:
    page = own.change(("new.png", picture(colour="blue")), text="Typed text", drop=name_of(own.picture))
    assert page.status_code == 422
    assert "Say what the picture “\u2068new.png\u2069” shows" in page.text
    assert "Typed text</textarea>" in page.text
    assert f'name="drop" value="{name_of(own.picture)}" checked' in page.text
    assert own.shown_to(own.other) == [own.picture]
    # Another window, or the same page later, finds what was sent.
    page = own.mentor.get(own.page).text
    assert "not in the post yet" in page
    waiting = addresses(page)[-1]
    assert own.other.get(waiting).status_code == 404
    assert own.change(**{f"alt-{name_of(waiting)}": "A blue house"}).status_code == 303
    assert own.shown_to(own.other) == [own.picture, waiting]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("drawing.svg", b"<svg onload='x()'/>", "is a web page or an SVG drawing"),
        ("tool.pdf", b"MZ\x00", "cannot be added. Possible are pictures"),
    ],
)
def test_content_is_looked_at_as_in_a_new_post(own: Own, app: Flask, name: str, content: bytes, words: str) -> None:
    page = own.change((name, content), text="Typed text")
    assert (page.status_code, words in page.text, "Typed text</textarea>" in page.text) == (422, True, True)
    assert len(stored(app)) == 1


def test_a_post_never_has_more_files_than_it_may(own: Own) -> None:
    many = [(f"{n}.pdf", PDF + bytes([n + 65])) for n in range(4)]
    page = own.change(*many)
    assert page.status_code == 422
    assert "“\u20683.pdf\u2069” was not added: a post has at most 4 files" in page.text
    # Three wait; when the picture goes, there is room for the fourth.
    assert own.change(many[3], drop=name_of(own.picture)).status_code == 303
    assert len(own.shown_to(own.other)) == 4


def test_what_another_window_sent_counts_too(own: Own) -> None:
    more = [(f"{n}.pdf", PDF + bytes([n + 65])) for n in range(3)]
    blue = ("blue.png", picture(colour="blue"))
    assert own.change(*more, blue, drop=name_of(own.picture)).status_code == 422  # the new picture has no words yet
    assert "was not added: a post has at most 4 files" in own.change().text
    assert own.shown_to(own.other) == [own.picture]


def test_a_document_does_not_come_to_a_post_without_a_name(browse, database) -> None:
    own = Own(browse, database, is_unnamed="yes")
    page = own.change(("plan.pdf", PDF))
    assert page.status_code == 422
    assert "may say in its properties who wrote it" in page.text


def test_names_of_mentees_are_found_in_words_that_are_changed(own: Own, database) -> None:
    with transaction(database) as session:
        make_member(session, "child", Role.MENTEE).person.name = "Zofia Kalinowska"
    said = {f"alt-{name_of(own.picture)}": "Kalinowska on a bench"}
    page = own.change(**said)
    assert page.status_code == 422
    assert "Why the name is needed" in page.text
    assert 'value="Kalinowska on a bench"' in page.text
    assert own.change(**said, **{"name-reason": "She asked for it"}).status_code == 303


def test_after_half_an_hour_nothing_is_taken(own: Own, app: Flask, database) -> None:
    with transaction(database) as session:
        session.execute(update(Post).values(posted_at=utc_now() - timedelta(minutes=31)))
    assert own.change(("plan.pdf", PDF), drop=name_of(own.picture)).status_code == 409
    assert own.shown_to(own.other) == [own.picture]
    assert len(stored(app)) == 1


def test_nobody_else_changes_the_files_of_a_post(own: Own, app: Flask, browse) -> None:
    for who in (own.other, own.staff, browse(Role.ADMINISTRATOR)):
        data = {"text": "Hello", "edits": "0", "file": (io.BytesIO(PDF), "a.pdf"), "drop": name_of(own.picture)}
        assert who.post(own.page, data).status_code == 403
    assert own.shown_to(own.other) == [own.picture]
    assert len(stored(app)) == 1


def test_of_two_windows_the_second_is_told_and_loses_no_file(own: Own) -> None:
    assert own.change(text="One").status_code == 303
    page = own.change(("plan.pdf", PDF), text="Two")
    assert page.status_code == 409
    assert "changed in another window" in page.text
    assert "plan.pdf" in page.text
    assert own.change(text="Two", edits="1").status_code == 303
    assert len(own.shown_to(own.other)) == 2


def test_a_deleted_post_takes_all_its_files_along(own: Own, app: Flask, database) -> None:
    assert own.change(("plan.pdf", PDF), drop=name_of(own.picture)).status_code == 303
    own.change(("new.png", picture(colour="blue")), edits="1")
    assert len(stored(app)) == 3
    own.mentor.post(f"{own.page}/delete", {})
    assert own.staff.get(own.picture).status_code == 404
    clear_files(database, FolderStore(app.extensions["settings"].state_path), at=utc_now())
    assert stored(app) == []
    with database() as session:
        assert session.scalars(select(PostFile)).all() == []


def test_where_no_cookie_is_kept_the_page_says_how_files_are_added(own: Own, app: Flask) -> None:
    session = {"person": own.mentor.member.person.public_id, "at": utc_now().timestamp()}
    held = URLSafeTimedSerializer(app.extensions["settings"].secret_key, salt="held-session").dumps(session)
    for path in (own.page, own.mentor.path("/forums/community/new")):
        assert 'type="file"' in own.mentor.get(path).text
        page = browser_without_cookies(app).post("/held", {"held_session": held, "held_path": path}).text
        assert 'type="file"' not in page
        assert "In a window of its own it can" in page
    fields = {"text": "Typed", "edits": "0", "as": session["person"], "drop": name_of(own.picture)}
    sent = {"held_session": held, "held_path": own.page, "held_method": "POST", **fields}
    assert browser_without_cookies(app).post("/held", sent).status_code == 200
    assert own.shown_to(own.other) == []


def browser_without_cookies(app: Flask) -> Browser:
    return Browser(app)
