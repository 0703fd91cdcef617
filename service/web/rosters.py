"""Puts into words how the list of a course's members was last read: when, how many, or why not."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext, ngettext, pgettext

from service.people.known import AnyCourse
from service.people.models import RosterProblem, RosterRead
from service.web.formats import moment


@dataclass(frozen=True)
class RosterWords:
    """The state of a roster as a page shows it: a kind of `states.state`, its word, sentences, and a second line."""

    state: str
    word: str
    sentence: str
    sentences: tuple[str, ...] = ()
    can_be_read: bool = True


def describe_roster(course: AnyCourse, read: RosterRead | None, *, at: datetime) -> RosterWords:
    """Return the words for where the reading of a roster stands at `at`."""
    if not course.memberships_url:
        return RosterWords(
            "waived",
            gettext("Not offered"),
            gettext("The course does not offer its list of members to MentorReady."),
            (gettext("People appear here when they open MentorReady from the course for the first time."),),
            can_be_read=False,
        )
    read = read or RosterRead()
    last = _last_read(read)
    if read.is_being_read or (read.next_read_at is not None and read.next_read_at <= at):
        return _pending(read, last)
    if read.problem is not None:
        return _problem(read, read.problem, last)
    if not last:
        return RosterWords("not_met", gettext("Not read yet"), gettext("The list of members was never read."))
    if read.doubted_at is not None and read.next_read_at is not None:
        sentence = gettext(
            "The list names far fewer people than before. Nobody was removed. It is read once more after %(moment)s.",
            moment=moment(read.next_read_at),
        )
        return RosterWords("waiting", gettext("Being checked"), sentence, last)
    return RosterWords("met", pgettext("roster", "Read"), last[0], last[1:])


def _pending(read: RosterRead, last: tuple[str, ...]) -> RosterWords:
    if read.is_being_read:
        sentence = gettext("The list is being read now. Reload this page in a moment.")
        return RosterWords("waiting", gettext("Being read"), sentence, last)
    sentence = gettext("The list will be read in a moment. Reload this page then.")
    return RosterWords("waiting", gettext("About to be read"), sentence, last)


def _last_read(read: RosterRead) -> tuple[str, ...]:
    """Return when the list was last read and what it held, in one or two sentences; none if it never was."""
    if read.read_at is None:
        return ()
    sentence = ngettext(
        "Last read on %(moment)s: %(num)d person.",
        "Last read on %(moment)s: %(num)d people.",
        read.member_count,
        moment=moment(read.read_at),
    )
    if not read.skipped_count:
        return (sentence,)
    skipped = ngettext(
        "%(num)d entry of the list names nobody.", "%(num)d entries of the list name nobody.", read.skipped_count
    )
    return (sentence, skipped)


def _problem(read: RosterRead, problem: RosterProblem, last: tuple[str, ...]) -> RosterWords:
    sentences = [_advice(problem)]
    if read.next_read_at is not None:
        sentences.append(gettext("It is tried again after %(moment)s.", moment=moment(read.next_read_at)))
    kept = gettext("The people below stay as they were.")
    return RosterWords("alarm", gettext("Could not be read"), _reason(problem), (*sentences, kept, *last))


def _reason(problem: RosterProblem) -> str:
    return {
        RosterProblem.UNREACHABLE: gettext("The LMS did not answer."),
        RosterProblem.REFUSED: gettext("The LMS does not let MentorReady read the list of members."),
        RosterProblem.GONE: gettext("The LMS says that there is no such list."),
        RosterProblem.UNREADABLE: gettext("The LMS answered with something else than a list of members."),
        RosterProblem.INCOMPLETE: gettext("The pages of the list had no end."),
        RosterProblem.EMPTY: gettext("The list names nobody, which cannot be right."),
        RosterProblem.NO_CLIENT: gettext("The connection to the LMS is switched off."),
        RosterProblem.OWN_FAULT: gettext("Something went wrong in MentorReady."),
    }[problem]


def _advice(problem: RosterProblem) -> str:
    if problem in {RosterProblem.UNREACHABLE, RosterProblem.OWN_FAULT}:
        return gettext("Nothing needs to be done.")
    if problem is RosterProblem.GONE:
        return gettext("Perhaps the activity was deleted or copied: open MentorReady from the course again.")
    return gettext("Ask an administrator of the LMS to look at the connection with MentorReady.")
