"""The frame and the exercises as HTML: order and names of what is there, nothing lost, nothing of a user's executed."""

import re
from collections import Counter
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from flask import g, render_template, render_template_string
from markupsafe import Markup

from service.exercise_types import exercise_types
from service.i18n import direction
from service.modules.content import ExerciseWords
from service.web import module_parts
from service.web.module_head import NOTHING, Effect
from service.web.module_parts import ShownExercise
from service.web.try_words import TryWords
from tests.makers import make_module
from tests.unit.web.conftest import WEB

HOSTILE = "<script>alert(1)</script>\"'&"
PERSON = SimpleNamespace(name="Anna", public_id="7f3kabcd")
COURSE = SimpleNamespace(public_id="c1", title=HOSTILE, return_url="")
TEMPLATES = WEB / "templates"
ITEMS = ("first", "second", "third")
STRUCTURES: dict[str, dict[str, Any]] = {
    "one-answer": {"points": 1.0, "options": list(ITEMS), "answer": "second"},
    "sort": {
        "points": 6.0,
        "groups": ["left", "right"],
        "items": list(ITEMS),
        "answer": dict(zip(ITEMS, ("left", "left", "right"), strict=True)),
    },
    "order": {"points": 3.0, "items": list(ITEMS)},
}
ANSWERS: dict[str, dict[str, str]] = {
    "one-answer": {"choice": "first"},
    "sort": {"group.first": "left", "group.second": "right", "group.third": "right"},
    "order": {"position.third": "1", "position.first": "2", "position.second": "3"},
}
"""Partly wrong answers, as a form sends them."""


