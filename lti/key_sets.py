"""The public keys of the platforms: parsed once per process, read anew when they change, kept when a platform fails."""

import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from lti.errors import LaunchRefusedError, ServiceError, UnreadableAnswerError
from lti.http import OutgoingHttp
from lti.ports import KeySets, Registration, StoredKeySet

FRESH_FOR = timedelta(minutes=30)
KEPT_FOR = timedelta(hours=24)
"""How long known keys still serve while the platform's key set cannot be read (CONFORMANCE K17)."""
REFETCH_PAUSE = timedelta(seconds=30)
"""After a reading that did not bring the key asked for, however many tokens ask (K16)."""
LONGEST_WAIT_SECONDS = 3.0
"""For another thread's reading. A platform that is slower than that keeps no second thread from others' launches."""
LARGEST_KEY_SET = 256 * 1024
MOST_KEYS = 50
SMALLEST_KEY_BITS, LARGEST_KEY_BITS = 2048, 8192

_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(slots=True)
class _Ring:
    """The keys of one platform in this process. Only who holds the lock changes it."""

    jwks_url: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: Mapping[str, RSAPublicKey] = field(default_factory=dict)
    fetched_at: datetime = _LONG_AGO
    tried_in_vain_at: datetime = _LONG_AGO
    is_slow: bool = False
    """Whether the reading that goes on has lasted too long for someone: nobody else waits for it."""

    def serves(self, kid: str, *, at: datetime) -> bool:
        return kid in self.keys and at - self.fetched_at <= FRESH_FOR


class KeySetCache:
    """Finds the key of an id_token. One per process, safe to share between threads; each platform waits for itself."""

    def __init__(self, http: OutgoingHttp) -> None:
        self._http = http
        self._rings: dict[int, _Ring] = {}
        self._rings_lock = threading.Lock()

    def find_key(self, registration: Registration, kid: str, stored: KeySets, *, at: datetime) -> RSAPublicKey:
        """Return the key named `kid`; no network while it is known and fresh, else one reading for all who wait.

        Raises LaunchRefusedError, code `key_unknown` or, if no key set could be read, `keys_unreachable`.
        """
        ring = self._ring(registration)
        has_waited = ring.serves(kid, at=at) or self._read_or_wait(ring, registration, kid, stored, at=at)
        is_kept = at - ring.fetched_at <= KEPT_FOR
        key = ring.keys.get(kid) if is_kept else None
        if key is None:
            code = "key_unknown" if is_kept and has_waited else "keys_unreachable"
            raise LaunchRefusedError(code, "The key of the id_token is not among the platform's.")
        return key

    def _read_or_wait(
        self, ring: _Ring, registration: Registration, kid: str, stored: KeySets, *, at: datetime
    ) -> bool:
        """Bring the ring up to date, or wait for the thread that does; False if that takes too long (X02).

        Who knows the key does not wait, nor does anyone after the first who waited in vain.
        """
        may_wait = kid not in ring.keys and not ring.is_slow
        if not ring.lock.acquire(timeout=LONGEST_WAIT_SECONDS if may_wait else 0):
            ring.is_slow = ring.is_slow or may_wait
            return False
        try:
            self._bring_up_to_date(ring, registration, kid, stored, at=at)
        finally:
            ring.is_slow = False
            ring.lock.release()
        return True

    def _ring(self, registration: Registration) -> _Ring:
        with self._rings_lock:
            ring = self._rings.get(registration.id)
            if ring is None or ring.jwks_url != registration.jwks_url:
                ring = self._rings[registration.id] = _Ring(registration.jwks_url)
            return ring

    def _bring_up_to_date(
        self, ring: _Ring, registration: Registration, kid: str, stored: KeySets, *, at: datetime
    ) -> None:
        """Take the shared key set if it is newer, else read the platform's, unless that was just tried in vain."""
        if ring.serves(kid, at=at):
            return
        shared = stored.find_key_set(registration.id)
        if shared is not None and shared.fetched_at > ring.fetched_at:
            ring.keys, ring.fetched_at = parse_key_set(shared.jwks), shared.fetched_at
        if ring.serves(kid, at=at) or at - ring.tried_in_vain_at < REFETCH_PAUSE:
            return
        try:
            jwks = fetch_key_set(registration, self._http)
        except ServiceError:
            ring.tried_in_vain_at = at
            return
        ring.keys, ring.fetched_at = parse_key_set(jwks), at
        stored.set_key_set(registration.id, StoredKeySet(jwks, at))
        if kid not in ring.keys:
            ring.tried_in_vain_at = at


def fetch_key_set(registration: Registration, http: OutgoingHttp) -> dict[str, Any]:
    """Return the platform's usable keys as a JWKS; raise ServiceError if it cannot be read or holds none."""
    answer = http.send(
        "GET",
        registration.jwks_url,
        headers={"Accept": "application/json"},
        may_use_private_addresses=registration.may_use_private_addresses,
        max_bytes=LARGEST_KEY_SET,
    )
    if answer.status != 200:
        raise UnreadableAnswerError(f"The key set answered {answer.status}.")
    try:
        sent = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswerError("The key set is not JSON.") from error
    keys = sent.get("keys") if isinstance(sent, dict) else None
    usable = [_public_part(key) for key in keys[:MOST_KEYS] if _parse_key(key)] if isinstance(keys, list) else []
    if not usable:
        raise UnreadableAnswerError("The key set holds no RSA key for signatures.")
    return {"keys": usable}


def parse_key_set(jwks: Mapping[str, Any]) -> dict[str, RSAPublicKey]:
    """Return the usable keys of a JWKS by their `kid`: RSA, for signatures, of 2048 bits or more (K03, K12, K13)."""
    found: dict[str, RSAPublicKey] = {}
    for sent in jwks.get("keys", []):
        key = _parse_key(sent)
        if key is not None:
            found.setdefault(str(sent["kid"]), key)
    return found


def _public_part(key: Mapping[str, Any]) -> dict[str, Any]:
    return {"kid": key["kid"], "kty": "RSA", "n": key["n"], "e": key["e"]}


def _parse_key(sent: object) -> RSAPublicKey | None:
    if not isinstance(sent, dict) or sent.get("kty") != "RSA":
        return None
    kid = sent.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= 255:
        return None
    if sent.get("use", "sig") != "sig" or sent.get("alg", "RS256") != "RS256":
        return None
    modulus, exponent = _number(sent.get("n")), _number(sent.get("e"))
    if not SMALLEST_KEY_BITS <= modulus.bit_length() <= LARGEST_KEY_BITS or not 3 <= exponent < 1 << 64:
        return None
    try:
        return RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        return None


def _number(value: object) -> int:
    if not isinstance(value, str) or len(value) > LARGEST_KEY_BITS:
        return 0
    try:
        return int.from_bytes(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)), "big")
    except ValueError:
        return 0
