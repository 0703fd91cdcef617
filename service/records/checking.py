"""Says of a record whether it is what it seems: pure, from the document and the key documents that one believes."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from service.db import Json
from service.errors import InvalidInputError
from service.records.proof import ProofError, check, method_of, read_multikey
from service.records.reading import Reading, read

LONGEST_DID = 512


class Verdict(StrEnum):
    """What can be said of a record."""

    VALID = "valid"
    REPLACED = "replaced"
    """True as it stands; its holder has a newer one."""
    IN_DOUBT = "in_doubt"
    """Rightly signed, but something that it names has been taken back since."""
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """By its holder; nothing of it is shown."""
    BROKEN = "broken"
    """Changed after it was signed."""
    UNKNOWN_KEY = "unknown_key"
    """Signed with a key that its issuer does not publish: withdrawn since, or never theirs."""
    UNKNOWN_ISSUER = "unknown_issuer"
    UNKNOWN = "unknown"


HOLDING = frozenset({Verdict.VALID, Verdict.REPLACED})


def check_document(credential: Json, believed: Mapping[str, Json], *, at: datetime) -> tuple[Verdict, Reading]:
    """Return what signature and dates say. `believed` holds key documents by the DID of their issuer.

    Raise InvalidInputError for what is no Open Badge 3.0, or has no proof of the kind that we can check.
    """
    reading = read(credential)
    document = believed.get(reading.issuer)
    if document is None:
        return Verdict.UNKNOWN_ISSUER, reading
    try:
        check(credential, read_multikey(_find_key(document, reading.issuer, method_of(credential))))
    except ProofError as error:
        if error.code == "record.no_proof":
            raise InvalidInputError("record.no_proof", "This record is not signed in the way we can check.") from error
        return Verdict.UNKNOWN_KEY if error.code == "record.unknown_key" else Verdict.BROKEN, reading
    if reading.valid_until is not None and reading.valid_until <= at:
        return Verdict.EXPIRED, reading
    return Verdict.VALID, reading


def is_withdrawn(credential: Mapping[str, Any], withdrawn_list: Mapping[str, Any]) -> bool:
    """Say whether a public list of withdrawn records (1EdTech Revocation List 1.0) names this one."""
    entries = withdrawn_list.get("revokedCredentials")
    return any(entry.get("id") == credential.get("id") for entry in entries or () if isinstance(entry, dict))


def check_key_document(document: Json) -> str:
    """Return the DID that a key document is for.

    Raise InvalidInputError if it holds no key that we could use, or a DID that we could not keep.
    """
    did, methods = document.get("id"), document.get("verificationMethod")
    keys = [one for one in methods if isinstance(one, dict)] if isinstance(methods, list) else []
    usable = [one for one in keys if one.get("type") == "Multikey"]
    if not isinstance(did, str) or not did or not usable:
        raise InvalidInputError("issuer.no_keys", "This is no DID document with Ed25519 keys of the type Multikey.")
    if len(did) > LONGEST_DID or not did.isprintable():
        raise InvalidInputError(
            "issuer.did", f"A DID has at most {LONGEST_DID} characters, none of them a control character."
        )
    for one in usable:
        try:
            read_multikey(str(one.get("publicKeyMultibase")))
        except ProofError as error:
            raise InvalidInputError("issuer.no_keys", f"The key {one.get('id')} cannot be used: {error}") from error
    return did


def _find_key(document: Json, issuer: str, method: str) -> str:
    """Return the key at the address, if its document lets it assert anything for this issuer; raise ProofError."""
    for one in document.get("verificationMethod", []):
        if (
            one.get("id") == method
            and one.get("controller") == issuer
            and method in document.get("assertionMethod", [])
        ):
            return str(one.get("publicKeyMultibase"))
    raise ProofError("record.unknown_key", f"{issuer} has no key {method}, or no longer.")
