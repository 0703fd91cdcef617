"""Words for a registration that did not come about, for the administrator of an LMS. The codes are those of
RegistrationError and of the invites.
"""

from flask_babel import lazy_gettext

from service.web.formats import isolated
from service.web.refusals import ErrorWords

_NOT_CONNECTED = lazy_gettext("The learning platform was not connected")
_ASK_FOR_INVITE = lazy_gettext(
    "Ask whoever runs MentorReady for an invite: a link that works once. Put the whole link into the field for the "
    "registration address of the learning platform."
)
_TRY_AGAIN = lazy_gettext("Begin again in the learning platform. The invite is still good.")
_ASK_OPERATOR = lazy_gettext("Write to whoever runs MentorReady and give the number below. The invite is still good.")

_WORDS = {
    "invite.missing": ErrorWords(
        lazy_gettext("An invite is needed"),
        lazy_gettext("MentorReady is only connected to learning platforms that were invited."),
        _ASK_FOR_INVITE,
    ),
    "invite.unknown": ErrorWords(
        lazy_gettext("An invite is needed"),
        lazy_gettext("The link holds an invite that MentorReady does not know. Perhaps a part of it is missing."),
        _ASK_FOR_INVITE,
    ),
    "invite.expired": ErrorWords(
        lazy_gettext("The invite has expired"),
        lazy_gettext("An invite is good for a few days only, and this one is older."),
        _ASK_FOR_INVITE,
    ),
    "invite.used": ErrorWords(
        lazy_gettext("The invite has been used"),
        lazy_gettext(
            "An invite works once. If it was used just now, in this window, the connection is being made or is made, "
            "and only waits for approval."
        ),
        lazy_gettext(
            "Look at the list of tools in the learning platform: if MentorReady is there, nothing is missing. "
            "Else ask whoever runs MentorReady for a new invite."
        ),
    ),
    "offer_expired": ErrorWords(
        _NOT_CONNECTED,
        lazy_gettext("The page was open for more than an hour, or was not made by MentorReady."),
        _TRY_AGAIN,
    ),
    "address_refused": ErrorWords(
        _NOT_CONNECTED,
        lazy_gettext(
            "The learning platform named an address that MentorReady does not call: it is not https, or it lies in "
            "a private network."
        ),
        lazy_gettext(
            "If the learning platform really is in a private network, ask whoever runs MentorReady for an invite "
            "that allows it."
        ),
    ),
    "configuration_unreachable": ErrorWords(
        _NOT_CONNECTED,
        lazy_gettext("MentorReady could not reach the learning platform to read what it says of itself."),
        lazy_gettext("See that its address can be reached from outside, and begin again. The invite is still good."),
    ),
    "configuration_unreadable": ErrorWords(
        _NOT_CONNECTED,
        lazy_gettext("What the learning platform says of itself could not be read, or an address is missing in it."),
        _ASK_OPERATOR,
    ),
    "issuer_foreign": ErrorWords(
        _NOT_CONNECTED,
        lazy_gettext("The learning platform calls itself by a name that belongs to another address."),
        _ASK_OPERATOR,
    ),
    "endpoint_foreign": ErrorWords(
        _NOT_CONNECTED,
        lazy_gettext("One of the addresses that the learning platform named belongs to someone else."),
        _ASK_OPERATOR,
    ),
    "registration_refused": ErrorWords(
        _NOT_CONNECTED,
        lazy_gettext("The learning platform did not accept the registration."),
        lazy_gettext(
            "Begin again in the learning platform: what it sends along works only once. The invite is still good."
        ),
    ),
    "registration_unreachable": ErrorWords(
        _NOT_CONNECTED,
        lazy_gettext("The learning platform did not answer when MentorReady registered."),
        lazy_gettext(
            "Look at its list of tools. If MentorReady is there, delete it; then begin again. The invite is still good."
        ),
    ),
    "registration_unreadable": ErrorWords(
        _NOT_CONNECTED,
        lazy_gettext("The learning platform accepted the registration, but did not say under which client id."),
        lazy_gettext("Delete MentorReady from its list of tools, and connect it by hand with the values it shows."),
    ),
}
_SAID = {
    "token_already_used": lazy_gettext("It says that its one-time token has been used."),
    "missing_registration_token": lazy_gettext("It says that its one-time token is missing."),
}
_NO_ADDRESS = lazy_gettext("Enter a whole address, which begins with %(start)s", start=isolated("https://"))
_FAULTS = {
    "no_url": _NO_ADDRESS,
    "not_https": _NO_ADDRESS,
    "foreign": lazy_gettext(
        "This address is not on the host of the issuer. If that is right, send all values to whoever runs MentorReady."
    ),
    "known": lazy_gettext(
        "This client id is connected already, and nothing was changed. A further deployment needs no registration: "
        "its first launch names it, and whoever runs MentorReady approves it."
    ),
}


def fault_words(fault: str) -> str:
    """Return what is wrong with a field of a connection by hand; the codes are those of `record_by_hand`."""
    return str(_FAULTS.get(fault, lazy_gettext("Enter this as the learning platform shows it, on one line.")))


def registration_words(code: str) -> ErrorWords | None:
    """Return the words for a code; None for one that is not of a registration."""
    return _WORDS.get(code)


def said_words(said: str) -> str:
    """Return what an LMS said in the language of the page, where it is known (MOODLE.md section 9); else ""."""
    return str(_SAID.get(said, ""))
