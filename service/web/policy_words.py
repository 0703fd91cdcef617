"""Words for what is wrong with a policy."""

from flask_babel import gettext

from service.readiness.policy_rules import Fault


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
        "no_renewal": gettext("Only what people say and what staff decide can run out, not a module."),
        "has_parts": gettext("Only groups can have parts."),
    }[fault.code]
    if not fault.place:
        return words
    place = " > ".join(str(number) for number in fault.place)
    return gettext("Own condition %(place)s: %(words)s", place=place, words=words)
