import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti.links import find_next_url

HERE = "https://lms.example/api/Items?page=1"
MOODLE_AGS = (
    "<http://m/2/lineitems?type_id=1&amp;limit=2&amp;from=0>; rel=“first”, "
    "<http://m/2/lineitems?type_id=1&amp;limit=2&amp;from=2>; rel=“next”, "
    "<http://m/2/lineitems?type_id=1&amp;limit=2&amp;from=7>; rel=“last”"
)


@pytest.mark.parametrize(
    ("header", "url"),
    [
        ('<https://lms.example/Next?bookmark=WyJBYkMiXQ>; rel="next"', "https://lms.example/Next?bookmark=WyJBYkMiXQ"),
        ("<https://lms.example/N>; rel=next", "https://lms.example/N"),
        ("<https://lms.example/N>;rel='next'", "https://lms.example/N"),
        ('<https://lms.example/N>; title="a b"; rel="next"', "https://lms.example/N"),
        ('<https://lms.example/N>; REL="NEXT"', "https://lms.example/N"),
        ('<https://lms.example/N>; rel="last next"', "https://lms.example/N"),
        ('<https://l/1>; rel="prev", <https://l/N,x>; rel="next", <https://l/9>; rel="last"', "https://l/N,x"),
        ('<https://l/1>; rel="first",<https://l/N>; rel="next"', "https://l/N"),
        (MOODLE_AGS, "http://m/2/lineitems?type_id=1&limit=2&from=2"),
        (MOODLE_AGS.encode().decode("latin-1"), "http://m/2/lineitems?type_id=1&limit=2&from=2"),
        ("http://m/Memberships?limit=10&from=10;rel=next", "http://m/Memberships?limit=10&from=10"),
        ("http://m/1;rel=first, http://m/N;rel=next", "http://m/N"),
        ("</api/N?x=1>; rel=next", "https://lms.example/api/N?x=1"),
        ("<?page=2>; rel=next", "https://lms.example/api/Items?page=2"),
        ('<https://l/N>; rel="nextish"', None),
        ('<https://l/N>; rel="previous"', None),
        ('<https://l/N>; title="rel=next"', None),
        ("<>; rel=next", None),
        ("<http://[>; rel=next", "http://["),
        ("", None),
        (None, None),
    ],
)
def test_next_page(header: str | None, url: str | None) -> None:
    assert find_next_url(header, HERE) == url


@given(st.text(alphabet='<>;, =relnxt"“”&/:[]?ab'))
def test_any_header_is_read(header: str) -> None:
    """Whatever stands there is read to an end, and no address comes of a header that names no next page."""
    found = find_next_url(header, HERE)
    assert found is None or "next" in header.lower()
