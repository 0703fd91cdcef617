"""Waits for what another process or a browser does in its own time."""

import time
from collections.abc import Callable


def wait_until(is_so: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Return as soon as `is_so` says so; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
