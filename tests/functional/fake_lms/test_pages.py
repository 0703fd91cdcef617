"""The pages: choosing a person, courses, activities, gradebook, roster, and who may see what."""

import re
from html import unescape

import pytest
import requests

from tests.fake_lms import FakeLms


class Browser:
    """A browser without scripts, as one person."""

    def __init__(self, lms: FakeLms, username: str, course: str = "mentoring") -> None:
        self._lms, self._session = lms, requests.Session()
        self.course = f"/course/{lms.course(course).id}"
        self.session_get(f"/enter/{username}/{course}")

    def session_get(self, path: str) -> requests.Response:
        return self._session.get(self._lms.url + path, timeout=10)

    def page(self, path: str) -> str:
        answer = self.session_get(path)
        assert answer.status_code == 200, answer.text
        return unescape(answer.text)

    def post(self, path: str, **fields: object) -> requests.Response:
        return self._session.post(self._lms.url + path, data=fields, timeout=10)


def test_home_offers_everybody(shared_lms: FakeLms) -> None:
    page = unescape(requests.get(shared_lms.url, timeout=10).text)
    for person in shared_lms.people():
        assert f"<bdi>{person.name}</bdi></button>" in page
    assert 'lang="en"' in page
    assert page.count("<h1>") == 1


def test_person_is_chosen_and_sees_their_courses(shared_lms: FakeLms) -> None:
    browser = Browser(shared_lms, "mentee")
    page = browser.post("/person", person=shared_lms.person("youth_worker").id).text
    assert "Module I for youth workers" in page
    assert "/course/2" not in page


def test_language_of_a_person_is_changed(lms: FakeLms) -> None:
    person = lms.person("coordinator")
    assert requests.post(f"{lms.url}/person/{person.id}/locale", data={"locale": "pl"}, timeout=10).status_code == 200
    assert lms.person("coordinator").locale == "pl"
    assert requests.post(f"{lms.url}/person/{person.id}/locale", data={"locale": "xx"}, timeout=10).status_code == 400


def test_activity_is_framed_as_moodle_frames_it(shared_lms: FakeLms) -> None:
    activity = shared_lms.activity("mentoring/roles")
    page = Browser(shared_lms, "mentor_he").page(f"/activity/{activity.cmid}")
    frame = re.search(r"<iframe[^>]*>", page)
    assert frame
    tool = shared_lms.tool().launch_url.removesuffix("/lti/launch")
    assert 'height="600px" width="100%"' in frame[0]
    assert f"microphone {tool}; camera {tool}" in frame[0]
    assert "title=" not in frame[0]
    assert f'href="/mod/lti/launch.php?id={activity.cmid}&container=window" target="_blank"' in page


def test_one_activity_opens_in_a_window_and_can_be_framed(shared_lms: FakeLms) -> None:
    activity = shared_lms.activity("mentoring/benefits")
    browser = Browser(shared_lms, "mentor_he")
    page = browser.page(f"/activity/{activity.cmid}")
    assert "<iframe" not in page
    assert 'target="_blank"' in page
    assert "<iframe" in browser.page(f"/activity/{activity.cmid}?container=iframe")


def test_teacher_overrides_locks_and_hides(lms: FakeLms) -> None:
    browser, item, person = Browser(lms, "coordinator"), lms.item_of("mentoring/roles"), lms.person("mentor_he")
    cell = {"item": item.id, "person": person.id}
    grades = browser.course + "/grades"
    browser.post(grades, action="override", grade="88.5", comment="Well <done>", **cell)
    page = browser.page(grades)
    assert "<strong>88.5</strong>" in page
    assert "overridden" in page
    assert "Well <done>" in page
    for action in ("lock_grade", "lock_item", "hide_item"):
        browser.post(grades, action=action, **cell)
    (shown,) = lms.gradebook("mentoring")
    assert (shown.score, shown.is_overridden, shown.is_locked) == (88.5, True, True)
    assert "Roles in mentoring" not in Browser(lms, "mentor_he").page(grades)
    for action in ("unlock_grade", "unlock_item", "show_item", "clear_override"):
        browser.post(grades, action=action, **cell)
    (shown,) = lms.gradebook("mentoring")
    assert (shown.score, shown.is_overridden, shown.is_locked) == (None, False, False)


@pytest.mark.parametrize("grade", ["", "many", "-1", "100.5"])
def test_impossible_grade_is_refused(shared_lms: FakeLms, grade: str) -> None:
    browser, item, person = (
        Browser(shared_lms, "coordinator"),
        shared_lms.item_of("mentoring/roles"),
        shared_lms.person("mentor_he"),
    )
    answer = browser.post(browser.course + "/grades", action="override", grade=grade, item=item.id, person=person.id)
    assert answer.status_code == 400
    assert "from 0 to 100" in answer.text
    assert shared_lms.gradebook("mentoring") == []


def test_learner_sees_the_own_row_and_changes_nothing(shared_lms: FakeLms) -> None:
    browser, item = Browser(shared_lms, "mentor_he"), shared_lms.item_of("mentoring/roles")
    page = browser.page(browser.course + "/grades")
    assert page.count('scope="row"') == 1
    assert shared_lms.person("mentor_pl").name not in page
    fields = {"action": "override", "grade": 100, "item": item.id, "person": shared_lms.person("mentor_he").id}
    assert browser.post(browser.course + "/grades", **fields).status_code == 403
    assert browser.post(browser.course + "/copy").status_code == 403
    assert browser.session_get(browser.course + "/select").status_code == 403
    assert shared_lms.gradebook("mentoring") == []


def test_done_activities_are_marked(lms: FakeLms) -> None:
    browser = Browser(lms, "mentor_he")
    assert "Done" not in browser.page(browser.course)
    lms.override_grade("mentor_he", lms.item_of("mentoring/roles"), 0)
    assert browser.page(browser.course).count(">Done<") == 1


def test_staff_change_the_roster(lms: FakeLms) -> None:
    browser, person = Browser(lms, "coordinator"), lms.person("youth_worker").id
    people = browser.course + "/people"
    browser.post(people, action="enrol", person=person, role="learner")
    assert lms.person("youth_worker").name in browser.page(people)
    browser.post(people, action="suspend", person=person)
    assert "suspended" in browser.page(people)
    assert Browser(lms, "youth_worker").session_get(browser.course).status_code == 403
    browser.post(people, action="readmit", person=person)
    assert Browser(lms, "youth_worker").session_get(browser.course).status_code == 200
    browser.post(people, action="remove", person=person)
    assert Browser(lms, "youth_worker").session_get(browser.course).status_code == 403
    assert browser.post(people, action="enrol", person=person, role="king").status_code == 400


def test_strangers_get_a_page_with_the_way_back(shared_lms: FakeLms) -> None:
    for path, status in (("/course/2", 403), ("/course/99", 404), ("/activity/5", 404), ("/nowhere", 404)):
        answer = requests.get(shared_lms.url + path, timeout=10)
        assert answer.status_code == status
        assert "Back to the start" in answer.text
    assert requests.get(f"{shared_lms.url}/enter/nobody/mentoring", timeout=10).status_code == 404


def test_way_back_from_the_tool_shows_its_words(shared_lms: FakeLms) -> None:
    browser = Browser(shared_lms, "mentor_he")
    back = "/mod/lti/return.php?course=2&launch_container=2&instanceid=1&sesskey=x"
    assert "All done <b>" in browser.page(back + "&lti_msg=All+done+%3Cb%3E")
    assert "<b>" not in browser.session_get(back + "&lti_errormsg=It+broke+%3Cb%3E").text
    assert browser.session_get(back).url == shared_lms.url + browser.course
