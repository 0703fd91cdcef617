"""Puts into words what was corrected in an attendance, and what a list says that cannot be taken."""

from dataclasses import dataclass
from datetime import datetime

from flask import g
from flask_babel import gettext

from service.errors import NotFoundError
from service.events.attendance_csv import MOST_LINES, LineProblem
from service.events.models import AttendanceChange, AttendanceState
from service.modules.content import Catalogue
from service.web.event_words import attendance_name
from service.web.formats import isolated, number, person_name


@dataclass(frozen=True)
class ChangeWords:
    """A correction: who or what, from what to what, why, by whom and when."""

    who: str
    was: str
    became: str
    reason: str
    by: str
    at: datetime


def change_words(change: AttendanceChange, catalogue: Catalogue) -> ChangeWords:
    """Return the words for a correction of a person's attendance, or of what the group did."""
    by = person_name(change.changed_by.person)
    if change.person is None:
        what = _work_name(change.was, catalogue)
        return ChangeWords(what, gettext("done in class"), gettext("not done"), change.reason, by, change.changed_at)
    was, became = (
        attendance_name(AttendanceState(state)) if state else gettext("not entered")
        for state in (change.was, change.became)
    )
    return ChangeWords(person_name(change.person), was, became, change.reason, by, change.changed_at)


def left_out_words(problem: LineProblem) -> str:
    """Return why a line of a list is not taken, and what to do."""
    return {
        LineProblem.NOBODY: gettext("Nobody in this course is called so. Compare the spelling, or use the code."),
        LineProblem.SEVERAL: gettext("Several people are called so. Use the code from the list of this meeting."),
        LineProblem.NO_STATE: gettext("It does not say present, excused or absent."),
        LineProblem.TWICE: gettext("A line before says something else of this person. The first one counts."),
    }[problem]


def list_refusal(code: str) -> str:
    """Return why a list cannot be read at all, and what to do."""
    return {
        "list.empty": gettext("The list is empty. Copy the lines of the spreadsheet into the field, or choose a file."),
        "list.not_text": gettext("The file is not text. Save the spreadsheet as “CSV UTF-8” and choose that file."),
        "list.too_long": gettext("The list has more than %(count)s lines.", count=number(MOST_LINES)),
        "list.unreadable": gettext("The list cannot be read. Save the spreadsheet as “CSV UTF-8”."),
    }[code]


def _work_name(keys: str, catalogue: Catalogue) -> str:
    """Return the title of an exercise, by "module/exercise"; what is no longer taught keeps its keys."""
    module_key, _, exercise_key = keys.partition("/")
    try:
        module = catalogue.module(module_key)
        module.exercise(exercise_key)
    except NotFoundError:
        return isolated(keys)
    words = module.words[g.lang]
    return f"{words.title}: {words.exercises[exercise_key].title}"
