"""Signing and checking: by the W3C's own test vector, and against everything that may be changed."""

import copy
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.records.proof import (
    ProofError,
    check,
    decode_multibase,
    encode_multibase,
    multikey_of,
    read_multikey,
    sign,
)

CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"]
DOCUMENT = {
    "@context": CONTEXT,
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
}
PUBLIC, SECRET = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2", "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
METHOD = f"did:key:{PUBLIC}#{PUBLIC}"
AT = datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)
VALUE = "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"
"""Data Integrity EdDSA Cryptosuites v1.0, appendix B.2: the example of eddsa-jcs-2022."""


@pytest.fixture
def key() -> Ed25519PrivateKey:
    """The key of the W3C's example; its secret form has a prefix of two bytes too."""
    return Ed25519PrivateKey.from_private_bytes(decode_multibase(SECRET)[2:])


def test_it_signs_as_the_example_of_the_standard_does(key: Ed25519PrivateKey) -> None:
    assert multikey_of(key.public_key()) == PUBLIC
    signed = sign(DOCUMENT, key, METHOD, at=AT)
    assert signed["proof"]["proofValue"] == VALUE
    check(signed, read_multikey(PUBLIC))
    written_otherwise = json.loads(json.dumps(dict(reversed(signed.items())), indent=4))
    check(written_otherwise, read_multikey(PUBLIC))


def places(value: object, path: tuple = ()) -> list[tuple]:
    """Return the path to every value inside that is not a container."""
    if isinstance(value, dict):
        return [place for name, inner in value.items() for place in places(inner, (*path, name))]
    if isinstance(value, list):
        return [place for number, inner in enumerate(value) for place in places(inner, (*path, number))]
    return [path]


@pytest.mark.parametrize("path", places(sign(DOCUMENT, Ed25519PrivateKey.generate(), METHOD, at=AT)), ids=str)
def test_no_value_can_be_changed_or_left_out(key: Ed25519PrivateKey, path: tuple) -> None:
    for change in (lambda holder: holder.__setitem__(path[-1], "other"), lambda holder: holder.__delitem__(path[-1])):
        signed = copy.deepcopy(sign(DOCUMENT, key, METHOD, at=AT))
        holder = signed
        for step in path[:-1]:
            holder = holder[step]
        change(holder)
        with pytest.raises(ProofError):
            check(signed, key.public_key())


def test_nothing_can_be_added(key: Ed25519PrivateKey) -> None:
    signed = sign(DOCUMENT, key, METHOD, at=AT)
    for changed in (signed | {"more": 1}, signed | {"proof": signed["proof"] | {"expires": "2999-01-01T00:00:00Z"}}):
        with pytest.raises(ProofError):
            check(changed, key.public_key())


def test_another_key_does_not_fit(key: Ed25519PrivateKey) -> None:
    with pytest.raises(ProofError) as refusal:
        check(sign(DOCUMENT, key, METHOD, at=AT), Ed25519PrivateKey.generate().public_key())
    assert refusal.value.code == "record.broken"


@pytest.mark.parametrize("raw", [b"", b"\0", b"\0\0a", bytes(range(40))])
def test_multibase_comes_back(raw: bytes) -> None:
    assert encode_multibase(raw) == "z" or decode_multibase(encode_multibase(raw)) == raw


@pytest.mark.parametrize("text", ["", "z", "m123", "z0OIl", "zé", "z" + "1" * 200, None, 7, PUBLIC[:-1], VALUE])
def test_what_is_no_key_is_refused(text: object) -> None:
    with pytest.raises(ProofError):
        read_multikey(text)
