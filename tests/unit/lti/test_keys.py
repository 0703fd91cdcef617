import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from lti.errors import KeyUnreadableError
from lti.keys import SecretBox, decrypt_private_key, encrypt_private_key, make_signing_key, public_jwk, public_jwks

RFC_7638_N = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn"
    "jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qM"
    "QvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
    "nqDKgw"
)


def test_kid_is_the_thumbprint_of_rfc_7638() -> None:
    modulus = int.from_bytes(base64.urlsafe_b64decode(RFC_7638_N + "=="), "big")
    jwk = public_jwk(RSAPublicNumbers(65537, modulus).public_key())
    assert jwk["kid"] == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert jwk["n"] == RFC_7638_N
    assert set(jwk) == {"kty", "n", "e", "alg", "use", "kid"}


def test_key_survives_encryption_and_only_under_its_secret() -> None:
    key = make_signing_key()
    assert key.private_key.key_size == 2048
    stored = encrypt_private_key(key, SecretBox("secret " * 6, "keys"))
    assert b"PRIVATE" not in stored
    opened = decrypt_private_key(key.kid, stored, SecretBox("secret " * 6, "keys"))
    assert opened.private_key.private_numbers() == key.private_key.private_numbers()
    for secret, purpose in (("other secret " * 4, "keys"), ("secret " * 6, "tokens")):
        with pytest.raises(KeyUnreadableError):
            decrypt_private_key(key.kid, stored, SecretBox(secret, purpose))


def test_key_set_holds_no_private_member() -> None:
    key = make_signing_key()
    (published,) = public_jwks([public_jwk(key.private_key.public_key())])["keys"]
    assert not set(published) & {"d", "p", "q", "dp", "dq", "qi", "k"}
