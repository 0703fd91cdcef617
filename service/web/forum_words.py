"""Words for forums: their names and what they are for, who reads what is written there, why something was not taken."""

from flask_babel import gettext

from service.errors import InvalidInputError, MentorReadyError
from service.forums.rules import (
    FEWEST_OPTIONS,
    LONGEST_OPTION,
    LONGEST_REASON,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_OPTIONS,
    Kind,
    Plan,
    Purpose,
)
from service.forums.words import TITLES
from service.web.formats import isolated, number


def forum_title(key: str) -> str:
    """Return the name of a forum."""
    return gettext(TITLES[key])


def forum_about(key: str) -> str:
    """Return what a forum is for, in a sentence or two."""
    return {
        "announcements": gettext("News from the coordinators."),
        "community": gettext("What works, what does not, what is still open: mentors among themselves."),
        "introductions": gettext("Two lines are enough: who writes here, and what they bring."),
        "lessons": gettext("Something that did not work, and what it taught. Others learn from it too."),
        "questions": gettext("The answers of others appear after one’s own."),
        "dilemmas": gettext("A case, and several answers that could all be defended: choose one, and say why."),
        "relation": gettext("A conversation of those in one relation. Coordinators do not see it."),
        "supervision": gettext("A conversation of one person with the coordinators."),
        "coordinators": gettext("The coordinators of this course among themselves."),
        "cases": gettext("Cases from practice, each with answers that could be defended."),
        "steering": gettext("Where the programme is steered: issues, decisions, changes."),
        "network": gettext("Coordinators of all courses on this learning platform learn from each other."),
    }[key]


def forum_readers(plan: Plan) -> str:
    """Return who can read what is written in a forum, as the end of the sentence "Who can see this"."""
    return {
        Purpose.ANNOUNCEMENTS: gettext("everyone in this course"),
        Purpose.COMMUNITY: gettext("the mentors, youth workers and coordinators of this course"),
        Purpose.COORDINATORS: gettext("the coordinators of this course"),
        Purpose.NETWORK: gettext("the coordinators of all courses on this learning platform"),
        Purpose.STEERING: gettext("the coordinators of this course and the members of the steering group"),
        Purpose.SUPERVISION: gettext("the person whom the conversation is with, and the coordinators of this course"),
        Purpose.RELATION: gettext("those in the relation, nobody else; not the coordinators either"),
    }[plan.purpose]


def opening_hint(plan: Plan) -> str:
    """Return what is said above the form that opens a thread."""
    if plan.kind is Kind.QUESTIONS:
        return gettext("Others see the answers to this only after they have answered themselves.")
    if plan.kind is Kind.DILEMMA:
        return gettext("Describe the case so that nobody in it can be recognised.")
    return ""


def field_words(code: str) -> str:
    """Return what is wrong with a field of a form, and what to do."""
    return {
        "text.missing": gettext("Write something first."),
        "text.long": gettext(
            "This is too long: a post has at most %(most)s characters. Shorten it or divide it.",
            most=number(LONGEST_TEXT),
        ),
        "title.missing": gettext("Give it a title, so that others know what it is about."),
        "title.long": gettext("The title is too long: at most %(most)s characters.", most=number(LONGEST_TITLE)),
        "options.count": gettext(
            "Write %(fewest)s to %(most)s answers, each on a line of its own.",
            fewest=number(FEWEST_OPTIONS),
            most=number(MOST_OPTIONS),
        ),
        "options.long": gettext("An answer is too long: at most %(most)s characters.", most=number(LONGEST_OPTION)),
        "names.found": gettext("This seems to name a mentee. Write of “a mentee”, or say why the name is needed."),
        "reason.missing": gettext("Give a reason; it is kept in the log."),
        "reason.long": gettext("The reason is too long: at most %(most)s characters.", most=number(LONGEST_REASON)),
        "days.range": gettext("Write a number of days from 1 to 3650, or leave it empty."),
        "person.missing": gettext("Choose a person."),
    }[code]


def refusal_words(error: MentorReadyError) -> dict[str, str]:
    """Return what is wrong with a form that was refused, by field; the text is where no field is named.

    What no form of ours can bring about is raised again.
    """
    if isinstance(error, InvalidInputError) and isinstance(error.details.get("fields"), dict):
        fields: dict[str, str] = error.details["fields"]  # type: ignore[assignment]
        return {name: field_words(code) for name, code in fields.items()}
    words = {
        "forum.too_fast": gettext("Too many posts in a short time. Nothing is lost: send it again in ten minutes."),
        "thread.locked": gettext("Not posted: the thread was locked. Copy the text if it is needed elsewhere."),
        "forum.blocked": gettext("Not posted: a moderator has blocked you from writing here for a time."),
        "forum.paused": gettext("Not posted: the coordinators have paused this conversation for now."),
        "post.too_late": gettext("Not changed: the half hour for changes is over. A reply can correct it."),
        "post.changed": gettext("Not changed: the post was changed in another window meanwhile. It is shown above."),
    }
    if error.code not in words:
        raise error
    return {"text": words[error.code]}


def named_in(error: MentorReadyError) -> list[str]:
    """Return the words for which a text was refused, since they seem to name a mentee."""
    found = error.details.get("names", [])
    return [isolated(word) for word in found] if isinstance(found, list) else []


def act_words(act: str) -> str:
    """Return what is said once an act of moderation is done."""
    return {
        "pin": gettext("The thread now stands first in its forum."),
        "unpin": gettext("The thread is no longer pinned."),
        "lock": gettext("The thread is locked: it can be read, and nobody writes in it."),
        "unlock": gettext("The thread is open again."),
        "hide": gettext("The post is hidden. Its place stays, and it can be shown again."),
        "show": gettext("The post is shown again."),
    }[act]
