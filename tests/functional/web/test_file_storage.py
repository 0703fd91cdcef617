"""Files of posts in storage of the S3 kind: as in the folder, and nothing is lost or shown while it does not answer."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from service.app import create_app
from service.config import Settings, SettingsError
from service.db import new_public_id, utc_now
from service.forums.attachments import clear_files
from service.forums.file_models import PostFile
from service.forums.file_store import FileStore, FolderStore, StoreDownError, open_store
from service.forums.s3_store import LETTERS, LISTS_EACH
from service.modules.content import Catalogue
from service.people.models import Role
from tests.files import picture
from tests.functional.web.conftest import ORIGIN
from tests.functional.web.forum_forms import last_post, opened
from tests.functional.web.test_forum_files import addresses, sent, with_picture
from tests.storage import bucket, storage_server, storage_settings

ENVIRONMENT = {"MENTORREADY_SECRET_KEY": "pages-" * 8, "MENTORREADY_BASE_URL": ORIGIN}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with storage_server() as address:
        yield address


@pytest.fixture
def storage(server: str) -> Iterator[str]:
    """The address of a storage in which nothing is kept."""
    yield server
    bucket(server).objects.all().delete()


@pytest.fixture
def settings(storage: str, database_url: str, tmp_path: Path) -> Settings:
    own = {"MENTORREADY_DATABASE_URL": database_url, "MENTORREADY_STATE_PATH": str(tmp_path)}
    return Settings.from_environment({**ENVIRONMENT, **own, **storage_settings(storage)})


@pytest.fixture
def app(settings: Settings, catalogue: Catalogue) -> Iterator[Flask]:
    app = create_app(settings, catalogue)
    app.testing = True
    yield app
    app.extensions["engine"].dispose()
    app.extensions["celery"].engine.dispose()


def keys(storage: str) -> list[str]:
    return [one.key for one in bucket(storage).objects.all()]


def listing_turn(after: datetime, turn: int) -> datetime:
    """When the files that begin with one letter are listed, the next time or some turns after that."""
    each = 15 * LISTS_EACH
    return datetime.fromtimestamp((after.timestamp() // each + 1 + turn) * each, UTC)


def closed_port() -> str:
    return "http://127.0.0.1:1"


def test_a_picture_is_posted_given_out_and_deleted(browse, app: Flask, database, storage: str, tmp_path: Path) -> None:
    mentor, other = browse(Role.MENTOR), browse(Role.YOUTH_WORKER)
    thread = opened(mentor)
    address = with_picture(mentor, thread)
    name = address.rpartition("/")[2]
    assert keys(storage) == [f"tool/{name[:2]}/{name}"]
    assert not FolderStore(tmp_path).path.exists()
    answer = other.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert storage not in f"{answer.headers}{other.get(thread).text}"
    mentor.post(mentor.path(f"/forums/posts/{last_post(database)}/delete"), {})
    assert other.get(address).status_code == 404
    clear_files(database, app.extensions["file_store"], at=utc_now())
    assert keys(storage) == []


def test_what_a_form_does_not_take_is_gone_at_once(browse, storage: str) -> None:
    mentor = browse(Role.MENTOR)
    assert mentor.post(mentor.path("/forums/threads/nothing"), sent(("a.png", picture()))).status_code == 404
    thread = opened(mentor)
    twice = sent(("a.png", picture()), ("b.png", picture()), act="preview")
    assert len(addresses(mentor.post(thread, twice).text)) == 1
    assert len(keys(storage)) == 1


def test_no_transaction_is_open_while_the_storage_is_asked(browse, app: Flask, database) -> None:
    inner, asked = app.extensions["file_store"], []
    pool = app.extensions["engine"].pool

    class Watching:
        def __getattr__(self, name: str):
            def ask(*arguments):
                asked.append((name, pool.checkedout()))
                return getattr(inner, name)(*arguments)

            return ask

    app.extensions["file_store"] = Watching()
    mentor = browse(Role.MENTOR)
    address = with_picture(mentor, opened(mentor))
    assert mentor.get(address).status_code == 200
    mentor.post(mentor.path(f"/forums/posts/{last_post(database)}/delete"), {})
    clear_files(database, Watching(), at=utc_now())
    assert asked == [("keep", 0), ("read", 0), ("list_old", 0), ("drop", 0)]


def test_while_the_storage_is_down_nothing_is_posted_and_nothing_is_lost(
    browse, app: Flask, database, database_url: str, storage: str, tmp_path: Path
) -> None:
    mentor = browse(Role.MENTOR)
    thread = opened(mentor)
    address = with_picture(mentor, thread)
    working = app.extensions["file_store"]
    away = {**storage_settings(closed_port()), "MENTORREADY_DATABASE_URL": database_url, **ENVIRONMENT}
    app.extensions["file_store"] = broken = open_store(Settings.from_environment(away))
    page = mentor.post(thread, sent(("a.png", picture(colour="blue")), alt="A house", text="Typed text"))
    assert page.status_code == 422
    assert "the place for files does not answer" in page.text
    assert "Typed text</textarea>" in page.text
    page = mentor.get(address)
    assert page.status_code == 503
    assert "The file is not lost." in page.text
    mentor.post(mentor.path(f"/forums/posts/{last_post(database)}/delete"), {})
    with pytest.raises(StoreDownError):
        clear_files(database, broken, at=utc_now())
    assert len(keys(storage)) == 1
    clear_files(database, working, at=utc_now())
    assert keys(storage) == []
    with database() as session:
        assert session.scalars(select(PostFile)).all() == []


def test_strays_go_after_a_day_and_what_rows_name_stays(browse, app: Flask, database, storage: str) -> None:
    mentor = browse(Role.MENTOR)
    address = with_picture(mentor, opened(mentor))
    store: FileStore = app.extensions["file_store"]
    strays = [new_public_id() for _ in range(5)]
    for name in strays:
        store.keep(name, b"left by a process that was killed")
    bucket(storage).put_object(Key="somebody/else", Body=b"not ours")
    for days, left in ((0.5, 7), (2, 2)):
        for turn in range(len(LETTERS)):
            clear_files(database, store, at=listing_turn(utc_now() + timedelta(days=days), turn))
        assert len(keys(storage)) == left
    assert mentor.get(address).status_code == 200


def test_a_row_whose_file_is_missing_answers_404(browse, storage: str) -> None:
    mentor = browse(Role.MENTOR)
    address = with_picture(mentor, opened(mentor))
    bucket(storage).objects.all().delete()
    assert mentor.get(address).status_code == 404


@pytest.mark.parametrize("name", ["../other", "a" * 15, "", "tool/aa/" + "a" * 16])
def test_only_names_of_ours_reach_the_storage(settings: Settings, name: str) -> None:
    store = open_store(settings)
    for ask in (store.read, store.drop, lambda one: store.keep(one, b"x")):
        with pytest.raises(ValueError, match="No file of ours"):
            ask(name)


@pytest.mark.parametrize(
    "change",
    [
        {"MENTORREADY_S3_URL": "s3://bucket"},
        {"MENTORREADY_S3_URL": "https://host"},
        {"MENTORREADY_S3_URL": "https://key:secret@host/bucket"},
        {"MENTORREADY_S3_URL": "https://host:port/bucket"},
        {"MENTORREADY_S3_URL": "https://host/bucket?versionId=1"},
    ],
)
def test_settings_that_cannot_be_used_are_refused(change: dict[str, str]) -> None:
    good = {**ENVIRONMENT, "MENTORREADY_DATABASE_URL": "sqlite://", **storage_settings("https://host")}
    assert "secret-of-tests" not in repr(Settings.from_environment(good).s3)
    with pytest.raises(SettingsError, match="MENTORREADY_S3_URL must be"):
        Settings.from_environment({**good, **change})
    for needed in ("MENTORREADY_S3_KEY_ID", "MENTORREADY_S3_SECRET"):
        with pytest.raises(SettingsError, match=f"Set {needed}"):
            Settings.from_environment({name: value for name, value in good.items() if name != needed})
