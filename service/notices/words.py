"""What notices say, on pages and in mails: never a name, never what someone wrote."""

from service.forums.words import TITLES
from service.i18n import translatable as _
from service.i18n import translatable_number as ngettext
from service.i18n import translated, translated_number
from service.notices.rules import NoticeKind

SENTENCES = {
    NoticeKind.REMINDER: _("A coordinator reminds you: something is still open on the way to being ready."),
    NoticeKind.FORUM_POST: _("Something new in “%(forum)s”"),
    NoticeKind.MENTION: _("You are named in “%(forum)s”"),
    NoticeKind.REPLY: _("There is an answer to your post in “%(forum)s”"),
    NoticeKind.MEETING: _("There is news about a meeting"),
    NoticeKind.REPORT: _("A post was reported. A moderator has to look at it."),
    NoticeKind.REPORT_SEEN: _("Moderators have looked at what you reported in “%(forum)s”"),
    NoticeKind.MEASURE: _("Moderators have written to you about a post of yours"),
    NoticeKind.SAFETY: _("Somebody wrote to the coordinators about a person’s safety. Please look at it now."),
    NoticeKind.SAFETY_SEEN: _("The coordinators have looked at what you wrote to them"),
    NoticeKind.CONTACT_PAUSED: _("The coordinators have paused a conversation that you are in, for now"),
    NoticeKind.CONTACT_RESUMED: _("The coordinators have opened a conversation again that you are in"),
    NoticeKind.FORUM_SESSION_DUE: _("Three months have passed without a session of the professional forum"),
}
"""By kind, in English; `forum` is the name of the forum."""
SUBJECT = _("What is new for you in MentorReady")
INTRODUCTION = _("New for you since the last mail:")
MORE = _("There is more; all of it stands under “Notices”.")
OPEN = _("Open the course, and MentorReady in it")
FIND = _("To read it, open MentorReady in this course on your learning platform; it stands there under “Notices”.")
NAMELESS_COURSE = _("Your course")
FORUM_POSTS = ngettext(
    "%(num)d conversation with something new in “%(forum)s”", "%(num)d conversations with something new in “%(forum)s”"
)
WHY = _(
    "Your learning platform gave MentorReady this address. At most one mail a day comes, and only if there is "
    "something new; only a message about somebody’s safety comes at once. How often and when is chosen in MentorReady, "
    "under “Notices”, “Mail”."
)
STOP = _("Stop these mails")


def line(kind: NoticeKind, forum_key: str, count: int, language: str) -> str:
    """Return a line of a mail: what there is `count` times, in a forum if it is about one."""
    forum = translated(TITLES[forum_key], language) if forum_key else ""
    if kind is NoticeKind.FORUM_POST:
        return translated_number(*FORUM_POSTS, count, language, forum=forum)
    return translated(SENTENCES[kind], language, forum=forum)
