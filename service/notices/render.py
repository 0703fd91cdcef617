"""Puts a digest into a mail: plain text and HTML, in the language of its reader, with a way to stop it in one click."""

from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from jinja2 import Environment, PackageLoader, StrictUndefined

from service.config import MailServer, Settings
from service.i18n import direction, translated
from service.notices import words
from service.notices.outbox import Claim
from service.notices.rules import NoticeKind

# ASCII on the wire, so that no server on the way has to be able to take more.
_POLICY = SMTP.clone(cte_type="7bit")
_TEMPLATES = Environment(
    loader=PackageLoader("service.notices"), autoescape=True, trim_blocks=True, undefined=StrictUndefined
)
_ISOLATE, _END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


def make_message(settings: Settings, server: MailServer, claim: Claim) -> EmailMessage:
    """Return the mail. Made again for a further try it has the same Message-ID, so that it is shown once.

    Its headers hold nothing that anyone wrote: our own words, our addresses, and the reader's, which was checked.
    """
    sender = Address("MentorReady", addr_spec=server.sender)
    message = EmailMessage(policy=_POLICY)
    message["Subject"] = translated(words.SUBJECT, claim.language)
    message["From"] = sender
    message["To"] = Address(addr_spec=claim.address)
    message["Date"] = claim.made_at
    message["Message-ID"] = f"<{claim.public_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers it
    message["Content-Language"] = claim.language
    stop = f"{settings.base_url}/mail/stop/{stop_token(settings, claim.person_public_id)}"
    message["List-Unsubscribe"] = f"<{stop}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    facts = _facts(claim, stop)
    message.set_content(_text(facts))
    message.add_alternative(_TEMPLATES.get_template("digest.html").render(**facts), subtype="html")
    return message


def envelope_sender(server: MailServer, public_id: str) -> str:
    """Return where a mail bounces to: an address that names the mail (VERP), if there is a mailbox for that."""
    if not server.bounce_address:
        return server.sender
    name, _, domain = server.bounce_address.rpartition("@")
    return f"{name}+{public_id}@{domain}"


def stop_token(settings: Settings, person_id: str) -> str:
    """Return what proves that someone has a mail of this person (public id) before them."""
    return str(_signer(settings).dumps(person_id))


def read_stop_token(settings: Settings, token: str) -> str | None:
    """Return the public id of the person; None for a token that is not ours."""
    try:
        return str(_signer(settings).loads(token))
    except BadSignature:
        return None


def _signer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(settings.secret_key, salt="mail-stop")


def _facts(claim: Claim, stop: str) -> dict[str, Any]:
    def say(sentence: str) -> str:
        return translated(sentence, claim.language)

    courses = [
        {
            "title": course["title"] or say(words.NAMELESS_COURSE),
            "lines": [
                words.line(NoticeKind(kind), forum, count, claim.language) for kind, forum, count in course["lines"]
            ],
            "href": _web_address(course["return_url"]),
        }
        for course in claim.content["courses"]
    ]
    return {
        "language": claim.language,
        "direction": direction(claim.language),
        "courses": courses,
        "stop": stop,
        "more": say(words.MORE) if claim.content["has_more"] else "",
        **{name.lower(): say(getattr(words, name)) for name in ("SUBJECT", "INTRODUCTION", "OPEN", "FIND", "WHY")},
        "stop_words": say(words.STOP),
    }


def _web_address(address: str) -> str:
    """Return an address of the LMS if it can stand in a mail, else nothing."""
    is_web = address.startswith(("https://", "http://")) and address.isascii() and address.isprintable()
    return address if is_web and " " not in address else ""


def _text(facts: Mapping[str, Any]) -> str:
    parts = [facts["introduction"]]
    for course in facts["courses"]:
        lines = [f"{_ISOLATE}{course['title']}{_END}", *(f"- {line}" for line in course["lines"])]
        parts.append("\n".join([*lines, f"{facts['open']}:\n{course['href']}" if course["href"] else facts["find"]]))
    parts += [facts["more"]] if facts["more"] else []
    return "\n\n".join([*parts, "-- \n" + facts["why"], f"{facts['stop_words']}:\n{facts['stop']}"]) + "\n"
