"""The LMS's RSA keys: made on first start, kept in the store, published as a key set, and changed on demand."""

import secrets
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lti1p3platform.registration import Registration
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.fake_lms.models import SigningKey


def new_key() -> SigningKey:
    """Make a 2048-bit key with a `kid` of 20 hexadecimal digits, as Moodle's are."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public_pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return SigningKey(kid=secrets.token_hex(10), private_pem=private_pem.decode(), public_pem=public_pem.decode())


def load_private_key(key: SigningKey) -> rsa.RSAPrivateKey:
    """Read the private key. It is our own, so the slow check of its primes is left out."""
    loaded = serialization.load_pem_private_key(key.private_pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(loaded, rsa.RSAPrivateKey)
    return loaded


def current_key(session: Session) -> SigningKey:
    """Return the key that signs now, making the first one if there is none."""
    key = session.scalars(select(SigningKey).order_by(SigningKey.id.desc()).limit(1)).first()
    return key or rotate_keys(session)


def rotate_keys(session: Session) -> SigningKey:
    """Put a new key in use. The one before stays in the store, so that the key set can go on naming it."""
    key = new_key()
    session.add(key)
    session.flush()
    return key


def key_set(session: Session, *, keeps_old_keys: bool) -> dict[str, Any]:
    """Return the JSON Web Key Set: the newest key alone, as Moodle has it, or all of them."""
    current_key(session)
    keys = list(session.scalars(select(SigningKey).order_by(SigningKey.id.desc())))
    return {
        "keys": [Registration.get_jwk(k.public_pem) | {"kid": k.kid} for k in (keys if keeps_old_keys else keys[:1])]
    }
