"""The item check: for authors among the staff, how the exercises of a module do at first tries; nobody is named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import gettext

from service.item_check.operations import Item, ItemCheck, VersionCount, check_items
from service.item_check.rules import LEAST, STEP, Figures, Finding
from service.modules.content import ExerciseWords, Module
from service.people.models import STAFF_ROLES
from service.web.access import catalogue, me, open_to
from service.web.formats import day, number
from service.web.lists import Filter

blueprint = Blueprint("items", __name__, url_prefix="/course/<course_id>/modules/<module_key>/items")


@dataclass(frozen=True)
class ItemRow:
    """An exercise or a part of one, as the page shows it."""

    exercise: str
    part: str
    """Empty for the exercise as a whole."""
    figures: Figures
    sentence: str
    """What to think about; empty if nothing stands out."""

    @property
    def title(self) -> str:
        """The exercise, and the part if it is one."""
        return f"{self.exercise} – {self.part}" if self.part else self.exercise


@blueprint.get("")
@open_to(*STAFF_ROLES)
def show(module_key: str) -> str:
    """Show the figures of a version of a module, by learners of this course. Query: `version`, an id."""
    module = catalogue().module(module_key)
    version_id = request.args.get("version", type=int)
    check = check_items(g.db, module_key, course_id=me().course_id, version_id=version_id)
    rows = list(_rows(check, module))
    return render_template(
        "items.html",
        module=module,
        words=module.words[g.lang],
        least=LEAST,
        step=STEP,
        shown=check.shown,
        is_answered=bool(check.versions),
        versions=_filters(check, module_key),
        rows=rows,
        marked=[row for row in rows if row.sentence],
        hidden=sum(item.figures is None and not item.part for item in check.items),
    )


def _filters(check: ItemCheck, module_key: str) -> Sequence[Filter]:
    def address(version: VersionCount) -> str:
        return url_for(".show", course_id=me().course.public_id, module_key=module_key, version=version.id)

    return [
        (
            gettext("Version %(version)s of %(day)s", version=version.version, day=day(version.first_seen_at)),
            version.people if version.people >= LEAST else None,
            address(version),
            version == check.shown,
        )
        for version in check.versions
    ]


def _rows(check: ItemCheck, module: Module) -> Iterator[ItemRow]:
    words = module.words[g.lang].exercises
    parts: dict[str, int] = {}
    for item in check.items:
        parts[item.exercise] = parts.get(item.exercise, -1) + 1
        if item.figures is not None:
            said = words.get(item.exercise)
            part = part_words(said, item, parts[item.exercise]) if item.part else ""
            yield ItemRow(said.title if said else item.exercise, part, item.figures, _sentence(item.figures))


def part_words(said: ExerciseWords | None, item: Item, number_of_part: int) -> str:
    """Return the words of a part as its exercise has them now, or its number."""
    found = _find_words(said.parts, item.part) if said else ""
    return found or gettext("part %(number)s", number=number(number_of_part))


def _find_words(parts: Mapping[str, Any], key: str) -> str:
    for told in parts.values():
        found = told.get(key) if isinstance(told, Mapping) else None
        text = found.get("text") if isinstance(found, Mapping) else found
        if isinstance(text, str):
            return text
    return ""


def _sentence(figures: Figures) -> str:
    return {
        Finding.MISLEADING: gettext(
            "Who does well elsewhere does badly here: look at the answer key and at the wording."
        ),
        Finding.HARD: gettext(
            "%(wrong)s of %(all)s fail this at the first try: look at the wording, and at what the text says about it.",
            wrong=number(figures.count - figures.right),
            all=number(figures.count),
        ),
        Finding.EASY: gettext("Nearly everybody has this right at the first try: it tells little."),
        Finding.FLAT: gettext("It hardly tells who knows the matter from who does not."),
        Finding.FINE: "",
    }[figures.finding]
