"""All parts of which pages are made, in all their states, for whoever writes pages. Only the demo has this page."""

from datetime import UTC, datetime
from types import SimpleNamespace

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import gettext

from service.grades.models import ScoreState
from service.web.access import catalogue, public, without_database
from service.web.lists import Header, sorting_header

STATES = ("met", "not_met", "part", "waiting", "waived", "expired", "alarm")
AT = datetime(2026, 11, 4, 14, 3, tzinfo=UTC)
PEOPLE = (("Łucja Żółć", 3), ("נועה בדויה", 0), ("Jo <b>O’Neill</b>", 1))

blueprint = Blueprint("showcase", __name__)


@blueprint.get("/ui")
@public
@without_database
def show() -> str:
    """Show every macro of templates/macros with sample values. Query: `sort`, as the table's headers ask for it."""
    titles = [module.words[g.lang].title for module in catalogue().modules]
    return render_template(
        "showcase.html",
        at=AT,
        conditions=[_condition(state, titles[index % len(titles)]) for index, state in enumerate(STATES)],
        grades=[None, *(_grade(state) for state in ScoreState)],
        headers=_headers(),
        people=_people(),
        states=STATES,
        steps=_steps(titles),
        titles=titles,
    )


def _condition(state: str, title: str) -> SimpleNamespace:
    evidence = gettext("Not begun.") if state == "not_met" else ""
    act = gettext("Begin") if state == "not_met" else ""
    return SimpleNamespace(state=state, title=title, evidence=evidence, href=url_for(".show"), act=act, who="")


def _grade(state: ScoreState) -> SimpleNamespace:
    item = SimpleNamespace(score_maximum=100)
    return SimpleNamespace(state=state, score_given=87.5, line_item=item, lms_score=90.0, last_checked_at=AT)


def _steps(titles: list[str]) -> list[dict[str, str]]:
    states = ("done", "current", "todo")
    return [
        {"label": titles[index % len(titles)], "state": state, "href": "#parts"} for index, state in enumerate(states)
    ]


def _sort() -> str:
    return request.args.get("sort", "name")


def _headers() -> list[Header]:
    names = (("name", gettext("Name")), ("missing", gettext("Missing")))
    return [sorting_header(label, name, _sort(), lambda order: url_for(".show", sort=order)) for name, label in names]


def _people() -> list[tuple[str, int]]:
    column = 1 if "missing" in _sort() else 0
    return sorted(PEOPLE, key=lambda person: person[column], reverse=_sort().startswith("-"))
