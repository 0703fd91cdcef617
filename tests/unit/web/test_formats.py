"""Golden tests of numbers, scores, dates and names, with the plural forms that Polish and Hebrew are tried on."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from babel.numbers import format_decimal
from flask import g, render_template_string
from flask_babel import ngettext

from service.web import formats

COUNTS = (0, 1, 2, 3, 4, 5, 11, 12, 14, 21, 22, 25, 101, 102, 112)
AT = datetime(2026, 11, 4, 14, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Somebody:
    name: str
    public_id: str = "7f3kabcdefgh"


def expected(words: tuple[tuple[str, ...], dict[str, str]]) -> list[str]:
    """Return the words for each of COUNTS."""
    forms, by_form = words
    return [by_form[form].replace("#", str(count)) for form, count in zip(forms, COUNTS, strict=True)]


# By number: 0, 1, 2, 3, 4, 5, 11, 12, 14, 21, 22, 25, 101, 102, 112.
POLISH_FORMS = ("many", "one", *("few",) * 3, *("many",) * 5, "few", "many", "many", "few", "many")
HEBREW_FORMS = ("other", "one", "two", *("other",) * 12)
ENGLISH_FORMS = ("other", "one", *("other",) * 13)
MINUTES = {
    "en": (ENGLISH_FORMS, {"one": "# minute", "other": "# minutes"}),
    "pl": (POLISH_FORMS, {"one": "# minuta", "few": "# minuty", "many": "# minut"}),
    "he": (HEBREW_FORMS, {"one": "דקה אחת", "two": "שתי דקות", "other": "# דקות"}),
}
OPEN = {
    "en": (ENGLISH_FORMS, {"one": "One exercise", "other": "# exercises"}),
    "pl": (
        POLISH_FORMS,
        {
            "one": "Zostało jeszcze # ćwiczenie",
            "few": "Zostały jeszcze # ćwiczenia",
            "many": "Zostało jeszcze # ćwiczeń",
        },
    ),
    "he": (HEBREW_FORMS, {"one": "נותר תרגיל אחד", "two": "נותרו שני תרגילים", "other": "נותרו # תרגילים"}),
}


@pytest.mark.parametrize("language", ["en", "pl", "he"], indirect=True)
def test_minutes_take_the_plural_of_the_language(language: str) -> None:
    assert [formats.minutes(count) for count in COUNTS] == expected(MINUTES[language])


@pytest.mark.parametrize("language", ["en", "pl", "he"], indirect=True)
def test_a_sentence_agrees_with_its_number(language: str) -> None:
    one, many = "One exercise of this module is still open.", "%(num)d exercises of this module are still open."
    for count, begin in zip(COUNTS, expected(OPEN[language]), strict=True):
        assert ngettext(one, many, count).startswith(begin)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "3 of 7"), ("he", "3 מתוך 7"), ("pl", "3 z\u00a07")], indirect=["language"]
)
def test_scores_are_words_without_a_slash(language: str, words: str) -> None:
    assert formats.score(3, 7.0) == words


@pytest.mark.parametrize(
    ("language", "numbers"),
    [
        ("en", ["0", "1.5", "4.29", "1234", "12,345"]),
        ("he", ["0", "1.5", "4.29", "1234", "12,345"]),
        ("pl", ["0", "1,5", "4,29", "1234", "12\u00a0345"]),
    ],
    indirect=["language"],
)
def test_numbers_have_the_marks_of_the_language(language: str, numbers: list[str]) -> None:
    assert [formats.number(value) for value in (0.0, 1.5, 30 / 7, 1234, 12345)] == numbers


@pytest.mark.parametrize("language", ["en", "he", "pl"], indirect=True)
def test_a_range_is_one_island_in_its_order(language: str) -> None:
    assert formats.number_range(4, 10) == '<bdi class="whole" dir="ltr">4–10</bdi>'


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [
        ("en", "4 November 2026", "4 November 2026, 14:03 UTC"),
        ("he", "4 בנובמבר 2026", "4 בנובמבר 2026, 14:03 UTC"),
        ("pl", "4 listopada 2026", "4 listopada 2026, 14:03 UTC"),
    ],
    indirect=["language"],
)
def test_dates_are_words(language: str, day: str, moment: str) -> None:
    assert formats.day(AT) == day
    assert formats.moment(AT) == moment


@pytest.mark.parametrize(
    ("language", "nameless"),
    [("en", "Participant 7F3K"), ("he", "ללא שם (7F3K)"), ("pl", "Osoba 7F3K")],
    indirect=["language"],
)
def test_who_gave_no_name_has_a_code(language: str, nameless: str) -> None:
    assert formats.person_name(Somebody("  ")) == nameless
    assert formats.person_name(Somebody(" \u200f\u2067 ")) == nameless
    assert formats.person_name(Somebody(" Łucja ")) == "Łucja"


def test_what_users_write_is_isolated_and_escaped(app_request: None) -> None:
    g.lang = "he"
    source = '{% from "macros/text.html" import ltr, person, user_text, when %}'
    source += "{{ user_text(value) }}|{{ ltr(value) }}|{{ person(who) }}|{{ when(at) }}"
    shown = render_template_string(source, value="<b>", who=Somebody("A & B"), at=AT)
    assert shown == (
        '<bdi>&lt;b&gt;</bdi>|<bdi dir="ltr">&lt;b&gt;</bdi>|<bdi>A &amp; B</bdi>'
        '|<time datetime="2026-11-04T14:03+00:00">4 בנובמבר 2026</time>'
    )
    assert formats.isolated("אבי") == "\u2068אבי\u2069"
    assert formats.isolated("\u2067אבי\u2069\u2069") == "\u2068אבי\u2069"


@pytest.mark.parametrize("language", ["en", "he", "pl"], indirect=True)
def test_whole_numbers_are_written_as_babel_writes_them(language: str) -> None:
    for value in (0, 1, 9.0, 10, 999, 1000, 9999.0, 10_000, -1, 0.5):
        assert formats.number(value) == format_decimal(value, locale=language, group_separator=value >= 10_000)
