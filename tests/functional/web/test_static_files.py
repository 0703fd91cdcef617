"""Sheets and scripts are small on the way, asked for once, and the same for who takes no compression."""

import gzip

import pytest

from service.web.compression import COMPRESSED


def fetch(browser, name: str, **headers: str):
    answer = browser.get(f"/static/{name}", headers={key.replace("_", "-"): value for key, value in headers.items()})
    answer.get_data()
    answer.close()
    return answer


@pytest.mark.parametrize("name", ["base.css", "page.js", "mark.svg"])
def test_files_go_out_compressed_to_who_takes_that(browse, name: str) -> None:
    browser = browse()
    plain, small = fetch(browser, name), fetch(browser, name, Accept_Encoding="br, gzip")
    assert plain.mimetype in COMPRESSED
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data
    assert len(small.data) == small.content_length < len(plain.data)
    assert all("Accept-Encoding" in answer.vary for answer in (plain, small))
    known = fetch(browser, name, Accept_Encoding="gzip", If_None_Match=small.headers["ETag"])
    assert (known.status_code, known.data) == (304, b"")
    assert fetch(browser, name, Accept_Encoding="gzip;q=0").data == plain.data


def test_pages_are_not_compressed_for_they_hold_secrets(browse) -> None:
    answer = browse().get("/", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


def test_what_is_not_there_is_said(browse) -> None:
    assert browse().get("/static/none.css").status_code == 404
    assert browse().get("/static/../app.py").status_code == 404
