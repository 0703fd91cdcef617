"""Keys of content, and the history of a copied link."""

import pytest

from service.modules import rules
from tests.makers import make_catalogue, make_module

CATALOGUE = make_catalogue()


@pytest.mark.parametrize(
    "content",
    [
        "home",
        "readiness",
        "board",
        "pairing",
        "forum:community",
        "course:basics",
        "module:roles",
        "exercise:roles/first",
        "exercise:stages/second",
    ],
)
def test_what_a_link_may_show(content: str) -> None:
    assert rules.is_known_content(CATALOGUE, content)


@pytest.mark.parametrize(
    "content",
    [
        *("", "Home", "nothing", "people", "course:", "course:roles", "module:", "module:basics", "module:roles "),
        *("exercise:", "exercise:roles", "exercise:roles/", "exercise:/first", "exercise:roles/first/x"),
        *("forum:", "forum:nothing", "forum:community/"),
        *("exercise:roles/third", "exercise:nothing/first", "module:roles/first", "$ResourceLink.id"),
    ],
)
def test_what_it_may_not_show(content: str) -> None:
    assert not rules.is_known_content(CATALOGUE, content)


def test_a_key_that_fits_no_column_is_not_known() -> None:
    catalogue = make_catalogue(make_module("m" * 64, (), ("e" * 64, "short")))
    assert not rules.is_known_content(catalogue, rules.exercise_content("m" * 64, "e" * 64))
    assert rules.is_known_content(catalogue, rules.exercise_content("m" * 64, "short"))


def test_a_key_names_one_thing() -> None:
    assert rules.find_module_key("module:roles") == "roles"
    assert rules.find_course_key("course:basics") == "basics"
    assert rules.find_exercise_keys(rules.exercise_content("roles", "first")) == ("roles", "first")
    assert rules.find_forum_key("forum:community") == "community"
    for find in (rules.find_module_key, rules.find_course_key, rules.find_exercise_keys, rules.find_forum_key):
        assert find("home") is None


@pytest.mark.parametrize(
    ("content", "is_graded"),
    [
        ("home", 0),
        ("board", 0),
        ("forum:community", 0),
        ("pairing", 0),
        ("course:basics", 0),
        ("readiness", 1),
        ("module:roles", 1),
        ("exercise:a/b", 1),
    ],
)
def test_what_has_a_score(content: str, is_graded: int) -> None:
    assert rules.is_graded(content) is bool(is_graded)


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("", ()),
        ("a", ("a",)),
        (" b%2C1, a ,,", ("b,1", "a")),
        ("%00,%0a,ok", ("ok",)),
        ("x" * 256, ()),
        (",".join(["7"] * 1000), ("7",) * 50),
    ],
)
def test_a_history_is_read_newest_first(value: str, ids: tuple[str, ...]) -> None:
    assert rules.read_history(value) == ids
