"""The shared fixtures keep their word: empty databases, real commits, no way out of this machine."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import requests
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.platforms.models import Platform
from tests.network import NetworkUsedError


def platform() -> Platform:
    urls = dict.fromkeys(("issuer", "auth_login_url", "token_url", "jwks_url"), "https://lms.example")
    return Platform(name="LMS", client_id="client", created_at=datetime.now(UTC), **urls)


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_finds_an_empty_database_and_its_commits_are_real(
    turn: str, engine: Engine, sessions: sessionmaker[Session]
) -> None:
    with transaction(sessions) as session:
        assert session.scalar(select(func.count()).select_from(Platform)) == 0
        session.add(platform())
    with engine.connect() as another:
        assert another.scalar(select(func.count()).select_from(Platform)) == 1


def test_the_database_is_the_one_its_name_says(engine: Engine, request: pytest.FixtureRequest) -> None:
    assert engine.dialect.name == request.node.callspec.params["database_url"]


def test_what_a_session_does_is_rolled_back(session: Session) -> None:
    session.add(platform())
    session.flush()
    assert session.scalar(select(func.count()).select_from(Platform)) == 1


def send_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"", ("192.0.2.1", 53))


@pytest.mark.parametrize(
    "leave",
    [
        lambda: requests.get("http://192.0.2.1/", timeout=1),
        lambda: requests.get("http://lms.example/", timeout=1),
        lambda: socket.create_connection(("2001:db8::1", 80), timeout=1),
        send_datagram,
    ],
    ids=["address", "name", "IPv6", "datagram"],
)
def test_no_test_leaves_this_machine(leave: Callable[[], object]) -> None:
    with pytest.raises(NetworkUsedError):
        leave()
