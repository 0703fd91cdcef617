"""Words for a launch that was refused: what happened, and what to do. The codes are those of LaunchRefusedError."""

from dataclasses import dataclass

from flask_babel import force_locale, lazy_gettext
from flask_babel.speaklater import LazyString

from service.i18n import LANGUAGES


@dataclass(frozen=True, eq=False)
class ErrorWords:
    """What a page says of an error. Each string is put into the language of the page when it is shown."""

    title: LazyString | str
    why: LazyString | str
    what_to_do: LazyString | str


_NOT_OPENED = lazy_gettext("MentorReady could not be opened")
_OPEN_AGAIN = lazy_gettext("Go back to the course and open the activity again.")
_TELL_STAFF = lazy_gettext("Write to the coordinator of the course and give the number below.")

DEFAULT = ErrorWords(
    _NOT_OPENED,
    lazy_gettext("What the learning platform sent could not be accepted. Nothing was changed or lost."),
    lazy_gettext("Open the activity again from the course. If this page comes back, write to the coordinator."),
)
_TOO_LATE = ErrorWords(
    _NOT_OPENED,
    lazy_gettext(
        "The way in from the course works once and for a few minutes; this one was used before or is too old."
    ),
    _OPEN_AGAIN,
)
_NO_COOKIE = ErrorWords(
    _NOT_OPENED,
    lazy_gettext(
        "The browser did not bring back the cookie that shows that it is the one in which the click was made."
    ),
    lazy_gettext("Open the activity again from the course, in one window only. If that fails, try another browser."),
)
_NOT_CONNECTED = ErrorWords(
    _NOT_OPENED,
    lazy_gettext("This learning platform and MentorReady are not connected, or not in the way that was agreed."),
    _TELL_STAFF,
)
_PENDING = ErrorWords(
    _NOT_OPENED,
    lazy_gettext("This place in the learning platform is new, and nobody at MentorReady has approved it yet."),
    _TELL_STAFF,
)
_UNREACHABLE = ErrorWords(
    _NOT_OPENED,
    lazy_gettext("MentorReady could not reach the learning platform to check that the click came from there."),
    lazy_gettext("Wait a minute and open the activity again from the course."),
)
_CLOCKS = ErrorWords(
    _NOT_OPENED,
    lazy_gettext("The clock of the learning platform and the clock of MentorReady differ too much."),
    _TELL_STAFF,
)
_NOT_OFFERED = ErrorWords(
    _NOT_OPENED,
    lazy_gettext("The learning platform asked for something that MentorReady does not offer, or not to this role."),
    _TELL_STAFF,
)
_MALFORMED = ErrorWords(
    _NOT_OPENED,
    lazy_gettext("The learning platform left out something that MentorReady needs, or sent it in the wrong form."),
    _TELL_STAFF,
)

_CODES: dict[ErrorWords, str] = {
    _TOO_LATE: "launch_used login_expired nonce_mismatch state_unknown token_expired",
    _NO_COOKIE: "cookie_mismatch cookie_missing",
    _NOT_CONNECTED: "algorithm_refused audience_mismatch client_ambiguous deployment_mismatch issuer_mismatch "
    "key_unknown platform_disabled platform_unknown return_url_foreign signature_invalid target_foreign",
    _PENDING: "deployment_pending",
    _UNREACHABLE: "keys_unreachable",
    _CLOCKS: "clock_differs",
    _NOT_OFFERED: "message_not_offered message_type_unknown role_not_allowed",
    _MALFORMED: "claim_missing context_malformed context_missing deep_linking_malformed deployment_missing "
    "for_user_missing form_too_large line_item_missing login_malformed message_malformed "
    "resource_link_missing roles_missing state_missing subject_missing target_missing times_malformed "
    "token_malformed token_missing token_too_large version_unknown",
    DEFAULT: "platform_error",
}
_WORDS = {code: words for words, codes in _CODES.items() for code in codes.split()}


def refusal_words(code: str) -> ErrorWords:
    """Return the words for a code; good general ones for a code that is not known."""
    return _WORDS.get(code, DEFAULT)


def refusal_words_elsewhere(code: str, language: str) -> dict[str, ErrorWords]:
    """Return the words in every language but `language`: a refused page has no session to keep a choice in."""
    found = {}
    for other in LANGUAGES:
        if other != language:
            with force_locale(other):
                words = refusal_words(code)
                found[other] = ErrorWords(str(words.title), str(words.why), str(words.what_to_do))
    return found
