"""Our own keys: made, named by thumbprint, published, and kept encrypted under the application secret."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lti.errors import KeyUnreadableError

KEY_BITS = 2048


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key of ours and its name in our key set."""

    kid: str
    private_key: RSAPrivateKey


class SecretBox:
    """Encrypts what is stored, under a key derived from the application secret for one purpose."""

    def __init__(self, secret: str, purpose: str) -> None:
        derived = HKDF(hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def encrypt(self, clear: bytes) -> bytes:
        """Return `clear` encrypted and authenticated."""
        return self._fernet.encrypt(clear)

    def decrypt(self, encrypted: bytes) -> bytes:
        """Return the clear bytes; raise KeyUnreadableError if they were encrypted under another secret."""
        try:
            return self._fernet.decrypt(encrypted)
        except InvalidToken as error:
            raise KeyUnreadableError("A stored secret cannot be read: has the application secret changed?") from error


def make_signing_key() -> SigningKey:
    """Return a new RSA key, named by its RFC 7638 thumbprint."""
    private_key = generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    return SigningKey(str(public_jwk(private_key.public_key())["kid"]), private_key)


def public_jwk(key: RSAPublicKey) -> dict[str, Any]:
    """Return `key` as a JWK for RS256 signatures, with its RFC 7638 thumbprint as `kid` and no private member."""
    numbers = key.public_numbers()
    needed = {"e": _base64url_number(numbers.e), "kty": "RSA", "n": _base64url_number(numbers.n)}
    canonical = json.dumps(needed, sort_keys=True, separators=(",", ":")).encode()
    return {**needed, "alg": "RS256", "use": "sig", "kid": _base64url(hashlib.sha256(canonical).digest())}


def public_jwks(jwks: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the key set of these public JWKs."""
    return {"keys": [dict(jwk) for jwk in jwks]}


def encrypt_private_key(key: SigningKey, box: SecretBox) -> bytes:
    """Return the private key as encrypted PKCS#8 PEM."""
    pem = key.private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return box.encrypt(pem)


def decrypt_private_key(kid: str, encrypted_pem: bytes, box: SecretBox) -> SigningKey:
    """Return the stored key; raise KeyUnreadableError if `box` cannot open it."""
    # The box vouches that it is a key of ours: to prove its numbers anew takes longer than to send a score.
    private_key = serialization.load_pem_private_key(
        box.decrypt(encrypted_pem), password=None, unsafe_skip_rsa_key_validation=True
    )
    if not isinstance(private_key, RSAPrivateKey):
        raise KeyUnreadableError(f"The stored key {kid} is not an RSA key.")
    return SigningKey(kid, private_key)


def _base64url_number(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
