"""Says where a score is on its way to the gradebook, and what to do about it: for coordinators and administrators.

What learners read is in the macro `grade_line`: it is about one grade, and asks nothing of them that staff must do.
"""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext, pgettext

from service.grades.attention import Group, is_late
from service.grades.models import PlatformSending, Score, ScoreState
from service.web.formats import moment, number


@dataclass(frozen=True)
class StateWords:
    """A state in words: the badge (see macros/states.html), its words, and a sentence on what to do."""

    badge: str
    title: str
    advice: str


def staff_words(score: Score, pause: PlatformSending | None, *, at: datetime) -> StateWords:
    """Return the state of a score for the staff of the course; `pause` is that of its LMS, if it rests at present."""
    if score.state in {ScoreState.WAITING, ScoreState.SENDING}:
        return _on_its_way(score, pause, at)
    return _settled(score) or _held_up(score)


def state_title(state: ScoreState) -> str:
    """Return the name of a state."""
    return {
        ScoreState.WAITING: gettext("On its way"),
        ScoreState.SENDING: gettext("Being sent"),
        ScoreState.SENT: gettext("Sent"),
        ScoreState.CONFIRMED: gettext("In the gradebook"),
        ScoreState.OVERRIDDEN: gettext("Changed by a teacher"),
        ScoreState.DIFFERS: gettext("Differs from the gradebook"),
        ScoreState.NOT_GRADABLE: gettext("No gradebook entry"),
        ScoreState.LOCKED: gettext("Locked"),
        ScoreState.LINE_ITEM_GONE: gettext("Column is gone"),
        ScoreState.CLOCK_CONFLICT: gettext("Clock conflict"),
        ScoreState.REFUSED: gettext("Refused"),
        ScoreState.PAUSED: gettext("Paused"),
    }[state]


def group_title(group: Group) -> str:
    """Return the name of a group of scores."""
    return {
        Group.ATTENTION: gettext("Need attention"),
        Group.ON_THE_WAY: pgettext("grades", "On their way"),
        Group.ARRIVED: gettext("In the gradebook"),
        Group.TEACHER: gettext("Set by a teacher"),
        Group.NOT_GRADED: gettext("Without a gradebook entry"),
    }[group]


def administrator_advice(state: ScoreState) -> str:
    """Return what the administrator of an LMS can do about scores in a state, empty if nothing is to be done."""
    return {
        ScoreState.DIFFERS: gettext("The coordinator of the course decides over each."),
        ScoreState.LOCKED: gettext("A teacher has to unlock the grade or the column."),
        ScoreState.LINE_ITEM_GONE: gettext("A column was deleted. The coordinator can place the activity anew."),
        ScoreState.CLOCK_CONFLICT: gettext("Compare the clocks: both servers should follow a time server."),
        ScoreState.REFUSED: gettext("Examine the connection: keys, rights and addresses."),
        ScoreState.PAUSED: gettext("The course has ended, or the grade service or the registration is switched off."),
    }.get(state, "")


def _on_its_way(score: Score, pause: PlatformSending | None, at: datetime) -> StateWords:
    if pause and pause.paused_until:
        advice = gettext(
            "The LMS does not answer at present. It is asked again at %(when)s; nothing is lost.",
            when=moment(pause.paused_until),
        )
        return StateWords("waiting", state_title(ScoreState.PAUSED), advice)
    if is_late(score, at=at):
        advice = gettext("On its way since %(when)s. It is tried again by itself.", when=moment(score.asked_at))
        return StateWords("alarm", gettext("Late"), advice)
    return StateWords("waiting", state_title(score.state), gettext("It is sent by itself. Nothing needs to be done."))


def _settled(score: Score) -> StateWords | None:
    badge, advice = {
        ScoreState.CONFIRMED: ("met", gettext("MentorReady has looked: the gradebook shows it.")),
        ScoreState.SENT: ("met", gettext("The LMS has accepted it; the gradebook was not seen to show it.")),
        ScoreState.OVERRIDDEN: (
            "waived",
            gettext("The teacher's grade stays. To have the score of MentorReady instead, remove the teacher's grade."),
        ),
        ScoreState.NOT_GRADABLE: (
            "waived",
            gettext("The LMS grades only enrolled learners. Once the person is one, it is sent again."),
        ),
    }.get(score.state, ("", ""))
    return StateWords(badge, state_title(score.state), advice) if badge else None


def _held_up(score: Score) -> StateWords:
    shown = gettext("nothing") if score.lms_score is None else number(score.lms_score)
    is_coupled = bool(score.line_item.resource_link_id)
    gone_for_good = gettext("The column of the activity was deleted. Give the activity a grade again in its settings.")
    gone_for_now = gettext("The column was deleted. When the score is sent again, it is made anew.")
    badge, advice = {
        ScoreState.DIFFERS: (
            "alarm",
            gettext("The gradebook shows %(shown)s. Choose: keep that, or send ours again.", shown=shown),
        ),
        ScoreState.LOCKED: (
            "waiting",
            gettext("A teacher has locked it. Unlock the grade or its column; then it is sent by itself, or at once."),
        ),
        ScoreState.LINE_ITEM_GONE: ("alarm", gone_for_good if is_coupled else gone_for_now),
        ScoreState.CLOCK_CONFLICT: (
            "alarm",
            gettext("The gradebook holds an entry that is dated later. If it stays so, ask the administrator."),
        ),
        ScoreState.PAUSED: (
            "waiting",
            gettext("The course has ended in the LMS, or its grade service is off. Nothing is lost."),
        ),
    }.get(score.state, ("alarm", gettext("The LMS refused it. Ask its administrator, then send it again.")))
    return StateWords(badge, state_title(score.state), advice)
