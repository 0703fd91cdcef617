"""Signs what a browser carries for us from one page to the next, each kind under its own salt."""

from functools import lru_cache
from typing import Any

from flask import current_app
from itsdangerous import URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode


class Signer(URLSafeTimedSerializer):
    """Signs as itsdangerous does, without trying to compress: what we sign is short, and to try takes longer."""

    def dump_payload(self, obj: Any) -> bytes:
        """Return what is signed, as `load_payload` of itsdangerous reads it too."""
        return base64_encode(self.serializer.dumps(obj))


def signer(salt: str) -> Signer:
    """Return what signs and reads with the application's secret."""
    return _make(current_app.extensions["settings"].secret_key, salt)


@lru_cache(maxsize=32)  # a page signs, and to make a signer takes as long as to use it
def _make(secret_key: str, salt: str) -> Signer:
    return Signer(secret_key, salt=salt)
