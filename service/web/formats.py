"""How numbers, scores, dates and people are written, in the language of the page.

What mixes digits with Hebrew is isolated here, so that no page shows "4-10" as "10-4" (UX H4).
"""

import html
import re
from datetime import date, datetime
from typing import Protocol

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from flask_babel import get_locale, gettext, ngettext
from markupsafe import Markup

from service.people.rules import shown_name


class Named(Protocol):
    """Whoever has a public id and perhaps a name."""

    @property
    def name(self) -> str: ...
    @property
    def public_id(self) -> str: ...


def locale_of(language: str) -> str:
    """Return the locale in which a language of ours is written."""
    # Readers of English here write dates in the European order, 4 November 2026.
    return "en_GB" if language == "en" else language


def person_code(person: Named) -> str:
    """Return the short code by which staff and a nameless person speak of them, for example "7F3K"."""
    return person.public_id[:4].upper()


def person_name(person: Named) -> str:
    """Return the name, or "Participant 7F3K" for who gave none (FEATURES M17, N22)."""
    return shown_name(person.name) or gettext("Participant %(code)s", code=person_code(person))


def isolated(text: str) -> str:
    """Return `text` so that its direction turns nothing around it, for places that take no markup (UX H2)."""
    # An isolate that the text itself ends would end ours.
    inside = re.sub("[\u2066-\u2069]", "", text)
    return f"\N{FIRST STRONG ISOLATE}{inside}\N{POP DIRECTIONAL ISOLATE}"


def window_title(heading: str) -> str:
    """Return the heading of a page, as HTML, without its markup; what was isolated stays isolated."""
    if "<" not in heading and "&" not in heading:
        return str(heading)
    opening, closing = isolated("\0").split("\0")
    marked = re.sub(r"<bdi\b[^>]*>", opening, heading).replace("</bdi>", closing)
    return html.unescape(re.sub(r"<[^>]*>", "", marked))


def number(value: float) -> str:
    """Return a number with at most two decimals, "1,5" in Polish; thousands are set apart from 10 000 on (UX P7)."""
    if 0 <= value < 10_000 and value == int(value):
        return str(int(value))  # as all our languages write it; most numbers are such, and Babel takes its time
    return format_decimal(round(value, 2), locale=get_locale(), group_separator=abs(value) >= 10_000)


def language_name(code: str) -> str:
    """Return the name of a language in the reader's own; the code of one that has no name there."""
    locale = get_locale()
    return str(locale.languages.get(code, code)) if locale else code


def number_range(low: float, high: float) -> Markup:
    """Return "4-10" so that it stays in this order, and on one line, in any language."""
    return Markup('<bdi class="whole" dir="ltr">{}\N{EN DASH}{}</bdi>').format(number(low), number(high))


def score(points: float, of: float) -> str:
    """Return "3 of 7": a slash between numbers turns round in Hebrew (UX H4, U8)."""
    return gettext("%(points)s of %(of)s", points=number(points), of=number(of))


def minutes(count: int) -> str:
    """Return a length of time in whole minutes, "15 minutes"."""
    return ngettext("%(num)d minute", "%(num)d minutes", count)


def day(at: date) -> str:
    """Return a date in words: "24 listopada 2026", "24 בנובמבר 2026"."""
    return format_date(at, "long", locale=get_locale())


def part_of_date(text: str) -> str:
    """Return a date of which the day, or the month too, may be unknown: `2026-11-30`, `2026-11` or `2026`."""
    year, *rest = (int(part) for part in text.split("-"))
    found = date(year, *[*rest, 1, 1][:2])
    pattern = ("y", "LLLL y", "long")[len(rest)]
    return format_date(found, pattern, locale=get_locale())


def country_name(code: str) -> str:
    """Return the name of the country with this code of ISO 3166, `IL`; the code itself if there is no name."""
    locale = get_locale()
    return str(locale.territories.get(code, code)) if locale else code


def moment(at: datetime) -> str:
    """Return a date in words, the time, and its zone."""
    return gettext("%(day)s, %(time)s", day=day(at), time=format_datetime(at, "HH:mm z", locale=get_locale()))
