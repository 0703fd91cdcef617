"""Signs what a browser carries for us from one page to the next, each kind under its own salt."""

from functools import lru_cache
from typing import Any

from flask import current_app
from itsdangerous import URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode

LONGEST_PLAIN = 1024
"""Bytes. A browser drops a cookie above 4096, which a few messages in Hebrew would be."""


class Signer(URLSafeTimedSerializer):
    """Signs as itsdangerous does, without trying to compress what is short: to try takes longer than to sign."""

    def dump_payload(self, obj: Any) -> bytes:
        """Return what is signed, as `load_payload` of itsdangerous reads it too."""
        plain = self.serializer.dumps(obj)
        return base64_encode(plain) if len(plain) <= LONGEST_PLAIN else super().dump_payload(obj)


def signer(salt: str) -> Signer:
    """Return what signs and reads with the application's secret."""
    return _make(current_app.extensions["settings"].secret_key, salt)


@lru_cache(maxsize=32)  # a page signs, and to make a signer takes as long as to use it
def _make(secret_key: str, salt: str) -> Signer:
    return Signer(secret_key, salt=salt)
