"""Hands mails over to the mail server, and says what its answers mean (RFC 5321, RFC 3463)."""

import re
import smtplib
import ssl
from email.message import EmailMessage
from types import TracebackType

from service.config import MailServer
from service.notices.outbox import Outcome
from service.notices.rules import MailState

PATIENCE = 20
"""Seconds for each answer of the server."""
NOT_NOW = 421
_NO_SUCH_ADDRESS = {550, 551, 553}
_ENHANCED = re.compile(r"\b5\.(\d{1,3}\.\d{1,3})\b")
_NO_SUCH_ADDRESS_ENHANCED = {"1.1", "1.2", "1.3", "1.6", "1.10"}
"""Codes about the address of the recipient (RFC 3463, RFC 7505); those about ours, as 5.1.8, are not among them."""
_ABOUT_US = re.compile(r"relay|sender|spf|policy|block|spam|authent", re.IGNORECASE)
"""What servers say with the same numbers, and no finer code, when they do not take mail from us."""


class ServerDownError(Exception):
    """The mail server cannot be used at the moment; what was not handed over is to be tried again."""


class Connection:
    """An open connection to the mail server. Raises ServerDownError if there is none to be had."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    def __enter__(self) -> "Connection":
        server, own_name = self._server, self._server.sender.rpartition("@")[2]
        safe = ssl.create_default_context()
        try:
            if server.scheme == "smtps":
                self._smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                    server.host, server.port, own_name, timeout=PATIENCE, context=safe
                )
            else:
                self._smtp = smtplib.SMTP(server.host, server.port, own_name, timeout=PATIENCE)
        except (OSError, smtplib.SMTPException) as error:
            raise ServerDownError(_words(error)) from error
        try:
            if server.scheme == "smtp+starttls":
                self._smtp.starttls(context=safe)
            if server.user:
                self._smtp.login(server.user, server.password)
        except (OSError, smtplib.SMTPException) as error:
            self._smtp.close()
            raise ServerDownError(_words(error)) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._smtp.quit()
        except (OSError, smtplib.SMTPException):
            self._smtp.close()

    def hand_over(self, message: EmailMessage, sender: str, recipient: str) -> Outcome:
        """Hand over one mail, and say what became of it. Raises ServerDownError if nothing else will go either."""
        try:
            self._smtp.sendmail(sender, [recipient], message.as_bytes())
        except smtplib.SMTPRecipientsRefused as error:
            code, text = error.recipients[recipient]
            return outcome_of(code, text, is_of_address=True)
        except smtplib.SMTPDataError as error:
            return outcome_of(error.smtp_code, error.smtp_error, is_of_address=False)
        except (OSError, smtplib.SMTPException) as error:
            raise ServerDownError(_words(error)) from error
        return Outcome(MailState.SENT)


def outcome_of(code: int, text: bytes | str, *, is_of_address: bool) -> Outcome:
    """Return what a refusal means, of the address or of the whole mail. Raises ServerDownError for "not now".

    An address is bad only where the server says so: a full mailbox, a rule, or a server that does not take mail from us
    are no fault of the reader's, and are tried again.
    """
    words = f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"
    if code == NOT_NOW:
        raise ServerDownError(words)
    if code < 500:
        return Outcome(MailState.WAITING, words)
    enhanced = _ENHANCED.search(words)
    if enhanced:
        is_bad = enhanced[1] in _NO_SUCH_ADDRESS_ENHANCED
    else:
        is_bad = is_of_address and code in _NO_SUCH_ADDRESS and not _ABOUT_US.search(words)
    if is_bad:
        return Outcome(MailState.REFUSED, words, is_address_bad=True)
    return Outcome(MailState.WAITING if is_of_address else MailState.REFUSED, words)


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return f"{error.smtp_code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"
    return f"{type(error).__name__}: {error}"
