"""The filters above the list of people and the board: what can be chosen, and how many each choice shows."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import g, url_for
from flask_babel import gettext, ngettext

from service.board.kinds import STILL_DAYS, Presence
from service.board.labelled import NONE
from service.board.models import SavedView
from service.board.rules import Board, Shown
from service.i18n import LANGUAGES, sort_key
from service.people.models import LEARNING_ROLES, LabelKind
from service.web.access import me
from service.web.board import GRID, LIST, Choice, label_name, presence_name, title_of
from service.web.formats import isolated, language_name, number
from service.web.lists import Filter
from service.web.words import role_name

MOST_SETS = 5
"""How many of the most frequent gaps are offered at once."""


def describe_filters(board: Board, shown: Shown, choice: Choice) -> dict[str, Any]:
    """Return all filters as the template takes them."""
    wish = choice.wish
    return {
        "layouts": [
            (gettext("What is missing"), None, choice.address(LIST), choice.endpoint == LIST),
            (gettext("All conditions, side by side"), None, choice.address(GRID), choice.endpoint == GRID),
        ],
        "roles": _roles(shown, choice),
        "states": _states(shown, choice),
        "gaps": _gaps(board, shown, choice),
        "languages": _counted([(code, language_name(code)) for code in LANGUAGES], shown.counts["language"]),
        "labels": [_labels(board, shown, kind, wish.labels.get(kind, "")) for kind in LabelKind],
        "lacks": _conditions(board, shown, wish.lacks),
        "stills": _counted(
            [(str(days), ngettext("%(num)d day or longer", "%(num)d days or longer", days)) for days in STILL_DAYS],
            shown.counts["still"],
        ),
        "missing": _conditions(board, shown, *wish.missing),
        "has_more": bool(wish.q or wish.language or wish.labels or wish.lacks or wish.still or wish.missing),
    }


def _roles(shown: Shown, choice: Choice) -> list[Filter]:
    counts = shown.counts["role"]
    roles = [
        (role_name(one), counts[one], choice.address(role=one.value), choice.wish.role == one) for one in LEARNING_ROLES
    ]
    return [(gettext("All"), None, choice.address(role=""), not choice.wish.role), *roles]


def _states(shown: Shown, choice: Choice) -> list[Filter]:
    counts = shown.counts["state"]
    states = [
        (presence_name(one), counts[one], choice.address(state=one.value), choice.wish.state == one) for one in Presence
    ]
    return [(gettext("All states"), None, choice.address(state=""), not choice.wish.state), *states]


def _gaps(board: Board, shown: Shown, choice: Choice) -> list[Filter]:
    """Return what people lack exactly, the most frequent first, and what is chosen."""
    frequent = sorted(shown.sets.items(), key=lambda one: (-one[1], len(one[0]), one[0]))[:MOST_SETS]
    chosen = choice.wish.missing
    gaps: list[Filter] = [
        (gap_words(board, names), count, choice.address(missing=names), set(names) == set(chosen))
        for names, count in frequent
    ]
    if chosen and not any(is_current for *_others, is_current in gaps):
        gaps.append((gap_words(board, chosen), shown.sets.get(chosen, 0), choice.address(), True))
    everyone: Filter = (gettext("Whatever is missing"), None, choice.address(missing=()), not chosen)
    return [everyone, *gaps] if gaps else []


def gap_words(board: Board, names: Sequence[str]) -> str:
    """Return what alone is missing, short: where much is, only how much."""
    if len(names) > 2:
        return ngettext("Just %(num)d condition together", "Just %(num)d conditions together", len(names))
    return gettext("Just: %(what)s", what=" + ".join(title_of(board, name) for name in names))


def _conditions(board: Board, shown: Shown, *chosen: str) -> list[tuple[str, str]]:
    names = [*board.conditions, *(name for name in chosen if name and name not in board.conditions)]
    return [(name, f"{title_of(board, name)} ({number(shown.lacking.get(name, 0))})") for name in names]


class LabelFilter(NamedTuple):
    """The choices of a kind of label, values and words; none where the course has no such labels."""

    name: str
    title: str
    blank: str
    choices: list[tuple[str, str]]
    chosen: str


def _labels(board: Board, shown: Shown, kind: LabelKind, wanted: str) -> LabelFilter:
    """Return the labels that people have, by their words, and the one that is asked for, whoever has it."""
    counts, chosen = shown.labels.get(kind, Counter()), board.labelled.find(kind, wanted) if wanted else None
    there = set(board.labelled.ids.get(kind, ()))
    labels = [
        one for one in board.labelled.labels.values() if one.kind is kind and (one.id in there or one.id == chosen)
    ]
    words = {one.id: one.words for one in sorted(labels, key=lambda one: sort_key(one.words, g.lang))}
    choices = [(text, f"{isolated(text)} ({number(counts[label])})") for label, text in words.items()]
    if wanted and chosen and chosen not in words:
        choices.append((wanted, f"{isolated(wanted)} ({number(0)})"))
    none, blank = {
        LabelKind.GROUP: (gettext("No group"), gettext("Any group")),
        LabelKind.ORGANISATION: (gettext("No organisation"), gettext("Any organisation")),
    }[kind]
    if choices or wanted:
        choices.append((NONE, f"{none} ({number(counts[0])})"))
    return LabelFilter(kind.value, label_name(kind), blank, choices, words.get(chosen or 0, wanted))


def _counted(choices: Sequence[tuple[str, str]], counts: Any) -> list[tuple[str, str]]:
    return [(value, f"{words} ({number(counts[value])})") for value, words in choices]


def view_filters(views: Sequence[SavedView], choice: Choice, present: str) -> list[Filter]:
    """Return the views that are kept, each with its address. `present`: the query of the page."""
    place = url_for(choice.endpoint, course_id=me().course.public_id)
    return [(view.name, None, f"{place}?{view.query}", view.query == present) for view in views]
