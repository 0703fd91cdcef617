"""What the switches break between tool and LMS, and the switches themselves."""

import time

import pytest
import requests

from tests.fake_lms import FakeLms
from tests.fake_lms.switches import SwitchError
from tests.functional.fake_lms.tool_stand_in import ServiceClient, ToolStandIn, score_body

FIRST, LATER = "2026-11-21T10:00:00Z", "2026-11-21T10:00:01Z"


def _statuses(lms: FakeLms, service: str) -> list[int]:
    return [call.status for call in lms.calls if call.service == service]


def test_500_and_429_for_a_while(lms: FakeLms, client: ServiceClient, item_url: str) -> None:
    body = score_body(lms.person("mentor_he").id, FIRST)
    lms.switches.set("fail_services", "429")
    lms.switches.set("fail_count", 1)
    lms.switches.set("retry_after_s", 7)
    answer = client.score(item_url, body)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    lms.switches.set("fail_services", "500")
    lms.switches.set("fail_count", 2)
    assert [client.score(item_url, body).status_code for _ in range(3)] == [500, 500, 200]
    assert lms.switches["fail_services"] == "off"
    assert _statuses(lms, "scores") == [429, 500, 500, 200]


def test_only_one_service_fails(lms: FakeLms, client: ServiceClient, item_url: str, tool: ToolStandIn) -> None:
    lms.switches.set("fail_services", "500")
    lms.switches.set("fail_only", "token")
    assert tool.ask_token(lms).status_code == 500
    assert client.results(item_url) == []


def test_reset_cuts_the_connection_before_anything_happens(lms: FakeLms, client: ServiceClient, item_url: str) -> None:
    lms.switches.set("fail_services", "reset")
    lms.switches.set("fail_count", 1)
    with pytest.raises(requests.ConnectionError):
        client.score(item_url, score_body(lms.person("mentor_he").id, FIRST))
    assert lms.gradebook("mentoring") == []


def test_lost_answer_comes_after_the_grade_is_stored(lms: FakeLms, client: ServiceClient, item_url: str) -> None:
    lms.switches.set("fail_services", "lost_answer")
    lms.switches.set("fail_count", 1)
    body = score_body(lms.person("mentor_he").id, FIRST)
    with pytest.raises(requests.ConnectionError):
        client.score(item_url, body)
    assert [cell.score for cell in lms.gradebook("mentoring")] == [70]
    assert client.score(item_url, body).status_code == 409


def test_timeout_holds_the_connection(lms: FakeLms, client: ServiceClient, item_url: str) -> None:
    lms.switches.set("fail_services", "timeout")
    lms.switches.set("timeout_s", 0.4)
    started = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        client.results(item_url)
    assert time.monotonic() - started >= 0.4


def test_delay_slows_services_and_not_pages(lms: FakeLms, client: ServiceClient, item_url: str) -> None:
    lms.switches.set("services_delay_ms", 1500)
    started = time.monotonic()
    client.results(item_url)
    assert time.monotonic() - started >= 1.5
    assert requests.get(lms.url, timeout=1.4).status_code == 200


def test_probability_zero_never_fails(lms: FakeLms, client: ServiceClient, item_url: str) -> None:
    lms.switches.set("fail_services", "500")
    lms.switches.set("fail_probability", 0)
    assert client.results(item_url) == []
    assert lms.switches.take_failure("scores", 0.0) == "off"
    lms.switches.set("fail_probability", 0.5)
    assert [lms.switches.take_failure("scores", chance) for chance in (0.49, 0.5)] == ["500", "off"]


def test_lms_goes_down_and_comes_back_with_all_its_grades(lms: FakeLms, client: ServiceClient, item_url: str) -> None:
    client.score(item_url, score_body(lms.person("mentor_he").id, FIRST))
    lms.stop()
    with pytest.raises(requests.ConnectionError):
        client.results(item_url)
    assert len(lms.gradebook("mentoring")) == 1
    lms.start()
    assert len(client.results(item_url)) == 1


def test_stopping_does_not_wait_for_a_held_connection(lms: FakeLms, item_url: str) -> None:
    lms.switches.set("fail_services", "timeout")
    with pytest.raises(requests.ReadTimeout):
        requests.get(item_url, timeout=0.2)
    started = time.monotonic()
    lms.stop()
    assert time.monotonic() - started < 5


def test_switches_over_http(lms: FakeLms) -> None:
    address = f"{lms.url}/switches"
    changed = requests.post(address, json={"page_size": 5, "names_withheld": True}, timeout=10).json()
    assert (changed["page_size"], changed["names_withheld"]) == (5, True)
    page = requests.post(address, data={"names_withheld": "off", "link_form": "unquoted"}, timeout=10)
    assert (page.status_code, page.url) == (200, address + "?saved=1")
    shown = requests.get(address, headers={"Accept": "application/json"}, timeout=10).json()
    assert shown == lms.switches.as_dict()
    assert (shown["names_withheld"], shown["link_form"]) == (False, "unquoted")
    (kid,) = [key["kid"] for key in requests.get(lms.registration.jwks_url, timeout=10).json()["keys"]]
    requests.post(address, json={"action": "rotate_keys"}, timeout=10)
    assert requests.get(lms.registration.jwks_url, timeout=10).json()["keys"][0]["kid"] != kid
    reset = requests.post(address, json={"action": "reset"}, timeout=10).json()
    assert (reset["page_size"], reset["link_form"]) == (0, "moodle")


@pytest.mark.parametrize(
    "wanted",
    [{"no_such_switch": 1}, {"page_size": "many"}, {"link_form": "purple"}, {"jwks_down": "perhaps"}, {"action": "x"}],
)
def test_impossible_switch_is_refused_and_nothing_is_turned(lms: FakeLms, wanted: dict[str, object]) -> None:
    answer = requests.post(f"{lms.url}/switches", json={"page_size": 5} | wanted, timeout=10)
    assert answer.status_code == 400
    assert lms.switches["page_size"] == 0
    if "action" not in wanted:
        ((name, value),) = wanted.items()
        with pytest.raises(SwitchError):
            lms.switches.set(name, value)
