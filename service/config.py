"""Settings: every environment variable once, with a sentence. No secret has a default."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from service.errors import MentorReadyError


class SettingsError(MentorReadyError):
    """A setting is missing or cannot be used; the message says what to set."""


MAIL_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over, and who it is from."""

    scheme: str
    """`smtps`: TLS from the first byte; `smtp+starttls`: TLS, or no mail; `smtp`: none, for a server near by."""
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str
    """MENTORREADY_MAIL_FROM: the address that mails are from."""
    bounce_address: str
    """MENTORREADY_BOUNCE_ADDRESS: where what cannot be delivered is sent back to, with `+` and the mail's id before
    the `@`; without it to the sender, and then only what the mail server refuses at once is noticed."""

    @classmethod
    def from_url(cls, url: str, sender: str, bounce_address: str) -> "MailServer":
        """Read MENTORREADY_SMTP_URL, `smtps://user:password@host:port`. Raises SettingsError."""
        what = f"MENTORREADY_SMTP_URL must begin with one of {', '.join(MAIL_PORTS)} and name a host."
        try:
            parts = urlsplit(url)
            port = parts.port or MAIL_PORTS.get(parts.scheme, 0)
        except ValueError as error:
            raise SettingsError("settings.smtp_url", what) from error
        if parts.scheme not in MAIL_PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
            raise SettingsError("settings.smtp_url", what)
        if parts.username and parts.scheme == "smtp":
            raise SettingsError(
                "settings.smtp_password", "MENTORREADY_SMTP_URL: a password needs smtps:// or smtp+starttls://."
            )
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=port,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            sender=_mail_address("MAIL_FROM", sender),
            bounce_address=_mail_address("BOUNCE_ADDRESS", bounce_address) if bounce_address else "",
        )


@dataclass(frozen=True)
class S3Place:
    """A bucket in storage of the S3 kind, where the files of posts are kept instead of a folder."""

    endpoint: str
    """Where the storage is, such as `https://s3.eu-central-1.amazonaws.com`."""
    bucket: str
    folder: str
    """What the names of all files begin with: empty, or with a slash at its end."""
    key_id: str
    """MENTORREADY_S3_KEY_ID."""
    secret: str = field(repr=False)
    """MENTORREADY_S3_SECRET."""
    region: str
    """MENTORREADY_S3_REGION; `us-east-1` if not set, which storage without regions takes."""

    @classmethod
    def from_url(cls, url: str, key_id: str, secret: str, region: str) -> "S3Place":
        """Read MENTORREADY_S3_URL, `https://host:port/bucket/folder`. Raises SettingsError."""
        what = (
            "MENTORREADY_S3_URL must be https://host/bucket, a folder may follow; the keys are settings of their own."
        )
        try:
            parts = urlsplit(url)
            bucket, _, folder = parts.path.strip("/").partition("/")
            is_fit = parts.scheme in {"http", "https"} and parts.hostname and bucket and (parts.port or 1)
        except ValueError as error:
            raise SettingsError("settings.s3_url", what) from error
        if not is_fit or parts.query or parts.fragment or parts.username:
            raise SettingsError("settings.s3_url", what)
        endpoint = f"{parts.scheme}://{parts.netloc}"
        return cls(endpoint, bucket, f"{folder}/" if folder else "", key_id, secret, region)


@dataclass(frozen=True)
class FileLimits:
    """What may be added to posts of forums."""

    each_mb: int = 5
    """MENTORREADY_FILE_MB: the most that one file may have, in millions of bytes."""
    in_post: int = 4
    """MENTORREADY_FILES_IN_POST: how many a post may have; 0: posts take no files."""
    course_mb: int = 1000
    """MENTORREADY_FILES_COURSE_MB: the most that all files of one course may have, in millions of bytes."""


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
    """MENTORREADY_STATE_PATH: where the embedded broker and the files of posts are; web and worker must share it."""
    host: str
    """MENTORREADY_HOST: the address that `mentorready serve` listens at; this machine alone if not set."""
    port: int
    """MENTORREADY_PORT: where `mentorready serve` listens."""
    trusted_proxies: int
    """MENTORREADY_TRUSTED_PROXIES: how many proxies in front may set `X-Forwarded-*`."""
    is_demo: bool
    """MENTORREADY_DEMO: "yes" only in the demo, which shows the parts of its pages at `/ui`."""
    mail: MailServer | None = None
    """MENTORREADY_SMTP_URL and its two companions, see MailServer; without it nothing is sent by mail."""
    files: FileLimits = FileLimits()
    s3: S3Place | None = None
    """MENTORREADY_S3_URL and its companions, see S3Place; without it files of posts are in `state_path`."""

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
            mail=MailServer.from_url(smtp_url, setting("MAIL_FROM"), setting("BOUNCE_ADDRESS", ""))
            if (smtp_url := setting("SMTP_URL", ""))
            else None,
            files=FileLimits(
                each_mb=_number("FILE_MB", setting("FILE_MB", "5")),
                in_post=_number("FILES_IN_POST", setting("FILES_IN_POST", "4")),
                course_mb=_number("FILES_COURSE_MB", setting("FILES_COURSE_MB", "1000")),
            ),
            s3=S3Place.from_url(s3_url, setting("S3_KEY_ID"), setting("S3_SECRET"), setting("S3_REGION", "us-east-1"))
            if (s3_url := setting("S3_URL", ""))
            else None,
        )


def content_path(environment: Mapping[str, str]) -> Path:
    """Return the folder of the content, for commands that need no other setting."""
    return Path(environment.get("MENTORREADY_CONTENT_PATH", Path(__file__).parent.parent / "training_modules"))


def _base_url(value: str) -> str:
    """Return the address without a slash at its end. `__Host-` cookies and `/.well-known` need the whole host."""
    if not re.fullmatch(r"https?://(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?/?", value, re.IGNORECASE):
        raise SettingsError(
            "settings.base_url",
            "MENTORREADY_BASE_URL must be an address such as https://tool.example: of a host for MentorReady alone, "
            "with no path after it.",
        )
    return value.rstrip("/")


def _mail_address(name: str, value: str) -> str:
    fault = SettingsError("settings.mail_address", f"MENTORREADY_{name} must be an address such as info@tool.example.")
    try:
        address = Address(addr_spec=value)
    except (MessageError, ValueError, IndexError) as error:
        raise fault from error
    if not (address.username and address.domain and value.isascii() and value.isprintable()):
        raise fault
    return value


def _number(name: str, value: str) -> int:
    if not value.isdecimal():
        raise SettingsError("settings.number", f"MENTORREADY_{name} must be a whole number, not {value!r}.")
    return int(value)
