"""Our keys for records: made when first needed, replaced by hand, published for as long as they are to be believed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti.keys import SecretBox
from service.db import Json
from service.platforms.operations import record_audit
from service.records.models import RecordKey
from service.records.proof import multikey_of, sign
from service.records.rules import did_of, key_document

KEY_PURPOSE = "record keys"
_NEWEST_FIRST = (RecordKey.created_at.desc(), RecordKey.id.desc())


@dataclass(frozen=True)
class Signer:
    """What signing needs of the settings."""

    secret_key: str
    base_url: str


def sign_credential(session: Session, signer: Signer, credential: Json, *, at: datetime) -> Json:
    """Return the credential with its proof. Raise lti.errors.KeyUnreadableError if the secret has changed."""
    live = select(RecordKey).where(RecordKey.withdrawn_at.is_(None)).order_by(*_NEWEST_FIRST).limit(1)
    row = session.scalars(live).one_or_none() or add_key(session, signer.secret_key, at=at)
    raw = SecretBox(signer.secret_key, KEY_PURPOSE).decrypt(row.encrypted_private_key)
    method = f"{did_of(signer.base_url)}#{row.multikey}"
    return sign(credential, Ed25519PrivateKey.from_private_bytes(raw), method, at=at)


def add_key(session: Session, secret_key: str, *, at: datetime) -> RecordKey:
    """Make a key, which signs from now on; those before it stay published, and what they signed valid."""
    key = Ed25519PrivateKey.generate()
    row = RecordKey(
        multikey=multikey_of(key.public_key()),
        encrypted_private_key=SecretBox(secret_key, KEY_PURPOSE).encrypt(key.private_bytes_raw()),
        created_at=at,
    )
    session.add(row)
    session.flush()
    return row


def rotate_key(session: Session, secret_key: str, *, has_leaked: bool = False, at: datetime) -> RecordKey:
    """Make a new key. If the old ones have leaked, nothing that they signed is valid from now on."""
    if has_leaked:
        for row in session.scalars(select(RecordKey).where(RecordKey.withdrawn_at.is_(None))):
            row.withdrawn_at = at
    row = add_key(session, secret_key, at=at)
    record_audit(session, "record_key_rotated", at=at, detail={"key": row.multikey, "has_leaked": has_leaked})
    return row


def list_keys(session: Session) -> Sequence[RecordKey]:
    """Return all keys, the one that signs first."""
    return session.scalars(select(RecordKey).order_by(*_NEWEST_FIRST)).all()


def own_key_document(session: Session, base_url: str) -> Json:
    """Return the DID document with all keys that are to be believed."""
    live = [row.multikey for row in list_keys(session) if row.withdrawn_at is None]
    return key_document(did_of(base_url), live)
