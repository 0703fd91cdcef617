"""Keeps one address from asking too much of a public page. Each process counts for itself, for one minute at a time."""

import ipaddress
from collections import Counter
from threading import Lock

from flask import abort, request

MOST_A_MINUTE = 60
_MOST_ADDRESSES = 10_000


class Rate:
    """So many requests a minute from one address; IPv6 by its network, which is what a household or a server has."""

    def __init__(self, most: int = MOST_A_MINUTE) -> None:
        self._most = most
        self._minute = 0
        self._counts: Counter[str] = Counter()
        self._lock = Lock()

    def is_spent(self, address: str, minute: int) -> bool:
        """Count a request of that minute, and say whether it is one too many."""
        with self._lock:
            if minute != self._minute or len(self._counts) > _MOST_ADDRESSES:
                self._minute, self._counts = minute, Counter()
            self._counts[network_of(address)] += 1
            return self._counts[network_of(address)] > self._most


def network_of(address: str) -> str:
    """Return what is counted as one asker."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address


def refuse_too_many(rate: Rate, minute: int) -> None:
    """Answer 429 to whoever asked too often in this minute."""
    if rate.is_spent(request.remote_addr or "", minute):
        abort(429)
