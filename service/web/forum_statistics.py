"""How a forum is used, in figures, for those who moderate it."""

from typing import Any

from flask import Blueprint, g, render_template
from flask_babel import gettext, ngettext

from service.db import utc_now
from service.forums.access import get_forum
from service.forums.rules import Kind
from service.forums.statistics import Answers, Month, Statistics, read_statistics
from service.web.access import open_to
from service.web.formats import number, part_of_date, score
from service.web.forum_pages import forum_href, forum_place, reader
from service.web.forum_words import forum_title

blueprint = Blueprint("forum_statistics", __name__, url_prefix="/course/<course_id>/forums")


@blueprint.get("/<forum_key>/statistics")
@open_to()
def show(forum_key: str) -> str:
    """Show the last twelve months of a forum, and how its threads were answered."""
    forum = get_forum(g.db, reader(), forum_key)
    found = read_statistics(g.db, forum, at=utc_now())
    shown = [month for month in found.months if month.is_shown]
    return render_template(
        "forum_statistics.html",
        place=forum_place(forum),
        title=forum_title(forum_key),
        href=forum_href(forum_key),
        is_single=forum.plan.kind is Kind.SINGLE,
        has_posts=found.has_posts,
        months=[_month_words(month) for month in found.months],
        has_hidden=len(shown) < len(found.months),
        has_figures=any(month.posts for month in shown),
        highest=max((month.posts for month in shown), default=0),
        finding=_finding(found),
        answers=found.answers,
        answered=_answered(found.answers) if found.answers else "",
        wait=_wait(found.answers) if found.answers else "",
    )


def _month_words(month: Month) -> dict[str, Any]:
    return {
        "title": _title(month),
        "is_shown": month.is_shown,
        "threads": month.threads,
        "posts": month.posts,
        "writers": month.writers,
    }


def _title(month: Month) -> str:
    return part_of_date(f"{month.starts_at:%Y-%m}")


def _finding(found: Statistics) -> str:
    """Return what stands out among the months that are shown."""
    busiest = max((month for month in found.months if month.is_shown), key=lambda month: month.posts, default=None)
    if busiest is None or busiest.posts == 0:
        return ""
    posts = ngettext("%(num)d post", "%(num)d posts", busiest.posts)
    return gettext("Most was written in %(month)s: %(posts)s", month=_title(busiest), posts=posts)


def _answered(answers: Answers) -> str:
    return gettext("Answered by somebody else: %(count)s threads", count=score(answers.answered, answers.threads))


def _wait(answers: Answers) -> str:
    if answers.hours is None:
        return gettext("Fewer than five were answered: how long that took is not shown.")
    hours = round(answers.hours)
    said = gettext("less than an hour")
    if answers.hours >= 1:
        said = ngettext("%(num)s hour", "%(num)s hours", hours, num=number(hours))
    return gettext("Time until the first answer (half were quicker, half slower): %(hours)s.", hours=said)
