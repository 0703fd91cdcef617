"""Signs and checks credentials by W3C Data Integrity with the cryptosuite eddsa-jcs-2022: Ed25519 over RFC 8785.

Paragraphs are those of "Data Integrity EdDSA Cryptosuites v1.0" and of "Controlled Identifiers v1.0" (Multikey).
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from service.errors import MentorReadyError

PROOF_TYPE, SUITE = "DataIntegrityProof", "eddsa-jcs-2022"
_PURPOSE = "assertionMethod"
_ED25519_PUBLIC = b"\xed\x01"
"""The multicodec prefix of an Ed25519 public key."""
_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LONGEST_MULTIBASE = 128


class ProofError(MentorReadyError):
    """A credential is not proven: `record.no_proof`, `record.unknown_key`, or `record.broken` if it was changed."""


def multikey_of(key: Ed25519PublicKey) -> str:
    """Return the public key as Multikey, `z6Mk…`."""
    return encode_multibase(_ED25519_PUBLIC + key.public_bytes_raw())


def read_multikey(text: str) -> Ed25519PublicKey:
    """Return the key; raise ProofError if it is no Ed25519 key."""
    raw = decode_multibase(text)
    if not raw.startswith(_ED25519_PUBLIC) or len(raw) != 34:
        raise ProofError("record.unknown_key", "The key is not an Ed25519 key.")
    return Ed25519PublicKey.from_public_bytes(raw[2:])


def sign(document: Mapping[str, Any], key: Ed25519PrivateKey, method: str, *, at: datetime) -> dict[str, Any]:
    """Return the document with its proof (3.3.1 Create Proof). `method` is the address of the public key."""
    options: dict[str, Any] = {
        "type": PROOF_TYPE,
        "cryptosuite": SUITE,
        "created": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verificationMethod": method,
        "proofPurpose": _PURPOSE,
    }
    if "@context" in document:
        options["@context"] = document["@context"]
    signature = key.sign(_hash_data(document, options))
    return {**document, "proof": {**options, "proofValue": encode_multibase(signature)}}


def method_of(document: Mapping[str, Any]) -> str:
    """Return the address of the key that is said to have signed; raise ProofError if there is no proof of our kind."""
    proof = document.get("proof")
    if not isinstance(proof, dict) or (proof.get("type"), proof.get("cryptosuite")) != (PROOF_TYPE, SUITE):
        raise ProofError("record.no_proof", f"There is no proof of the kind {SUITE}.")
    method = proof.get("verificationMethod")
    if proof.get("proofPurpose") != _PURPOSE or not isinstance(method, str):
        raise ProofError("record.no_proof", "The proof was not made to assert anything.")
    return method


def check(document: Mapping[str, Any], key: Ed25519PublicKey) -> None:
    """Check the proof (3.3.2 Verify Proof); raise ProofError if there is none, or if anything was changed."""
    method_of(document)
    options = dict(document["proof"])
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    if "@context" in options:
        signed, found = (_as_list(one.get("@context")) for one in (options, unsecured))
        if found[: len(signed)] != signed:
            raise ProofError("record.broken", "The context is not the one that was signed.")
        unsecured["@context"] = options["@context"]
    try:
        signature = decode_multibase(options.pop("proofValue", None))
        key.verify(signature, _hash_data(unsecured, options))
    except (InvalidSignature, rfc8785.CanonicalizationError) as error:
        raise ProofError("record.broken", "The signature does not fit what is written.") from error


def encode_multibase(raw: bytes) -> str:
    """Return `raw` in base58btc, with the `z` that says so."""
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _DIGITS[digit] + text
    return "z" + _DIGITS[0] * (len(raw) - len(raw.lstrip(b"\0"))) + text


def decode_multibase(text: object) -> bytes:
    """Return what `encode_multibase` was given; raise ProofError for anything else."""
    digits = text[1:] if isinstance(text, str) and len(text) <= _LONGEST_MULTIBASE else ""
    if not digits or str(text)[0] != "z" or not set(digits) <= set(_DIGITS):
        raise ProofError("record.broken", "The signature, or a key, is not written in base58btc.")
    number = 0
    for digit in digits:
        number = number * 58 + _DIGITS.index(digit)
    zeros = len(digits) - len(digits.lstrip(_DIGITS[0]))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _hash_data(document: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    """Return what is signed (3.3.4 Hashing): the hash of the proof's options, then that of the document."""
    return b"".join(hashlib.sha256(rfc8785.dumps(dict(part))).digest() for part in (options, document))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
