"""Reads what mail servers send back: reports of delivery (RFC 3464)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message

_OURS = re.compile(r"\+([a-z2-7]{16})@")
"""The id of the mail in the address that it bounces to, see `render.envelope_sender`."""
_RECIPIENTS = ("Delivered-To", "X-Original-To", "To")


@dataclass(frozen=True)
class Bounce:
    """A mail of ours (public id) that failed for good, and what the servers said of it."""

    mail_id: str
    detail: str


def read_bounce(content: bytes) -> Bounce | None:
    """Return what a report says; None for any other mail, and for a report that something is late or has arrived."""
    message = message_from_bytes(content, policy=policy.compat32)
    found = (_OURS.search(str(address)) for name in _RECIPIENTS for address in message.get_all(name, []))
    mail_id = next((match[1] for match in found if match), None)
    failed = next((part for part in _recipients_of(message) if _has_failed(part)), None)
    if mail_id is None or failed is None:
        return None
    said = str(failed.get("Diagnostic-Code", "")).partition(";")[2].strip()
    return Bounce(mail_id, " ".join((said or str(failed["Status"])).split())[:255])


def _recipients_of(message: "Message[str, str]") -> Iterator["Message[str, str]"]:
    """Give the blocks of each report inside of a mail: one of the whole, and one for each recipient."""
    if message.get_content_type() == "multipart/report":
        for part in message.walk():
            if part.get_content_type() == "message/delivery-status" and part.is_multipart():
                yield from part.get_payload()  # type: ignore[misc]


def _has_failed(block: "Message[str, str]") -> bool:
    return str(block.get("Action", "")).strip().lower() == "failed" and str(block.get("Status", "")).startswith("5.")
