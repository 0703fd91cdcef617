"""What is particular to one LMS."""

from pathlib import Path

import pytest

from lti.urls import web_origin
from service.platforms.profiles import PROFILES, UNKNOWN, Profile, course_address, get_profile, profile_of

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize(
    ("family", "return_url", "expected"),
    [
        (
            "moodle",
            "https://lms.example/mod/lti/return.php?course=2&launch_container=4&instanceid=1&sesskey=abc",
            "https://lms.example/course/view.php?id=2",
        ),
        ("moodle", "https://lms.example/m/mod/lti/return.php?course=7", "https://lms.example/m/course/view.php?id=7"),
        (
            "moodle",
            "https://lms.example/mod/lti/return.php?course=x&sesskey=abc",
            "https://lms.example/mod/lti/return.php",
        ),
        ("canvas", "https://lms.example/courses/5/external?secret=1#top", "https://lms.example/courses/5/external"),
        ("", "", ""),
    ],
)
def test_no_secret_of_a_session_is_kept(family: str, return_url: str, expected: str) -> None:
    assert course_address(family, return_url) == expected


@pytest.mark.parametrize(
    ("family", "issuer", "key"),
    [
        ("moodle", "https://lms.example", "moodle"),
        ("", "https://lms.example", ""),
        ("", "https://canvas.instructure.com", "canvas"),
        ("", "https://canvas.beta.instructure.com", "canvas"),
        ("", "https://school.brightspace.com", "d2l"),
        ("desire2learn", "https://learn.school.example", "d2l"),
        ("", "https://blackboard.com", "blackboard"),
        ("moodle", "https://blackboard.com", "blackboard"),
        ("", "https://blackboard.com.evil.example", ""),
    ],
)
def test_an_issuer_that_only_one_make_has_outweighs_its_claim(family: str, issuer: str, key: str) -> None:
    assert profile_of(family, issuer) is (get_profile(key) if key else UNKNOWN)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.key)
def test_each_quirk_says_where_it_is_from(profile: Profile) -> None:
    assert profile.quirks
    assert all(quirk.sentence.endswith(".") and quirk.source for quirk in profile.quirks)


@pytest.mark.parametrize("profile", [p for p in PROFILES if p.addresses], ids=lambda profile: profile.key)
def test_addresses_are_filled_with_what_an_lms_gives(profile: Profile) -> None:
    assert profile.addresses
    filled = profile.addresses.filled(site="https://lms.example/sub/", client_id="abc")
    for name, value in filled.items():
        if value or name != "token_audience":
            assert web_origin(value), (name, value)
            assert "//" not in value.removeprefix("https://")
            assert "{" not in value


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.key)
def test_page_of_the_docs_says_what_the_table_says(profile: Profile) -> None:
    page = (DOCS / f"CONNECT_{profile.key.upper()}.md").read_text()
    for address in ("launch", "login", "jwks"):
        assert f"`https://mentorready.example.edu/lti/{address}`" in page.replace('["', "").replace('"]', "")
    assert ("not tried against" in page) == (profile.key != "moodle")
    assert ("mentorready platform invite --note" in page) == profile.has_dynamic_registration
    assert ("--lms" in page) == (profile.addresses is not None)
    if profile.addresses:
        site = next(line.split()[1] for line in f"{page}\n--site https://".splitlines() if "--site https" in line)
        filled = profile.addresses.filled(site=site, client_id="CLIENT_ID")
        assert [value for value in filled.values() if value not in page] == []
