"""The names of forums, for pages and for mails."""

from service.i18n import translatable as _

TITLES = {
    "announcements": _("Announcements"),
    "community": _("Mentors’ community"),
    "introductions": _("Introductions"),
    "lessons": _("What I learned from a failure"),
    "questions": _("Questions: answer, then read"),
    "dilemmas": _("Dilemmas"),
    "relation": _("Our mentoring relation"),
    "supervision": _("With the coordinator"),
    "coordinators": _("Coordinators"),
    "cases": _("Cases for the professional forum"),
    "steering": _("Steering group"),
    "network": _("Coordinators of all courses"),
}
"""By the key of the forum, in English; pages and mails translate them."""
