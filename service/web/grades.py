"""Scores on their way to the gradebook, for the staff of a course: what needs attention, and what can be done.

Nothing here waits for the LMS: what is chosen is written down, and the worker does it.
"""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from service.db import utc_now
from service.errors import InvalidInputError
from service.grades import attention
from service.grades.attention import Choice, Group, Standing
from service.grades.models import PlatformSending
from service.grades.reconciling import ask_check
from service.i18n import sort_key
from service.people.models import LEARNING_ROLES, STAFF_ROLES
from service.web.access import me, open_to, own_path
from service.web.formats import person_name
from service.web.grade_words import group_title, staff_words

ON_A_PAGE = 50
ALL = "all"

blueprint = Blueprint("grades", __name__, url_prefix="/course/<course_id>/grades")


@blueprint.get("/")
@open_to(*STAFF_ROLES)
def show() -> str:
    """Show scores by person and column. Query: `group` (`all` for any), `column`, `page`."""
    at = utc_now()
    choice, page = _choice(request.args), max(request.args.get("page", 1, type=int), 1)
    name = choice.group.value if choice.group else ALL
    counts = attention.count_groups(g.db, choice, at=at)
    standings = sorted(attention.list_standings(g.db, choice, at=at), key=_order)
    pages = max(-(-len(standings) // ON_A_PAGE), 1)
    shown = standings[(min(page, pages) - 1) * ON_A_PAGE : min(page, pages) * ON_A_PAGE]
    pause = attention.find_pause(g.db, me().course.platform_id, at=at)
    columns = attention.list_columns(g.db, me().course_id)
    return render_template(
        "grades.html",
        rows=[_row(standing, pause, at) for standing in shown],
        groups=[
            *((group.value, group_title(group), counts[group], _address(group.value, choice)) for group in Group),
            (ALL, gettext("All"), sum(counts.values()), _address(ALL, choice)),
        ],
        group=name,
        column=choice.column,
        columns=columns,
        may_send_again=any(
            standing.score.state not in attention.CHOSEN_ONE_BY_ONE and attention.may_be_tried(standing.score, at=at)
            for standing in standings
        ),
        page=min(page, pages),
        pages=pages,
        page_href=lambda number: _address(name, choice, number),
        pause=pause,
        caption=group_title(choice.group) if choice.group else gettext("All scores"),
    )


@blueprint.post("/again")
@open_to(*STAFF_ROLES)
def send_again() -> Response:
    """Send all of a choice again. Form: `group`, `column`, as they were shown."""
    count = attention.send_again(g.db, _choice(request.form), at=utc_now())
    if count:
        flash(ngettext("One score is sent again.", "%(num)d scores are sent again.", count))
    else:
        flash(gettext("Nothing to send again: what can be sent is on its way."))
    return _back()


@blueprint.post("/decide")
@open_to(*STAFF_ROLES)
def decide() -> Response:
    """Decide over one score. Form: `score` (column and person) and `decision`: again, or theirs to keep theirs."""
    column, _, person = request.form.get("score", "").partition(".")
    score = attention.get_score(g.db, me().course_id, column, person)
    decision = request.form.get("decision")
    if decision == "theirs":
        attention.keep_theirs(score)
        flash(gettext("The gradebook keeps what it shows."))
    elif decision == "again":
        attention.send_one_again(g.db, score, at=utc_now())
        flash(gettext("The score is sent again. The page shows in a moment what became of it."))
    else:
        raise InvalidInputError("grade.decision", f"Unknown decision {decision!r}.")
    return _back()


@blueprint.post("/compare")
@open_to(*STAFF_ROLES)
def compare() -> Response:
    """Let a column be compared with what the gradebook shows. Form: `compared`, the column."""
    item = attention.get_column(g.db, me().course_id, request.form.get("compared", ""))
    ask_check(g.db, item, at=utc_now())
    flash(gettext("The gradebook is being read. What differs appears here in a moment."))
    return _back()


@blueprint.post("/own/again")
@open_to(*LEARNING_ROLES)
def send_own_again() -> Response:
    """Send a learner's own scores again. Form: `next`, the page to return to."""
    if attention.send_own_again(g.db, me().person_id, me().course_id, at=utc_now()):
        flash(gettext("The score is sent again."))
    else:
        flash(gettext("It was tried a moment ago. Please wait a minute."))
    return redirect(own_path(request.form.get("next", "/")), 303)


def _choice(fields: Any) -> Choice:
    """Read which scores are meant; those that need attention if nothing is said."""
    name = fields.get("group", Group.ATTENTION.value)
    if name not in {*Group, ALL}:
        raise InvalidInputError("grade.group", f"There is no group {name!r}.")
    return Choice(me().course_id, None if name == ALL else Group(name), fields.get("column", "")[:16])


def _address(group: str, choice: Choice, page: int = 1) -> str:
    return url_for(
        ".show",
        course_id=me().course.public_id,
        group=group,
        column=choice.column or None,
        page=page if page > 1 else None,
    )


def _back() -> Response:
    """Return to the page as it was."""
    query = {name: value for name in ("group", "column", "page") if (value := request.form.get(name))}
    address = url_for(".show", course_id=me().course.public_id)
    return redirect(f"{address}?{urlencode(query)}" if query else address, 303)


def _order(standing: Standing) -> tuple[Any, ...]:
    return (sort_key(person_name(standing.person), g.lang), standing.person.id, standing.score.line_item_id)


def _row(standing: Standing, pause: PlatformSending | None, at: datetime) -> dict[str, Any]:
    score = standing.score
    return {
        "person": standing.person,
        "score": score,
        "words": staff_words(score, pause, at=at),
        "key": f"{score.line_item.public_id}.{standing.person.public_id}",
        "may_send_again": attention.may_be_tried(score, at=at),
    }
