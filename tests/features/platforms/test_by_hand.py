"""Connections that are entered by hand, by more than one person at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.errors import InvalidInputError
from service.platforms.by_hand import record_by_hand
from service.platforms.models import Platform, PlatformInvite
from tests.features.platforms.test_invites import CONFIGURATION, ISSUER, invite
from tests.features.platforms.test_operations import NOW

TYPED = {
    "make": "",
    "site": "",
    "issuer": ISSUER,
    "client_id": "abc",
    "deployment_id": "7",
    "auth_login_url": CONFIGURATION.auth_login_url,
    "token_url": CONFIGURATION.token_url,
    "jwks_url": CONFIGURATION.jwks_url,
}


def test_of_many_who_enter_the_same_client_at_once_one_does_and_the_others_keep_their_invites(
    sessions: sessionmaker[Session],
) -> None:
    with transaction(sessions) as session:
        tokens = [invite(session)[1] for _ in range(6)]
    start = Barrier(6)

    def enter(token: str) -> str:
        start.wait(timeout=30)
        try:
            with transaction(sessions) as session:
                record_by_hand(session, token, TYPED, at=NOW)
        except InvalidInputError as error:
            return f"{error.code} {error.details}"
        return "entered"

    with ThreadPoolExecutor(6) as threads:
        told = sorted(threads.map(enter, tokens))
    assert told == ["entered"] + ["platform.malformed {'fields': {'client_id': 'known'}}"] * 5
    with transaction(sessions) as session:
        assert session.scalar(select(func.count()).select_from(Platform)) == 1
        unused = select(func.count()).select_from(PlatformInvite).where(PlatformInvite.used_at.is_(None))
        assert session.scalar(unused) == 5
