"""Words for the values that the features speak in: roles, and why an act was not possible."""

from flask_babel import gettext

from service.errors import ConflictError, MentorReadyError
from service.people.models import Role


def role_name(role: Role) -> str:
    """Return the name of a role in the language of the page."""
    return {
        Role.MENTOR: gettext("Mentor"),
        Role.YOUTH_WORKER: gettext("Youth worker"),
        Role.MENTEE: gettext("Mentee"),
        Role.COORDINATOR: gettext("Coordinator"),
        Role.ADMINISTRATOR: gettext("Administrator"),
    }[role]


def pairing_refusal(error: MentorReadyError) -> str:
    """Return why a pair was not made, and what to do."""
    if isinstance(error, ConflictError):
        return {
            "pairing.not_ready": gettext("Not paired: someone is not ready yet. See below what is missing."),
            "pairing.mentor_is_full": gettext("Not paired: this mentor already accompanies five mentees."),
            "pairing.mentee_has_mentor": gettext("Not paired: this mentee already has a mentor."),
        }[error.code]
    return gettext("Not paired: choose one mentor and one mentee of this course.")
