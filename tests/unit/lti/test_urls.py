import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti.urls import is_below, is_in_domain, web_origin

BASE = "https://tool.example/mentor"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://a.example", ("https", "a.example", 443)),
        ("https://A.example:443/x?y#z", ("https", "a.example", 443)),
        ("http://a.example:8080/", ("http", "a.example", 8080)),
        ("http://[::1]:80/", ("http", "::1", 80)),
        ("ftp://a.example", None),
        ("//a.example", None),
        ("/a", None),
        ("https://", None),
        ("https://a b/", None),
        ("https://a\\b/", None),
        ("https://a/\n", None),
        ("https://a/\x7f", None),
        ("https://a/\ud800", None),
        ("https://u@a/", None),
        ("https://a:99999/", None),
        ("https://a:x/", None),
        ("https://[a/", None),
        ("https://a;b/", None),
        ("https://a'b/", None),
        ("https://a.example[::1]/", None),
        ("https://[::1]a.example/", None),
        ("https://a;sandbox[::1]/", None),
        ("https://[v1.a]/", None),
        ("https://" + "a" * 3000, None),
        ("javascript:alert(1)", None),
        (None, None),
        (7, None),
    ],
)
def test_web_origin(url: object, origin: tuple[str, str, int] | None) -> None:
    assert web_origin(url) == origin


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("https://tool.example/mentor", True),
        ("https://tool.example:443/mentor/lti/launch?x=1", True),
        ("https://tool.example/mentorx", False),
        ("https://tool.example/", False),
        ("https://tool.example/mentor/../x", False),
        ("https://tool.example/mentor/%2e%2e/x", False),
        ("https://tool.example/mentor/%252e%252e/x", False),
        ("https://tool.example/mentor/..%2fx", False),
        ("https://tool.example/mentor/..%5cx", False),
        ("http://tool.example/mentor", False),
        ("https://tool.example.evil/mentor", False),
        (None, False),
    ],
)
def test_is_below(url: object, is_ours: bool) -> None:
    assert is_below(url, BASE) is is_ours


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    for url in (text, "https://" + text):
        origin = web_origin(url)
        assert origin is None or (origin[0] in {"http", "https"} and origin[1] and "@" not in origin[1])
    below = "https://tool.example/mentor/" + text
    assert not is_below(below, BASE) or web_origin(below) == web_origin(BASE)


@pytest.mark.parametrize(
    ("url", "is_in"),
    [
        ("https://lms.example", True),
        ("https://a.LMS.example:8443/x", True),
        ("http://lms.example", False),
        ("https://evillms.example", False),
        ("https://lms.example.evil", False),
        ("https://user@lms.example", False),
        (None, False),
    ],
)
def test_is_in_domain(url: object, is_in: bool) -> None:
    assert is_in_domain(url, "lms.Example") is is_in
