"""What the parts of the pretend LMS share: its address, store, switches, clock, and the tools' key sets."""

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import requests
from flask import current_app

from tests.fake_lms.models import Tool
from tests.fake_lms.store import Store
from tests.fake_lms.switches import Switches

AUTH_PATH = "/mod/lti/auth.php"
TOKEN_PATH = "/mod/lti/token.php"
JWKS_PATH = "/mod/lti/certs.php"
SERVICES_PATH = "/mod/lti/services.php"


@dataclass(frozen=True)
class Registration:
    """What a tool has to know of the LMS to be launched by it."""

    issuer: str
    client_id: str
    deployment_id: str
    auth_login_url: str
    token_url: str
    jwks_url: str


@dataclass(frozen=True)
class Call:
    """One request that the tool sent to a service, and the status it got (0: the connection was cut)."""

    service: str
    method: str
    path: str
    status: int


class Lms:
    """One pretend LMS, whether its port is open or not."""

    def __init__(self, url: str, store: Store) -> None:
        self.url = url
        self.store = store
        self.switches = Switches(store)
        self.calls: deque[Call] = deque(maxlen=10_000)
        """The latest service calls, oldest first."""
        self._tool_keys: dict[int, dict[str, Any]] = {}

    def now(self) -> float:
        """Return the LMS's own time in seconds since 1970; a switch sets its clock wrong."""
        return time.time() + float(self.switches["clock_offset_s"])

    def registration_of(self, tool: Tool) -> Registration:
        return Registration(
            issuer=self.url,
            client_id=tool.client_id,
            deployment_id=tool.deployment_id,
            auth_login_url=self.url + AUTH_PATH,
            token_url=self.url + TOKEN_PATH,
            jwks_url=self.url + JWKS_PATH,
        )

    def tool_keys(self, tool: Tool, *, fresh: bool = False) -> dict[str, Any]:
        """Return the tool's key set, cached unless `fresh`. Raise requests.RequestException if it cannot be read."""
        if fresh or tool.id not in self._tool_keys:
            agent = {"User-Agent": f"MoodleBot/4.5 (+{self.url})"}
            answer = requests.get(tool.jwks_url, headers=agent, timeout=5)
            answer.raise_for_status()
            self._tool_keys[tool.id] = answer.json()
        return self._tool_keys[tool.id]


def current_lms() -> Lms:
    """Return the LMS that the running Flask application belongs to."""
    lms: Lms = current_app.extensions["lms"]
    return lms
