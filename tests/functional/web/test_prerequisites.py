"""A module that comes after another: said kindly, or shut until that one is done."""

from dataclasses import replace

import pytest

from service.modules.content import Catalogue
from service.modules.credits import Credit
from service.people.models import Role
from tests.functional.web.forms import read_form
from tests.makers import make_catalogue, make_module


@pytest.fixture
def catalogue() -> Catalogue:
    first, then = make_module("roles", ("mentee",), ("first",)), make_module("stages", ("mentee",), ("first",))
    last = replace(make_module("tools", ("mentee",)), better_after=("roles",), sources=("wiki",), updated="2026-11")
    made = make_catalogue(first, replace(then, only_after=("roles",)), last)
    course = replace(made.courses[0], author="We", sources=(Credit("wiki", "Self-employment", "en", "Wikipedia"),))
    return replace(made, courses=(course,))


def test_a_module_waits_for_another_only_if_its_author_says_so(browse) -> None:
    browser = browse(Role.MENTEE)
    later = browser.get(browser.path("/modules/stages")).text
    assert "This module opens later" in later
    assert '/modules/roles"' in later
    assert "<form" not in later.partition("<main")[2].partition("</main>")[0]
    sheets = [
        browser.get(browser.path(f"/modules/stages/exercises/first/sheet{rest}")).text for rest in ("", "?empty=1")
    ]
    assert all("This module opens later" in sheet and "Case first" not in sheet for sheet in sheets)
    better = browser.get(browser.path("/modules/tools")).text
    assert "Better after:" in better
    assert "November 2026" in better
    assert '<cite lang="en" dir="auto"><bdi>Self-employment</bdi></cite>' in better
    sent = read_form(better, "first").holds | {"choice": "ask"}
    assert browser.post(browser.path("/modules/stages/exercises/first"), sent).status_code == 409
    roles = browser.get(browser.path("/modules/roles")).text
    sent = read_form(roles, "first").holds | {"choice": "ask"}
    assert browser.post(browser.path("/modules/roles/exercises/first"), sent).status_code == 303
    assert "This module opens later" not in browser.get(browser.path("/modules/stages")).text
    assert "Better after:" not in browser.get(browser.path("/modules/tools")).text
    sent = read_form(better, "first").holds | {"choice": "ask"}
    assert browser.post(browser.path("/modules/stages/exercises/first"), sent).status_code == 303


def test_staff_see_every_module(browse) -> None:
    browser = browse(Role.COORDINATOR)
    assert "Case first" in browser.get(browser.path("/modules/stages/exercises/first/sheet")).text
    assert "This module opens later" not in browser.get(browser.path("/modules/stages")).text
