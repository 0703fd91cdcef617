"""Words for what is wrong with a policy."""

from flask_babel import gettext

from service.readiness.leaf_rules import Fault


def fault_words(fault: Fault) -> str:
    """Return what is wrong, where, and what to do."""
    words = {
        "too_many": gettext("There are more than 60 conditions. Take some away."),
        "twice": gettext("This condition is asked for already."),
        "bad_key": gettext("The name of this condition cannot be used. Write another one."),
        "no_title": gettext("Write in your own words what is asked, in 120 characters at most."),
        "empty": gettext("A group needs conditions: choose two or more."),
        "too_deep": gettext("Groups stand in groups in groups. Make it simpler."),
        "never_enough": gettext(
            "Nobody could ever meet it: more is asked than the group has. Choose a smaller number."
        ),
        "not_one": gettext("Only one condition can be excluded at a time."),
        "contradiction": gettext("The same condition is asked for and excluded, so nobody could ever be ready."),
        "unknown_kind": gettext("There is no condition of this kind."),
        "unknown_module": gettext("There is no such module."),
        "bad_number": gettext("A number is out of range."),
        "unknown_text": gettext("There is no such text to agree to."),
        "unknown_outcome": gettext("There is no such outcome."),
        "unknown_event": gettext("There is no such kind of meeting."),
        "no_roster": gettext("Nobody could ever meet it: the LMS gives no list of this course."),
        "no_renewal": gettext(
            "Once run out it could never be renewed: the tries at all exercises of this module are counted."
        ),
        "no_end": gettext("A condition of this kind cannot run out."),
        "circle": gettext("The group is made of itself."),
        "impossible": gettext("Nobody could ever meet it beside everything else that is asked."),
        "not_for_role": gettext("Nobody in this role could ever meet it."),
        "has_parts": gettext("Only groups can have parts."),
    }[fault.code]
    if not fault.place:
        return words
    place = " > ".join(str(number) for number in fault.place)
    return gettext("Own condition %(place)s: %(words)s", place=place, words=words)
