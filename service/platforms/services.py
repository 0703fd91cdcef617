"""Opens a way to the services of an LMS, with access tokens shared by all processes."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session, sessionmaker

from lti.http import OutgoingHttp
from lti.keys import SecretBox
from lti.ports import AccessToken
from lti.service_client import ServiceClient
from service.db import set_row, transaction, utc_now
from service.errors import ConflictError, NotFoundError
from service.platforms import models
from service.platforms.launches import registration_of
from service.platforms.operations import ensure_signing_key, open_signing_key

TOKEN_PURPOSE = "access tokens"  # noqa: S105 (a name, not a secret)


def open_service_client(
    sessions: sessionmaker[Session],
    platform_id: int,
    settings_secret: str,
    *,
    http: OutgoingHttp | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> ServiceClient:
    """Return a client for the services of a platform; no transaction is open while it works.

    Raises NotFoundError if there is no such platform, ConflictError `platform.disabled` if it is disabled.
    """
    with transaction(sessions) as session:
        platform = session.get(models.Platform, platform_id)
        if platform is None:
            raise NotFoundError("platform.unknown", f"There is no platform {platform_id}.")
        if platform.disabled_at is not None:
            raise ConflictError("platform.disabled", f"{platform.issuer} is disabled.")
        key = open_signing_key(ensure_signing_key(session, settings_secret, at=clock()), settings_secret)
    tokens = TokenStore(sessions, SecretBox(settings_secret, TOKEN_PURPOSE))
    return ServiceClient(registration_of(platform), key, tokens, http or OutgoingHttp(), clock)


class TokenStore:
    """lti.ports.AccessTokens over the database, encrypted, each call in a short transaction of its own."""

    def __init__(self, sessions: sessionmaker[Session], box: SecretBox) -> None:
        self._sessions = sessions
        self._box = box

    def find_token(self, registration_id: int, scopes: Sequence[str], *, at: datetime) -> AccessToken | None:
        """Return the token for exactly these scopes, if it is still good at `at`."""
        with transaction(self._sessions, reads_only=True) as session:
            row = session.get(models.AccessToken, (registration_id, _key(scopes)))
        if row is None or row.expires_at <= at:
            return None
        return AccessToken(self._box.decrypt(row.encrypted_token).decode(), tuple(row.granted_scopes), row.expires_at)

    def set_token(self, registration_id: int, scopes: Sequence[str], token: AccessToken) -> None:
        """Keep the token for exactly these scopes."""
        values = {
            "encrypted_token": self._box.encrypt(token.value.encode()),
            "granted_scopes": list(token.granted_scopes),
            "expires_at": token.expires_at,
        }
        keys = {"platform_id": registration_id, "scopes": _key(scopes)}
        with transaction(self._sessions) as session:
            set_row(session, models.AccessToken, keys, values)

    def drop_token(self, registration_id: int, scopes: Sequence[str]) -> None:
        """Forget the token for exactly these scopes."""
        statement = delete(models.AccessToken).filter_by(platform_id=registration_id, scopes=_key(scopes))
        with transaction(self._sessions) as session:
            session.execute(statement)


def _key(scopes: Sequence[str]) -> str:
    return " ".join(sorted(scopes))
