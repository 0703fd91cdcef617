"""The files of posts go from the folder to storage of the S3 kind: compared, and as often as one likes."""

import hashlib
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from service.config import SettingsError
from service.db import new_public_id, transaction, utc_now
from service.forums.file_kinds import FileKind
from service.forums.file_models import PostFile
from service.forums.file_store import FolderStore, StoreDownError
from tests.functional.cli.conftest import Run
from tests.makers import AT, make_member
from tests.storage import bucket, storage_server, storage_settings


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with storage_server() as address:
        yield address


@pytest.fixture
def storage(server: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty storage, which the settings of the command name."""
    for name, value in storage_settings(server).items():
        monkeypatch.setenv(name, value)
    yield server
    bucket(server).objects.all().delete()


@pytest.fixture
def folder(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


def add(sessions: sessionmaker[Session], folder: FolderStore, content: bytes, **values) -> str:
    """A file as somebody has added it."""
    name = new_public_id()
    folder.keep(name, content)
    with transaction(sessions) as session:
        member = make_member(session, "anna")
        row = {"course_id": member.course_id, "person_id": member.person_id, "submission_key": name, "added_at": AT}
        what = {"kind": FileKind.TEXT, "name": "notes.txt", "size": len(content), "width": 0, "height": 0}
        digest = hashlib.sha256(content).hexdigest()
        session.add(PostFile(public_id=name, digest=digest, **row, **what, **values))
    return name


def kept(storage: str) -> dict[str, bytes]:
    return {one.key: one.get()["Body"].read() for one in bucket(storage).objects.all()}


def there(name: str) -> str:
    return f"tool/{name[:2]}/{name}"


def test_files_are_copied_first_then_moved_and_a_second_time_changes_nothing(
    run: Run, sessions: sessionmaker[Session], folder: FolderStore, storage: str
) -> None:
    contents = {add(sessions, folder, text): text for text in (b"one", b"two" * 400_000, b"three")}
    result = run("files", "move", "--keep")
    assert result.exit_code == 0
    assert "copied: 3 (1.1 MiB)" in result.output
    assert sorted(folder.list_all()) == sorted(contents)
    result = run("files", "move")
    assert (result.exit_code, "moved: 0 (0.0 MiB)" in result.output) == (0, True)
    assert "in the storage already, and the same: 3" in result.output
    assert folder.list_all() == []
    assert kept(storage) == {there(name): content for name, content in contents.items()}
    assert "the same: 0" in run("files", "move").output
    assert kept(storage) == {there(name): content for name, content in contents.items()}


def test_what_was_interrupted_goes_on_where_it_was(
    run: Run, sessions: sessionmaker[Session], folder: FolderStore, storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [add(sessions, folder, text) for text in (b"one", b"two")]
    with monkeypatch.context() as patch:
        patch.setenv("MENTORREADY_S3_URL", "http://127.0.0.1:1/posts/tool")
        assert isinstance(run("files", "move").exception, StoreDownError)
    assert sorted(folder.list_all()) == sorted(names)
    bucket(storage).put_object(Key=there(names[0]), Body=b"half of o")
    result = run("files", "move")
    assert (result.exit_code, "moved: 2" in result.output) == (0, True)
    assert kept(storage) == {there(names[0]): b"one", there(names[1]): b"two"}


def test_what_is_damaged_in_the_folder_replaces_nothing_and_is_said(
    run: Run, sessions: sessionmaker[Session], folder: FolderStore, storage: str
) -> None:
    broken, whole = add(sessions, folder, b"as it was"), add(sessions, folder, b"whole")
    saved = add(sessions, folder, b"copied before")
    for name in (broken, saved):
        folder.keep(name, b"bad disk")
    bucket(storage).put_object(Key=there(saved), Body=b"copied before")
    result = run("files", "move")
    assert result.exit_code == 1
    assert f"NOT moved: {broken}" in result.output
    assert saved not in result.output
    assert folder.list_all() == [broken]
    assert kept(storage) == {there(whole): b"whole", there(saved): b"copied before"}


def test_what_was_deleted_goes_nowhere_and_what_is_just_added_stays(
    run: Run, sessions: sessionmaker[Session], folder: FolderStore, storage: str
) -> None:
    add(sessions, folder, b"deleted", dropped_at=AT)
    old, new = new_public_id(), new_public_id()
    for name in (old, new):
        folder.keep(name, b"nobody posted this")
    long_ago = (utc_now() - timedelta(days=2)).timestamp()
    os.utime(folder.path / old[:2] / old, (long_ago, long_ago))
    (folder.path / "no file of ours").write_text("x")
    assert len(folder.list_all()) == 3
    assert run("files", "move", "--keep").exit_code == 0
    assert len(folder.list_all()) == 3
    result = run("files", "move")
    assert "deleted, as their writers had: 2" in result.output
    assert "added this moment: 1" in result.output
    assert (folder.list_all(), kept(storage)) == ([new], {})


def test_without_a_storage_the_command_says_what_to_set(run: Run) -> None:
    error = run("files", "move").exception
    assert isinstance(error, SettingsError)
    assert "MENTORREADY_S3_URL" in str(error)