class Outline(HTMLParser):
    """Collects what the tests ask about: tags with attributes, ids, and the words of labels, titles and headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"title": [], "h1": []}
        self._inside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in self.texts:
            self.texts[tag].append("")
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        tag, attributes = self.tags[-1] if self.tags else ("", {})
        if tag == "option":
            attributes.setdefault("value", data)
        for tag in self._inside:
            self.texts[tag][-1] += data

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def frame(body: str = "", title: str = "A page", **context: Any) -> str:
    """Return a page in the language of `g`."""
    source = '{% extends "base.html" %}{% block title %}{{ title }}{% endblock %}{% block main %}' + body
    known = {"lang": g.lang, "dir": direction(g.lang), "me": None, "course": None, "nav": "", "title": title}
    return render_template_string(source + "{% endblock %}", **known | context)


def view(kind: str, **changes: Any) -> SimpleNamespace:
    """Return an exercise of this type that nobody has tried, as `web.modules.ExerciseView` has it."""
    words = {item: {"text": f"Words of {item}", "feedback": f"Why {item}. {HOSTILE}"} for item in ITEMS}
    parts = {"options": words, "items": words, "groups": {"left": "Left group", "right": "Right group"}}
    fresh = {
        "key": kind,
        "type": kind,
        "is_judged": True,
        "words": ExerciseWords(f"Title of {kind}", "<p>Do <em>this</em>.</p>", parts, "<p>Worked.</p>"),
        "structure": STRUCTURES[kind],
        "display_order": list(ITEMS),
        "action": "/hand-in",
        "submission_key": "key-of-this-form",
        "points": STRUCTURES[kind]["points"],
        "best": None,
        "last": None,
        "is_held_just_now": False,
        "tries": TryWords(("Try freely.",), "", is_closed=False, is_endless=True, may_end=False, given=(), again=""),
        "drafts": SimpleNamespace(shown=None, others=[], seen=""),
        "values": {},
        "errors": {},
        "review": None,
    }
    shown = SimpleNamespace(**fresh | changes)
    shown.is_passed = bool(shown.best and shown.best.is_passed)
    return shown


def tried(kind: str, *, just_now: bool = True) -> SimpleNamespace:
    """Return the exercise after a second try."""
    the_type = exercise_types()[kind]
    mark = the_type.mark(STRUCTURES[kind], the_type.read_answer(STRUCTURES[kind], ANSWERS[kind]))
    best = SimpleNamespace(points=mark.points, tries=2, is_passed=False, last_key="k0")
    return view(kind, best=best, last=SimpleNamespace(mark=mark, just_now=just_now), values=ANSWERS[kind])


def show(exercise: SimpleNamespace) -> str:
    """Return the exercise as its template shows it."""
    module = SimpleNamespace(exercise=lambda key: SimpleNamespace(pass_points=exercise.points))
    g.me = SimpleNamespace(person=PERSON)
    known = {"module": module, "me": g.me, "course": COURSE}
    return render_template("exercises/exercise.html", view=exercise, **known)


@pytest.mark.parametrize("language", ["en", "he", "pl"], indirect=True)
def test_the_frame_says_language_direction_and_title_once(language: str) -> None:
    page = Outline(frame(title="Reader’s <i>page</i>"))
    assert page.tags[0] == ("html", {"lang": language, "dir": direction(language)})
    assert page.texts["h1"] == ["Reader’s <i>page</i>"]
    assert page.texts["title"] == ["Reader’s <i>page</i> – MentorReady"]
    assert page.all("a")[0]["href"] == "#main"
    assert page.all("main")[0] == {"id": "main", "tabindex": "-1", "class": "reading"}


def test_a_title_with_markup_of_ours_is_plain_in_the_title_of_the_window(app_request: None) -> None:
    g.lang = "he"
    source = '{% from "macros/text.html" import user_text %}{% extends "base.html" %}'
    source += "{% block title %}{{ _('Welcome, %(name)s', name=user_text(name)) }}{% endblock %}"
    html = render_template_string(source, lang="he", dir="rtl", name=HOSTILE)
    assert "<script>alert" not in html
    assert "<h1>שלום, <bdi>" in html
    assert Outline(html).texts["title"] == [f"שלום, \u2068{HOSTILE}\u2069 – MentorReady"]


def test_what_the_course_is_called_is_only_text(app_request: None) -> None:
    g.lang = "en"
    html = frame(course=COURSE, place=[(HOSTILE, "/home")])
    assert "<script>alert" not in html
    assert Outline(html).texts["title"] == [f"A page – \u2068{HOSTILE}\u2069 – MentorReady"]


@pytest.mark.parametrize("language", ["en", "he", "pl"], indirect=True)
def test_the_switch_names_each_language_in_itself_and_keeps_the_place(language: str) -> None:
    page = Outline(frame())
    buttons = [tag for tag in page.all("button") if tag.get("name") == "language"]
    assert [tag["lang"] for tag in buttons] == ["en", "he", "pl"]
    assert [tag["value"] for tag in buttons if "aria-current" in tag] == [language]
    assert {"type": "hidden", "name": "next", "value": "/page?a=1"} in page.all("input")


def test_messages_are_announced_by_their_kind(app_request: None) -> None:
    g.lang = "en"
    source = "{% set _ = get_flashed_messages %}"
    with_messages = render_template_string(
        source + '{% extends "base.html" %}{% block title %}t{% endblock %}',
        lang="en",
        dir="ltr",
        get_flashed_messages=lambda with_categories: [("message", "Kept."), ("error", HOSTILE)],
    )
    assert re.findall(r'<p class="notice [\w-]+" role="(\w+)"', with_messages) == ["status", "alert"]
    assert "<script>alert" not in with_messages


@pytest.mark.parametrize("kind", STRUCTURES)
@pytest.mark.parametrize("language", ["en", "he", "pl"], indirect=True)
def test_every_control_has_a_name_and_every_id_is_there_once(kind: str, language: str) -> None:
    for exercise in (view(kind), tried(kind)):
        page = Outline(show(exercise))
        ids = [tag["id"] for _, tag in page.tags if "id" in tag]
        assert [id_ for id_, count in Counter(ids).items() if count > 1] == []
        for _, tag in page.tags:
            for name in ("aria-describedby", "aria-labelledby", "for"):
                assert set((tag.get(name) or "").split()) <= set(ids)
        labelled = {tag["for"] for tag in page.all("label") if "for" in tag}
        assert {tag["id"] for tag in page.all("select")} <= labelled
        assert len(page.all("legend")) == len(page.all("fieldset")) == 1


@pytest.mark.parametrize("kind", STRUCTURES)
def test_a_form_sends_what_the_type_reads(app_request: None, kind: str) -> None:
    g.lang = "en"
    sent = form_of(show(tried(kind)))
    assert sent.pop("submission_key") == "key-of-this-form"
    assert sent.pop("as") == "7f3kabcd"
    assert sent.pop("draft") == ""
    assert sent == ANSWERS[kind]


def test_every_form_that_writes_for_a_member_says_for_whom_its_page_was_made() -> None:
    own = {"macros/forms.html", "base.html", "frame/languages.html", "frame/new_window.html"}  # for anyone, and macros
    with_other_proof = {"macros/offers.html", "register.html", "storage_get.html", "held.html", "picked.html"}
    for path in TEMPLATES.rglob("*.html"):
        source, name = path.read_text(encoding="utf-8"), path.relative_to(TEMPLATES).as_posix()
        if name not in own | with_other_proof:
            assert 'method="post"' not in source.replace('formmethod="post"', ""), name
        if "formmethod" in source:
            assert '{{ hidden({"as": as_person()}) }}' in source, name


def form_of(html: str) -> dict[str, str]:
    """Return what a browser would send of the form as it came."""
    sent: dict[str, str] = {}
    select = ""
    for tag, attributes in Outline(html).tags:
        if tag == "input" and (attributes["type"] == "hidden" or "checked" in attributes):
            sent[attributes["name"] or ""] = attributes["value"] or ""
        elif tag == "select":
            select = attributes["name"] or ""
        elif tag == "option" and "selected" in attributes:
            sent[select] = attributes["value"] or ""
    return sent


@pytest.mark.parametrize(
    ("kind", "values", "errors"),
    [
        ("one-answer", {"choice": "strange"}, {"choice": "answer.unknown_option"}),
        ("sort", {"group.first": "right", "group.second": ""}, {"group.second": "answer.missing"}),
        (
            "order",
            {"position.first": "2", "position.second": "2", "position.third": "3"},
            {"position.first": "answer.same_position", "position.second": "answer.same_position"},
        ),
    ],
)
def test_an_answer_that_was_refused_comes_back_as_it_was(
    app_request: None, kind: str, values: dict[str, str], errors: dict[str, str]
) -> None:
    g.lang = "en"
    html = show(view(kind, values=values, errors=errors))
    page = Outline(html)
    kept = {name: value for name, value in form_of(html).items() if value and name in values}
    assert kept == {name: value for name, value in values.items() if value and value != "strange"}
    alert = next(tag for tag in page.all("p") if tag.get("role") == "alert")
    wrong = [tag for tag in page.all("input", "select") if tag.get("aria-invalid")]
    assert {tag["name"] for tag in wrong} == set(errors)
    assert {tag["aria-describedby"] for tag in wrong} == {alert["id"]}
    assert "Not sent" in html


@pytest.mark.parametrize("kind", STRUCTURES)
def test_a_try_shows_points_in_words_and_a_remark_for_each_part(app_request: None, kind: str) -> None:
    g.lang = "en"
    html = show(tried(kind))
    page = Outline(html)
    assert "Points:" in html
    assert "Tries so far: 2." in html
    assert "<summary>Show the worked answer</summary>" in html
    assert "<script>alert" not in html
    remarks = [tag for tag in page.all("p") if (tag.get("class") or "").startswith("remark")]
    assert len(remarks) == {"one-answer": 1, "sort": 3, "order": 3}[kind]
    assert {tag["class"] for tag in remarks} == (
        {"remark is-open"} if kind == "one-answer" else {"remark is-open", "remark is-right"}
    )


def test_before_the_first_try_nothing_is_given_away(app_request: None) -> None:
    g.lang = "en"
    for kind in STRUCTURES:
        html = show(view(kind))
        assert "Worked." not in html
        assert "Why " not in html
        assert "Not tried yet" in html


def test_only_a_fresh_result_takes_the_focus(app_request: None) -> None:
    g.lang = "en"
    assert "data-focus" in show(tried("sort"))
    assert "data-focus" not in show(tried("sort", just_now=False))


def test_the_module_page_leads_to_the_next_open_exercise(app_request: None) -> None:
    g.lang, g.me = "en", SimpleNamespace(person=PERSON, course=COURSE)
    module = make_module("roles", ("mentor",))

    def page(*to_do: str) -> str:
        return render_template(
            "module.html",
            lang="en",
            dir="ltr",
            course=COURSE,
            me=SimpleNamespace(person=PERSON, role="mentor"),
            module=module,
            words=module.words["en"],
            facts=module_parts.facts(
                module, is_learner=True, is_required=True, effect=Effect(all=3, remaining=2, is_counted=False)
            ),
            progress=module_parts.progress(module, 2 - len(to_do), 0),
            still_open=module_parts.still_open(module, dict.fromkeys(to_do, ShownExercise(Markup())), to_do)
            if to_do
            else "",
            is_learner=True,
            grade=None,
            head=NOTHING,
        )

    assert "After this module 2 of 3 conditions remain." in page("first", "second")
    assert '<a class="button primary" href="#exercise-first">' in page("first", "second")
    assert '<a class="button primary" href="#exercise-second">' in page("second")
    assert "Exercises passed: <strong>1 of 2</strong>" in page("second")
    assert "All exercises of this module are passed." in page()


def test_the_first_open_condition_is_the_next_step(app_request: None) -> None:
    g.lang = "en"
    source = '{% from "macros/states.html" import condition_list %}{{ condition_list(conditions) }}'
    states = ("met", "waiting", "not_met", "expired")
    conditions = [{"state": state, "title": f"About {state}", "href": "/do", "act": "Do it"} for state in states]
    html = render_template_string(source, conditions=conditions)
    assert re.findall(r'<li class="condition is-(\w+) is-next">', html) == ["not_met"]
    assert html.count("Next step") == 1
    assert html.count("button primary") == 1
    assert re.findall(r'<span class="state is-(\w+)"><svg', html) == list(states)
