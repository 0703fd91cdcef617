"""Settings: every environment variable once, with a sentence. No secret has a default."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from service.errors import MentorReadyError


class SettingsError(MentorReadyError):
    """A setting is missing or cannot be used; the message says what to set."""


@dataclass(frozen=True)
class Settings:
    """What an installation may decide. Made once, by `Settings.from_environment`, and handed down."""

    database_url: str
    """MENTORREADY_DATABASE_URL: `sqlite:///path` or `postgresql+psycopg://user@host/name`."""
    secret_key: str
    """MENTORREADY_SECRET_KEY: at least 32 characters; signs sessions, encrypts secrets in the database."""
    base_url: str
    """MENTORREADY_BASE_URL: the address that browsers and the LMS see, without a slash at the end."""
    content_path: Path
    """MENTORREADY_CONTENT_PATH: the folder with `catalog.yaml`; the one of the project if not set."""
    broker_url: str
    """MENTORREADY_BROKER_URL: `redis://…` or `amqp://…`; empty for the embedded broker in `state_path`."""
    state_path: Path
    """MENTORREADY_STATE_PATH: where the embedded broker keeps its files; web and worker must share it."""
    host: str
    """MENTORREADY_HOST: the address that `mentorready serve` listens at; this machine alone if not set."""
    port: int
    """MENTORREADY_PORT: where `mentorready serve` listens."""
    trusted_proxies: int
    """MENTORREADY_TRUSTED_PROXIES: how many proxies in front may set `X-Forwarded-*`."""
    is_demo: bool
    """MENTORREADY_DEMO: "yes" only in the demo, which shows the parts of its pages at `/ui`."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings; raise SettingsError, naming the variable and what it wants, if one cannot be used."""

        def setting(name: str, default: str | None = None) -> str:
            value = environment.get(f"MENTORREADY_{name}", default)
            if value is None:
                raise SettingsError("settings.missing", f"Set MENTORREADY_{name}: see the settings in README.md.")
            return value

        secret_key = setting("SECRET_KEY")
        if len(secret_key) < 32:
            raise SettingsError("settings.short_secret", "MENTORREADY_SECRET_KEY needs at least 32 characters.")
        return cls(
            database_url=setting("DATABASE_URL"),
            secret_key=secret_key,
            base_url=_base_url(setting("BASE_URL")),
            content_path=content_path(environment),
            broker_url=setting("BROKER_URL", ""),
            state_path=Path(setting("STATE_PATH", "var")),
            host=setting("HOST", "127.0.0.1"),
            port=_number("PORT", setting("PORT", "8080")),
            trusted_proxies=_number("TRUSTED_PROXIES", setting("TRUSTED_PROXIES", "0")),
            is_demo=setting("DEMO", "") == "yes",
        )


def content_path(environment: Mapping[str, str]) -> Path:
    """Return the folder of the content, for commands that need no other setting."""
    return Path(environment.get("MENTORREADY_CONTENT_PATH", Path(__file__).parent.parent / "training_modules"))


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(
            "settings.base_url", "MENTORREADY_BASE_URL must be an address such as https://tool.example."
        )
    return value.rstrip("/")


def _number(name: str, value: str) -> int:
    if not value.isdecimal():
        raise SettingsError("settings.number", f"MENTORREADY_{name} must be a whole number, not {value!r}.")
    return int(value)
