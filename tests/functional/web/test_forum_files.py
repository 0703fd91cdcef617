"""Pictures and documents in posts: asked for words, kept through preview and refusal, given to readers alone."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from service.config import FileLimits
from service.db import transaction, utc_now
from service.forums.attachments import MOST_WAITING, clear_files
from service.forums.file_models import PostFile
from service.forums.file_store import FolderStore
from service.people.models import Role
from tests.files import picture
from tests.functional.web.conftest import ORIGIN, Browser
from tests.functional.web.forum_forms import form, last_post, opened
from tests.makers import make_member, make_platform

PDF = b"%PDF-1.7\n1 0 obj\n"


def sent(*files: tuple[str, bytes], **fields) -> dict:
    """A form with files, by name and content."""
    return form(**fields) | {"file": [(io.BytesIO(content), name) for name, content in files]}


def stored(app: Flask) -> list[Path]:
    return [path for path in FolderStore(app.extensions["settings"].state_path).path.glob("*/*") if path.is_file()]


def addresses(page: str) -> list[str]:
    return re.findall(r'"(/course/[^"]*/forums/files/[a-z2-7]{16})"', page)


def with_picture(browser: Browser, thread: str, **fields) -> str:
    answer = browser.post(thread, sent(("dom.png", picture()), alt="A red house", **fields))
    assert answer.status_code == 303, answer.text
    return addresses(browser.get(thread).text)[0]


def test_a_picture_and_a_document_are_posted_and_given_to_readers(browse, database) -> None:
    mentor, other = browse(Role.MENTOR), browse(Role.YOUTH_WORKER)
    thread = opened(mentor)
    address = with_picture(mentor, thread)
    page = other.get(thread).text
    assert 'alt="\u2068A red house\u2069" width="40" height="30"' in page
    assert "dom.png" not in page
    answer = other.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.headers["Content-Disposition"] == "inline; filename=picture.png"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert other.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert mentor.post(thread, sent(("../plan\u202efdp.exe", PDF))).status_code == 303
    page = other.get(thread).text
    assert '<bdi>planfdp.pdf</bdi></a> <span class="note">PDF, 1\xa0kB' in page.replace("1 kB", "1\xa0kB")
    answer = other.get(addresses(page)[-1])
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"] == "attachment; filename=planfdp.pdf"


@pytest.mark.parametrize(("alt", "language"), [("בית אדום", "he"), ("Czerwony dom, w środku ktoś", "pl")])
def test_the_words_for_a_picture_are_read_aloud_in_their_language(browse, alt: str, language: str) -> None:
    mentor = browse(Role.MENTOR)
    thread = opened(mentor)
    assert mentor.post(thread, sent(("a.png", picture()), alt=alt)).status_code == 303
    assert f'<p class="picture" lang="{language}"><img' in mentor.get(thread).text


def test_a_thread_opens_with_a_picture(browse) -> None:
    mentor = browse(Role.MENTOR)
    answer = mentor.post(mentor.path("/forums/community/new"), sent(("a.png", picture()), alt="A house"))
    assert answer.status_code == 303
    assert 'alt="\u2068A house\u2069"' in mentor.get(answer.location.partition("?")[0]).text


def test_without_words_for_a_picture_nothing_is_posted_and_nothing_is_lost(browse, database) -> None:
    mentor = browse(Role.MENTOR)
    thread = opened(mentor)
    typed = sent(("house.png", picture()), text="Typed text")
    page = mentor.post(thread, typed)
    assert page.status_code == 422
    assert "Say what the picture “\u2068house.png\u2069” shows" in page.text
    assert "Typed text</textarea>" in page.text
    name = re.search(r'name="(alt-[a-z2-7]{16})"', page.text)[1]
    assert f'href="#field-{name}"' in page.text
    assert mentor.get(addresses(page.text)[0]).status_code == 200
    again = {**typed, name: "A red house"}
    del again["file"]
    assert mentor.post(thread, again).status_code == 303
    assert 'alt="\u2068A red house\u2069"' in mentor.get(thread).text


def test_a_preview_keeps_the_files_and_the_form_finds_them_later(browse) -> None:
    mentor, other = browse(Role.MENTOR), browse(Role.YOUTH_WORKER)
    thread = opened(mentor)
    typed = sent(("a.png", picture()), ("b.png", picture(colour="blue")), act="preview", text="Soon")
    page = mentor.post(thread, typed).text
    assert "Not posted yet" in page
    waiting = addresses(page)
    assert len(waiting) == 2
    assert other.get(waiting[0]).status_code == 404
    assert addresses(other.get(thread).text) == []
    page = mentor.get(thread).text
    assert "Soon</textarea>" in page
    assert addresses(page) == waiting
    # The page is another form, which went on from the first.
    ids = [address.rpartition("/")[2] for address in waiting]
    draft = re.search(r'name="draft" value="([^"]+)"', page)[1]
    data = form(text="Now", draft=draft, drop=ids[0], **{f"alt-{ids[1]}": "A blue house"})
    assert mentor.post(thread, data).status_code == 303
    page = other.get(thread).text
    assert addresses(page) == waiting[1:]
    assert 'alt="\u2068A blue house\u2069"' in page
    assert mentor.get(waiting[0]).status_code == 404


def test_the_same_form_twice_posts_its_files_once(browse) -> None:
    mentor = browse(Role.MENTOR)
    thread = opened(mentor)
    typed = form()
    for _ in range(2):
        answer = mentor.post(thread, {**typed, "alt": "A house", "file": (io.BytesIO(picture()), "a.png")})
        assert answer.status_code == 303
    assert len(addresses(mentor.get(thread).text)) == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("drawing.png", b"<svg onload='x()'/>", "is a web page or an SVG drawing"),
        ("page.txt", b"<!doctype html><script>x()</script>", "is a web page or an SVG drawing"),
        ("tool.pdf", b"MZ\x00", "cannot be added. Possible are pictures"),
        ("none.pdf", b"", "is empty"),
        ("film.png", b"\x89PNG\r\n\x1a\n", "cannot be read as a picture"),
        ("<b>&x.pdf", b"", "“\u2068&lt;b&gt;&amp;x.pdf\u2069” is empty"),
    ],
)
def test_what_is_refused_is_said_and_what_was_typed_stays(
    browse, app: Flask, name: str, content: bytes, words: str
) -> None:
    mentor = browse(Role.MENTOR)
    page = mentor.post(mentor.path("/forums/community/new"), sent((name, content), text="Typed text"))
    assert page.status_code == 422
    assert words in page.text
    assert "Typed text</textarea>" in page.text
    assert 'href="#field-file"' in page.text
    assert stored(app) == []


def test_there_are_limits_of_number_and_room(browse, app: Flask, database) -> None:
    mentor = browse(Role.MENTOR)
    thread = opened(mentor)
    many = [(f"{n}.pdf", PDF + bytes([n + 65])) for n in range(5)]
    page = mentor.post(thread, sent(*many))
    assert page.status_code == 422
    assert "“\u20684.pdf\u2069” was not added: a post has at most 4 files" in page.text
    assert len(addresses(page.text)) == 4
    with transaction(database) as session:
        session.execute(update(PostFile).values(size=999_999_999))
    page = mentor.post(thread, sent(("more.pdf", PDF)))
    assert "the files of this course take all the room" in page.text
    with transaction(database) as session:
        session.execute(update(PostFile).values(size=1))
        row = session.scalars(select(PostFile)).first()
        values = {name: getattr(row, name) for name in ("course_id", "person_id", "kind", "name", "size", "digest")}
        more = dict(values, submission_key="elsewhere", width=0, height=0, added_at=utc_now())
        session.add_all([PostFile(**more) for _ in range(MOST_WAITING - 4)])
    assert "many files wait in posts that were begun" in mentor.post(thread, sent(("more.pdf", PDF))).text


def test_a_document_is_not_posted_without_a_name(browse) -> None:
    mentor = browse(Role.MENTOR)
    thread = opened(mentor)
    page = mentor.post(thread, sent(("plan.pdf", PDF), is_unnamed="yes"))
    assert page.status_code == 422
    assert "may say in its properties who wrote it" in page.text
    with_picture(mentor, thread, is_unnamed="yes")


def test_names_of_mentees_are_found_in_what_files_say(browse, database) -> None:
    mentor = browse(Role.MENTOR)
    thread = opened(mentor)
    with transaction(database) as session:
        make_member(session, "child", Role.MENTEE).person.name = "Zofia Kalinowska"
    page = mentor.post(thread, sent(("a.png", picture()), alt="Kalinowska on a bench"))
    assert page.status_code == 422
    assert "Why the name is needed" in page.text


def test_a_file_is_hidden_and_deleted_with_its_post(browse, app: Flask, database) -> None:
    mentor, other, staff = browse(Role.MENTOR), browse(Role.YOUTH_WORKER), browse(Role.COORDINATOR)
    thread = opened(mentor)
    address = with_picture(mentor, thread)
    post = mentor.path(f"/forums/posts/{last_post(database)}")
    staff.post(f"{post}/hide", {"act": "hide", "reason": "A face"})
    assert [who.get(address).status_code for who in (mentor, other, staff)] == [404, 404, 200]
    assert addresses(other.get(thread).text) == []
    assert addresses(staff.get(post).text) == [address]
    staff.post(f"{post}/hide", {"act": "show"})
    assert other.get(address).status_code == 200
    mentor.post(f"{post}/delete", {})
    assert [who.get(address).status_code for who in (mentor, other, staff)] == [404, 404, 404]
    assert len(stored(app)) == 1
    clear_files(database, FolderStore(app.extensions["settings"].state_path), at=utc_now())
    assert stored(app) == []
    with database() as session:
        assert session.scalars(select(PostFile)).all() == []


def test_only_readers_of_the_post_get_its_file(browse, app: Flask, database) -> None:
    staff, mentor = browse(Role.COORDINATOR), browse(Role.MENTOR)
    address = with_picture(staff, opened(staff, "coordinators"))
    assert staff.get(address).status_code == 200
    assert mentor.get(address).status_code == 404
    assert browse().get(address).status_code == 401
    with transaction(database) as session:
        elsewhere = make_member(session, "elsewhere", Role.COORDINATOR, platform=make_platform(session, "https://b"))
    stranger = Browser(app, elsewhere)
    assert stranger.get(stranger.path(f"/forums/files/{address.rpartition('/')[2]}")).status_code == 404
    private = opened(staff, "announcements")
    hidden = with_picture(mentor, private, is_private="yes")
    assert browse(Role.YOUTH_WORKER).get(hidden).status_code == 404
    assert staff.get(hidden).status_code == 200


def test_what_was_never_posted_goes_after_a_month_and_strays_after_a_day(browse, app: Flask, database) -> None:
    mentor = browse(Role.MENTOR)
    store = FolderStore(app.extensions["settings"].state_path)
    thread = opened(mentor)
    mentor.post(thread, sent(("a.png", picture()), act="preview"))
    store.keep("a" * 16, b"written by a request that was then rolled back")
    now = utc_now()  # once: a turn is fifteen seconds
    for days, left in ((0.5, 2), (29, 1), (31, 0)):
        for turn in range(len(list(store.path.iterdir()))):
            clear_files(database, store, at=now + timedelta(days=days, seconds=15 * turn))
        assert len(stored(app)) == left


def test_a_version_that_is_thrown_away_takes_its_files_along(browse) -> None:
    mentor = browse(Role.MENTOR)
    thread = opened(mentor)
    typed = sent(("a.png", picture()), act="preview")
    address = addresses(mentor.post(thread, typed).text)[0]
    place = thread.rpartition("/")[2]
    key = {"submission_key": typed["submission_key"]}
    mentor.post(mentor.path(f"/forums/drafts/{place}/discard"), key)
    assert mentor.get(address).status_code == 404
    assert addresses(mentor.get(thread).text) == []


@pytest.mark.parametrize(("path", "size"), [("new", 21_000_001), ("read", 1_048_577)])
def test_a_form_with_too_much_is_refused_as_a_whole(browse, path: str, size: int) -> None:
    mentor = browse(Role.MENTOR)
    answer = mentor.client.post(
        mentor.path(f"/forums/community/{path}"),
        base_url=ORIGIN,
        data=b"x" * size,
        content_type="multipart/form-data; boundary=edge",
        headers={"Origin": ORIGIN},
    )
    assert answer.status_code == 413


def limited(app: Flask, limits: FileLimits) -> None:
    app.extensions["settings"] = replace(app.extensions["settings"], files=limits)


def test_a_file_that_is_too_large_is_refused_alone(browse, app: Flask) -> None:
    limited(app, FileLimits(each_mb=0))
    mentor = browse(Role.MENTOR)
    page = mentor.post(mentor.path("/forums/community/new"), sent(("long.pdf", PDF), text="Typed text"))
    assert page.status_code == 422
    assert "“\u2068long.pdf\u2069” has more than 0 MB" in page.text
    assert "Typed text</textarea>" in page.text


def test_an_installation_may_take_no_files(browse, app: Flask) -> None:
    limited(app, FileLimits(in_post=0))
    mentor = browse(Role.MENTOR)
    assert 'type="file"' not in mentor.get(mentor.path("/forums/community/new")).text
    page = mentor.post(mentor.path("/forums/community/new"), sent(("a.png", picture()), alt="x"))
    assert page.status_code == 422
    assert stored(app) == []
