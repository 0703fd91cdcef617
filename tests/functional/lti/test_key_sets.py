import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from lti import key_sets
from lti.errors import LaunchRefusedError
from lti.http import OutgoingHttp
from lti.key_sets import FRESH_FOR, KEPT_FOR, REFETCH_PAUSE, KeySetCache
from lti.keys import SigningKey, make_signing_key, public_jwk
from lti.ports import Registration, StoredKeySet
from tests.functional.lti.scripted_server import Answer, ScriptedServer, scripted_server

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Shared:
    """lti.ports.KeySets in memory: what all processes share."""

    def __init__(self) -> None:
        self.kept: dict[int, StoredKeySet] = {}

    def find_key_set(self, registration_id: int) -> StoredKeySet | None:
        return self.kept.get(registration_id)

    def set_key_set(self, registration_id: int, key_set: StoredKeySet) -> None:
        self.kept[registration_id] = key_set


@pytest.fixture(scope="module")
def old() -> SigningKey:
    return make_signing_key()


@pytest.fixture(scope="module")
def new() -> SigningKey:
    return make_signing_key()


@pytest.fixture
def server(old: SigningKey) -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        publish(server, old)
        yield server


@pytest.fixture
def shared() -> Shared:
    return Shared()


def publish(server: ScriptedServer, *keys: SigningKey, path: str = "/jwks") -> None:
    jwks = {"keys": [public_jwk(key.private_key.public_key()) for key in keys]}
    server.answers[path] = [Answer(200, json.dumps(jwks).encode())]


def registration(server: ScriptedServer, path: str = "/jwks") -> Registration:
    url = server.url + path
    return Registration(1, "https://lms.example", "c", url, url, url, may_use_private_addresses=True)


def new_cache() -> KeySetCache:
    return KeySetCache(OutgoingHttp(read_seconds=1, total_seconds=2))


def find(cache: KeySetCache, server: ScriptedServer, shared: Shared, kid: str, at: datetime = NOW) -> str:
    """Return "found" or the code of the refusal."""
    try:
        cache.find_key(registration(server), kid, shared, at=at)
    except LaunchRefusedError as error:
        return error.code
    return "found"


def test_key_is_read_once_while_fresh(server: ScriptedServer, shared: Shared, old: SigningKey) -> None:
    cache = new_cache()
    for at in (NOW, NOW + SECOND, NOW + FRESH_FOR):
        assert find(cache, server, shared, old.kid, at) == "found"
    assert len(server.asked) == 1
    assert find(cache, server, shared, old.kid, NOW + FRESH_FOR + SECOND) == "found"
    assert len(server.asked) == 2


def test_k18_withdrawn_key_is_refused_when_the_set_is_no_longer_fresh(
    server: ScriptedServer, shared: Shared, old: SigningKey, new: SigningKey
) -> None:
    cache = new_cache()
    assert find(cache, server, shared, old.kid) == "found"
    publish(server, new)
    assert find(cache, server, shared, old.kid, NOW + FRESH_FOR) == "found"
    assert find(cache, server, shared, old.kid, NOW + FRESH_FOR + SECOND) == "key_unknown"
    assert timedelta(hours=1) >= FRESH_FOR


def test_k17_known_keys_serve_for_a_day_without_the_platform(
    server: ScriptedServer, shared: Shared, old: SigningKey
) -> None:
    cache = new_cache()
    assert find(cache, server, shared, old.kid) == "found"
    server.answers["/jwks"] = [Answer(503)]
    assert find(cache, server, shared, old.kid, NOW + KEPT_FOR) == "found"
    assert find(cache, server, shared, old.kid, NOW + KEPT_FOR + SECOND) == "keys_unreachable"


def test_dead_platform_is_asked_once_in_a_while(server: ScriptedServer, shared: Shared, old: SigningKey) -> None:
    cache = new_cache()
    server.answers["/jwks"] = [Answer(503)]
    for seconds in range(0, 29, 7):
        assert find(cache, server, shared, old.kid, NOW + seconds * SECOND) == "keys_unreachable"
    assert len(server.asked) == 1
    publish(server, SigningKey(old.kid, old.private_key))
    assert find(cache, server, shared, old.kid, NOW + REFETCH_PAUSE) == "found"


def test_k16_unknown_kids_cause_one_reading_in_a_while(
    server: ScriptedServer, shared: Shared, old: SigningKey, new: SigningKey
) -> None:
    cache = new_cache()
    assert find(cache, server, shared, old.kid) == "found"
    for number in range(10):
        assert find(cache, server, shared, f"random-{number}") == "key_unknown"
    assert len(server.asked) == 2
    publish(server, old, new)
    assert find(cache, server, shared, new.kid, NOW + REFETCH_PAUSE - SECOND) == "key_unknown"
    assert find(cache, server, shared, new.kid, NOW + REFETCH_PAUSE) == "found"
    assert len(server.asked) == 3


def test_x02_slow_platform_holds_one_thread_and_no_more(
    server: ScriptedServer, shared: Shared, old: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sets, "LONGEST_WAIT_SECONDS", 0.05)
    cache = KeySetCache(OutgoingHttp(read_seconds=5, total_seconds=5))
    body, may_answer = server.answers["/jwks"][0].body, threading.Event()

    def write(handler: BaseHTTPRequestHandler) -> None:
        may_answer.wait(5)
        handler.wfile.write(body)

    server.answers["/jwks"] = [Answer(headers={"Content-Length": str(len(body))}, write=write)]
    found: list[str] = []
    reader = threading.Thread(target=lambda: found.append(find(cache, server, shared, old.kid)))
    reader.start()
    try:
        while not server.asked:
            time.sleep(0.01)
        assert [find(cache, server, shared, f"forged-{number}") for number in range(20)] == ["keys_unreachable"] * 20
        assert found == []
    finally:
        may_answer.set()
        reader.join()
    assert found == ["found"]
    assert len(server.asked) == 1
    assert find(cache, server, shared, "forged") == "key_unknown"


def test_other_process_takes_the_shared_set(server: ScriptedServer, shared: Shared, old: SigningKey) -> None:
    assert find(new_cache(), server, shared, old.kid) == "found"
    assert find(new_cache(), server, shared, old.kid, NOW + FRESH_FOR) == "found"
    assert len(server.asked) == 1
    assert set(shared.kept[1].jwks["keys"][0]) == {"kid", "kty", "n", "e"}


def test_new_address_of_the_key_set_is_read(
    server: ScriptedServer, shared: Shared, old: SigningKey, new: SigningKey
) -> None:
    cache = new_cache()
    assert find(cache, server, shared, old.kid) == "found"
    publish(server, new, path="/moved")
    assert cache.find_key(registration(server, "/moved"), new.kid, shared, at=NOW)
    assert [one.path for one in server.asked] == ["/jwks", "/moved"]


def test_of_two_keys_with_one_name_the_one_for_signatures_counts(
    server: ScriptedServer, shared: Shared, old: SigningKey, new: SigningKey
) -> None:
    publish(server, SigningKey("same", old.private_key), SigningKey("same", new.private_key))
    jwks = json.loads(server.answers["/jwks"][0].body)
    jwks["keys"][0]["kid"] = jwks["keys"][1]["kid"] = "same"
    jwks["keys"][0]["use"] = "enc"
    server.answers["/jwks"] = [Answer(200, json.dumps(jwks).encode())]
    found = new_cache().find_key(registration(server), "same", shared, at=NOW)
    assert found.public_numbers() == new.private_key.public_key().public_numbers()
