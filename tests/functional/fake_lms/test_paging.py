"""Pages of line items, results and members, and the Link header in all forms (CONFORMANCE T10)."""

from html import unescape

import pytest
import requests

from tests.fake_lms import FakeLms
from tests.fake_lms.claims import NRPS_CLAIM
from tests.fake_lms.switches import LINK_FORMS
from tests.functional.fake_lms.tool_stand_in import ITEMS_TYPE, MEMBERS_TYPE, ServiceClient

# Form -> what the header is, with N for the next page's address.
EXPECTED = {
    "standard": '<N>; rel="next"',
    "unquoted": "<N>; rel=next",
    "other_params_first": '<N>; type="application/json"; title="a, b; c"; rel="next"',
    "curly_quotes": "<N>; rel=\u201cnext\u201d",
    "no_brackets": "N;rel=next",
    "escaped_ampersand": '<N>; rel="next"',
}


def _members_url(lms: FakeLms) -> str:
    return str(lms.claims_for("coordinator", "mentoring/roles")[NRPS_CLAIM]["context_memberships_url"])


def _link(answer: requests.Response) -> str:
    return answer.headers["Link"].encode("latin-1").decode()


@pytest.mark.parametrize("form", EXPECTED)
def test_link_form(lms: FakeLms, client: ServiceClient, form: str) -> None:
    lms.switches.set("link_form", form)
    lms.switches.set("page_size", 2)
    address = _members_url(lms)
    following = f"{address}?limit=2&from=2"
    written = following.replace("&", "&amp;") if form == "escaped_ampersand" else following
    header = _link(client.get(address, MEMBERS_TYPE))
    assert header == EXPECTED[form].replace("N", written)
    assert unescape(written) == following
    assert "Link" not in client.get(address, MEMBERS_TYPE, limit=100).headers


def test_several_links_at_once(lms: FakeLms, client: ServiceClient) -> None:
    lms.switches.set("link_form", "several_links")
    links = client.get(_members_url(lms), MEMBERS_TYPE, limit="2", **{"from": "2"}).links
    assert list(links) == ["first", "prev", "canonical", "next", "last"]


def test_every_form_is_tried() -> None:
    assert set(LINK_FORMS) == {*EXPECTED, "moodle", "several_links"}


def test_moodles_line_item_links_are_unreadable_and_its_member_links_are_not(
    lms: FakeLms, client: ServiceClient
) -> None:
    items = client.get(f"{lms.url}/mod/lti/services.php/2/lineitems", ITEMS_TYPE, limit=1)
    assert "rel=\u201cnext\u201d" in _link(items)
    assert "&amp;" in _link(items)
    assert "next" not in items.links
    assert "next" in client.get(_members_url(lms), MEMBERS_TYPE, limit=1).links
    lms.switches.set("typographic_quotes_in_link", False)
    items = client.get(f"{lms.url}/mod/lti/services.php/2/lineitems", ITEMS_TYPE, limit=1)
    assert "next" in items.links


def test_pages_together_are_everyone_once(lms: FakeLms, client: ServiceClient) -> None:
    for number in range(7):
        lms.add_person(f"learner{number}")
    everyone = client.get(_members_url(lms), MEMBERS_TYPE).json()["members"]
    lms.switches.set("page_size", 3)
    found, url = [], _members_url(lms)
    while url:
        answer = client.get(url, MEMBERS_TYPE)
        found += answer.json()["members"]
        url = answer.links.get("next", {}).get("url", "")
    assert found == everyone
    assert len({member["user_id"] for member in found}) == len(everyone) == 12


def test_roster_names_are_escaped_and_vanished_people_absent(lms: FakeLms, client: ServiceClient) -> None:
    lms.add_person("obrien", given_name="R&D", family_name="O'Brien <i>")
    lms.enrol("mentor_he", "mentoring", suspended=True)
    lms.unenrol("mentee", "mentoring")

    def roster() -> dict[str, dict[str, str]]:
        members = client.get(_members_url(lms), MEMBERS_TYPE).json()["members"]
        return {member["user_id"]: member for member in members}

    person = str(lms.person("obrien").id)
    assert roster()[person]["name"] == "R&amp;D O'Brien &lt;i&gt;"
    assert not {str(lms.person(name).id) for name in ("mentor_he", "mentee", "admin")} & set(roster())
    assert "name" not in roster()[str(lms.person("nameless").id)]
    lms.switches.set("escape_names_in_roster", False)
    assert roster()[person]["name"] == "R&D O'Brien <i>"
    lms.switches.set("names_withheld", True)
    assert not {"name", "email", "ext_user_username"} & set(roster()[person])
