"""Words for errors inside the tool: what happened, and what to do. The codes are those of MentorReadyError."""

from flask_babel import lazy_gettext

from service.web.refusals import ErrorWords

_OPEN_FROM_COURSE = lazy_gettext("Open MentorReady again from the course.")
_BACK = lazy_gettext("Go back to the page before; what was typed there is usually still in its form.")

SIGNED_OUT = ErrorWords(
    lazy_gettext("The sign-in has ended"),
    lazy_gettext("MentorReady no longer knows who is here: the sign-in has ended, or the browser kept no cookie."),
    lazy_gettext("Open MentorReady again from the course. Everything that was sent before is kept."),
)
_BY_STATUS = {
    400: ErrorWords(
        lazy_gettext("This could not be understood"),
        lazy_gettext("The browser sent something that MentorReady cannot read. Nothing was changed."),
        _BACK,
    ),
    401: SIGNED_OUT,
    403: ErrorWords(
        lazy_gettext("Not open to this role"),
        lazy_gettext("This page or act belongs to another role in the course. Nothing was changed."),
        lazy_gettext("If the role is wrong, the coordinator of the course can change it."),
    ),
    404: ErrorWords(
        lazy_gettext("There is nothing here"),
        lazy_gettext("The address is wrong, or what was here belongs to someone else or is gone."),
        _OPEN_FROM_COURSE,
    ),
    405: ErrorWords(
        lazy_gettext("This address is not a page"),
        lazy_gettext("It only takes forms; it was opened as a page, for example after a reload."),
        _OPEN_FROM_COURSE,
    ),
    409: ErrorWords(
        lazy_gettext("Things have changed meanwhile"),
        lazy_gettext(
            "What was asked for fitted the page as it was shown, but not what is known now. Nothing was changed."
        ),
        lazy_gettext("Open the page again and look once more."),
    ),
    413: ErrorWords(
        lazy_gettext("Too much at once"),
        lazy_gettext("What was sent is larger than MentorReady takes. Nothing was changed."),
        _BACK,
    ),
    429: ErrorWords(
        lazy_gettext("Too many requests"),
        lazy_gettext("More was asked from this address in a short time than is usual."),
        lazy_gettext("Wait a minute and try again."),
    ),
    500: ErrorWords(
        lazy_gettext("Something went wrong here"),
        lazy_gettext("The fault is on the side of MentorReady, not yours. Nothing was changed by what you did last."),
        lazy_gettext("Try again. If it happens twice, write to the coordinator and give the number below."),
    ),
}
_BY_CODE = {
    "request.foreign": ErrorWords(
        lazy_gettext("This did not come from MentorReady"),
        lazy_gettext(
            "A write must be sent by a page of MentorReady itself, and this one was not. Nothing was changed."
        ),
        _OPEN_FROM_COURSE,
    ),
    "deep_linking.answered": ErrorWords(
        lazy_gettext("The course has its answer already"),
        lazy_gettext("What was chosen here has been sent to the course, or the choice was cancelled."),
        lazy_gettext("To add more, choose content from the course once more."),
    ),
    "deep_linking.expired": ErrorWords(
        lazy_gettext("The choice was open for too long"),
        lazy_gettext("The course no longer waits for an answer. Nothing was added."),
        lazy_gettext("Choose content from the course once more."),
    ),
    "thread.changed": ErrorWords(
        lazy_gettext("Someone else was quicker"),
        lazy_gettext("Another moderator has just changed this thread. What was asked for here was not done."),
        lazy_gettext("Open the thread again, and look at how it stands now."),
    ),
    "post.done": ErrorWords(
        lazy_gettext("Someone else was quicker"),
        lazy_gettext("Another moderator has just done this, or the post was deleted by its writer."),
        lazy_gettext("Open the thread again, and look at how it stands now."),
    ),
    "thread.locked": ErrorWords(
        lazy_gettext("The thread is locked"),
        lazy_gettext("It can be read, and nobody writes in it. Nothing was changed."),
        _BACK,
    ),
    "file.store": ErrorWords(
        lazy_gettext("The file cannot be read now"),
        lazy_gettext("The place where files are kept does not answer. The file is not lost."),
        lazy_gettext("Try again in a few minutes."),
    ),
    "review.not_yours": ErrorWords(
        lazy_gettext("Someone else reviews this answer"),
        lazy_gettext("It is your own answer, or another role reviews this exercise. Nothing was changed."),
        lazy_gettext("Go back to the list of reviews and take another answer."),
    ),
    "session.elsewhere": ErrorWords(
        lazy_gettext("This sign-in does not open this page"),
        lazy_gettext(
            "The page belongs to another course, or to another person who used this browser before; "
            "or whoever signed in last is no longer in this course, or its connection was switched off."
        ),
        _OPEN_FROM_COURSE,
    ),
    "session.other_person": ErrorWords(
        lazy_gettext("Someone else has signed in since"),
        lazy_gettext("The page was made for another person who used this browser. Nothing was sent in anyone's name."),
        _OPEN_FROM_COURSE,
    ),
}


def error_words(code: str, status: int) -> ErrorWords:
    """Return the words for a code, else those of its HTTP status, else those of the status's family."""
    family = 500 if status >= 500 else 400
    return _BY_CODE.get(code) or _BY_STATUS.get(status) or _BY_STATUS[family]
