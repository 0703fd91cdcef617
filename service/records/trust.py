"""Records of others as evidence: whose we believe, and which were attached to a request for recognition."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.completion.models import RecognitionStep
from service.db import Json, add_or_get, set_row
from service.errors import InvalidInputError, NotFoundError
from service.platforms.operations import record_audit
from service.records.checking import HOLDING, Verdict, check_key_document
from service.records.models import AttachedRecord, TrustedIssuer
from service.records.operations import Checked, check_code, check_credential
from service.records.reading import parse
from service.records.rules import read_code

LONGEST_NAME = 255

_REFUSALS = {
    Verdict.UNKNOWN: "record.unknown_code",
    Verdict.WITHDRAWN: "record.is_withdrawn",
    Verdict.BROKEN: "record.is_broken",
    Verdict.UNKNOWN_KEY: "record.is_unknown_key",
    Verdict.EXPIRED: "record.is_expired",
    Verdict.IN_DOUBT: "record.is_in_doubt",
    Verdict.UNKNOWN_ISSUER: "record.issuer_unknown",
}


def trust_issuer(session: Session, document: Json, name: str, *, at: datetime) -> TrustedIssuer:
    """Believe records that these keys have signed; keys entered before for the same issuer are replaced.

    Raise InvalidInputError for a document without keys that can be used, and for a name that is too long.
    """
    did = check_key_document(document)
    if len(name) > LONGEST_NAME:
        raise InvalidInputError("issuer.name", f"The name of an issuer has at most {LONGEST_NAME} characters.")
    values = {"name": name or did[:LONGEST_NAME], "key_document": document, "added_at": at}
    row = set_row(session, TrustedIssuer, {"did": did}, values)
    record_audit(session, "record_issuer_trusted", at=at, detail={"issuer": did})
    return row


def distrust_issuer(session: Session, did: str, *, at: datetime) -> None:
    """Believe this issuer's records no longer; raise NotFoundError if none were."""
    if not session.execute(delete(TrustedIssuer).where(TrustedIssuer.did == did).returning(TrustedIssuer.id)).all():
        raise NotFoundError("issuer.unknown", f"{did} is not among the trusted issuers.")
    record_audit(session, "record_issuer_distrusted", at=at, detail={"issuer": did})


def list_issuers(session: Session) -> Sequence[TrustedIssuer]:
    """Return the issuers whom the administrator trusts, by name."""
    return session.scalars(select(TrustedIssuer).order_by(TrustedIssuer.name, TrustedIssuer.id)).all()


def check_evidence(session: Session, base_url: str, code: str, raw: bytes, *, at: datetime) -> Checked | None:
    """Return the record that someone wants to attach, by its code or as a file; None if they sent neither.

    Raise InvalidInputError with a code that says why it is no evidence here: unreadable, changed, withdrawn, of nobody
    whom the administrator trusts.
    """
    if raw.strip():
        checked = check_credential(session, base_url, parse(raw), at=at)
    elif code.strip():
        checked = check_code(session, base_url, read_code(code), at=at)
    else:
        return None
    if checked.verdict not in HOLDING:
        raise InvalidInputError(_REFUSALS[checked.verdict], f"The record is {checked.verdict}.")
    return checked


def attach(session: Session, step: RecognitionStep, checked: Checked) -> None:
    """Keep a record with the step of a request; the first that was attached to a step stays."""
    add_or_get(session, AttachedRecord, {"step_id": step.id}, {"credential": checked.credential})


def list_attached(
    session: Session, base_url: str, steps: Sequence[RecognitionStep], *, at: datetime
) -> Mapping[int, Checked]:
    """Return the records attached to these steps, by step id, each checked anew: it may have been withdrawn since."""
    wanted = select(AttachedRecord).where(AttachedRecord.step_id.in_([step.id for step in steps]))
    return {
        row.step_id: check_credential(session, base_url, row.credential, at=at)
        for row in session.scalars(wanted.order_by(AttachedRecord.step_id))
    }
