from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from lti.errors import KeyUnreadableError
from lti.keys import SecretBox
from lti.ports import AccessToken
from service.db import transaction
from service.errors import ConflictError, NotFoundError
from service.platforms import models, operations
from service.platforms.services import TokenStore, open_service_client
from tests.features.platforms.test_operations import FIELDS, NOW, SECRET

SCOPES = ("b", "a")
TOKEN = AccessToken("secret-token", ("a", "b"), NOW + timedelta(hours=1))


@pytest.fixture
def platform_id(sessions: sessionmaker[Session]) -> int:
    with transaction(sessions) as session:
        return operations.add_platform(session, **FIELDS, at=NOW).platform.id


@pytest.fixture
def tokens(sessions: sessionmaker[Session]) -> TokenStore:
    return TokenStore(sessions, SecretBox(SECRET, "access tokens"))


def test_t03_token_is_shared_by_all_processes(
    sessions: sessionmaker[Session], tokens: TokenStore, platform_id: int
) -> None:
    tokens.set_token(platform_id, SCOPES, TOKEN)
    other = TokenStore(sessions, SecretBox(SECRET, "access tokens"))
    assert other.find_token(platform_id, ("a", "b"), at=NOW) == TOKEN
    assert other.find_token(platform_id, ("a",), at=NOW) is None
    assert other.find_token(platform_id, SCOPES, at=TOKEN.expires_at) is None


def test_token_is_encrypted(sessions: sessionmaker[Session], tokens: TokenStore, platform_id: int) -> None:
    tokens.set_token(platform_id, SCOPES, TOKEN)
    with transaction(sessions) as session:
        stored = session.scalars(select(models.AccessToken.encrypted_token)).one()
    assert b"secret-token" not in stored
    with pytest.raises(KeyUnreadableError):
        SecretBox(SECRET + "!", "access tokens").decrypt(stored)


def test_newer_token_takes_the_place(tokens: TokenStore, platform_id: int) -> None:
    tokens.set_token(platform_id, SCOPES, TOKEN)
    newer = AccessToken("newer", ("a", "b"), TOKEN.expires_at + timedelta(hours=1))
    tokens.set_token(platform_id, SCOPES, newer)
    assert tokens.find_token(platform_id, SCOPES, at=NOW) == newer
    tokens.drop_token(platform_id, SCOPES)
    tokens.drop_token(platform_id, SCOPES)
    assert tokens.find_token(platform_id, SCOPES, at=NOW) is None


def test_client_is_opened_with_a_key_made_on_the_way(sessions: sessionmaker[Session], platform_id: int) -> None:
    client = open_service_client(sessions, platform_id, SECRET, clock=lambda: NOW)
    assert client.registration.client_id == "client-1"
    with transaction(sessions) as session:
        assert session.scalars(select(models.SigningKey.created_at)).one() == NOW


def test_no_client_for_a_platform_that_is_unknown_or_disabled(
    sessions: sessionmaker[Session], platform_id: int
) -> None:
    with pytest.raises(NotFoundError):
        open_service_client(sessions, platform_id + 1, SECRET)
    with transaction(sessions) as session:
        (platform,) = operations.list_platforms(session)
        operations.set_platform_disabled(session, platform.public_id, at=NOW)
    with pytest.raises(ConflictError):
        open_service_client(sessions, platform_id, SECRET)
