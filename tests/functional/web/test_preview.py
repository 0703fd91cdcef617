"""The preview: each module in each language as its files are now, with what the check says, on this machine alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from service.preview import open_preview
from tests.functional.web.forms import read_form
from tests.small_content import SmallContent

ADDRESS = "http://127.0.0.1:8090"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return SmallContent(tmp_path / "content").write()


@pytest.fixture
def client(content: Path) -> Iterator[FlaskClient]:
    with open_preview(content, 8090) as app:
        yield app.test_client()


def get(client: FlaskClient, path: str) -> str:
    return client.get(path, base_url=ADDRESS, follow_redirects=True).text


def test_a_module_is_shown_in_each_language_as_its_files_are_now(client: FlaskClient, content: Path) -> None:
    assert "/preview/he/roles" in get(client, "/preview/")
    page = get(client, "/preview/he/roles")
    assert '<html lang="he" dir="rtl">' in page
    assert "<code>module-i/roles/he.md:1</code> <bdi>Nobody has confirmed yet" in page
    before = get(client, "/preview/state")
    assert get(client, "/preview/state") == before
    text = content / "module-i/roles/he.md"
    text.write_text(text.read_text().replace("More.", "Much more."))
    assert get(client, "/preview/state") != before
    assert "Much more." in get(client, "/preview/he/roles")


def test_faults_are_on_the_page_until_they_are_put_right(client: FlaskClient, content: Path) -> None:
    text = content / "module-i/roles/en.md"
    right = text.read_text()
    text.write_text(right.replace("More.", "<b>More.</b>"))
    fault = "<code>module-i/roles/en.md:7</code> <bdi>HTML is not allowed: `&lt;b&gt;`</bdi>"
    assert fault in get(client, "/preview/")
    assert fault in get(client, "/preview/en/roles")
    text.write_text(right)
    assert "HTML is not allowed" not in get(client, "/preview/en/roles")


def test_an_answer_can_be_tried_and_nothing_stays(client: FlaskClient, content: Path) -> None:
    files = sorted(content.rglob("*"))
    form = read_form(get(client, "/preview/en/roles"), "who-leads").holds | {"choice": "ask"}
    page = client.get("/preview/en/roles", base_url=ADDRESS, follow_redirects=True).request.path
    sent = client.post(f"{page}/exercises/who-leads", data=form, base_url=ADDRESS, headers={"Origin": ADDRESS})
    assert sent.status_code == 303
    assert "Right: the mentee asks." in get(client, sent.location)
    place = client.application.extensions["settings"].state_path
    assert place.is_dir()
    assert content not in (place, *place.parents)
    assert sorted(content.rglob("*")) == files


def test_no_other_name_of_the_machine_is_answered(client: FlaskClient) -> None:
    assert client.get("/preview/", base_url="http://evil.example:8090").status_code == 400


def test_a_folder_that_is_empty_says_what_is_missing(tmp_path: Path) -> None:
    with open_preview(tmp_path, 8090) as app:
        assert "<code>catalog.yaml:1</code> <bdi>This file is missing.</bdi>" in get(app.test_client(), "/preview/")
        place = app.extensions["settings"].state_path
    assert not place.exists()
