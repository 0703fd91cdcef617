"""Settings from the environment: what is missing or cannot be used is named, with what it should be."""

import pytest

from service.config import Settings, SettingsError

GOOD = {
    "MENTORREADY_DATABASE_URL": "sqlite:///x.sqlite",
    "MENTORREADY_SECRET_KEY": "s" * 32,
    "MENTORREADY_BASE_URL": "https://tool.example/",
}

MAIL = {
    "MENTORREADY_SMTP_URL": "smtps://tool:pass%2Fword@mail.example",
    "MENTORREADY_MAIL_FROM": "mentorready@tool.example",
    "MENTORREADY_BOUNCE_ADDRESS": "bounces@tool.example",
}


def test_what_is_set_is_read() -> None:
    settings = Settings.from_environment({**GOOD, "MENTORREADY_PORT": "9000"})
    assert (settings.base_url, settings.port, settings.trusted_proxies) == ("https://tool.example", 9000, 0)
    assert settings.host == "127.0.0.1"
    assert Settings.from_environment({**GOOD, "MENTORREADY_HOST": "::"}).host == "::"
    assert (settings.content_path / "catalog.yaml").is_file()


@pytest.mark.parametrize(
    "url", ["http://localhost:8080", "https://Tool.example", "http://[::1]:8080", "https://נסיון.example"]
)
def test_address_of_a_host_is_taken(url: str) -> None:
    assert Settings.from_environment({**GOOD, "MENTORREADY_BASE_URL": url}).base_url == url


@pytest.mark.parametrize("name", list(GOOD))
def test_what_has_no_default_must_be_set(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MENTORREADY_SECRET_KEY", "short"),
        ("MENTORREADY_BASE_URL", "tool.example"),
        ("MENTORREADY_BASE_URL", "ftp://tool.example"),
        ("MENTORREADY_BASE_URL", "https://tool.example/?x=1"),
        ("MENTORREADY_BASE_URL", "https://tool.example/?"),
        ("MENTORREADY_BASE_URL", "https://tool.example/mentors"),
        ("MENTORREADY_BASE_URL", "https://tool.example//"),
        ("MENTORREADY_BASE_URL", "https://user@tool.example"),
        ("MENTORREADY_BASE_URL", "https://tool.example:https"),
        ("MENTORREADY_BASE_URL", "https://tool.example\n"),
        ("MENTORREADY_BASE_URL", "https://"),
        ("MENTORREADY_PORT", "eighty"),
        ("MENTORREADY_TRUSTED_PROXIES", "-1"),
        ("MENTORREADY_SMTP_URL", "mail.example"),
        ("MENTORREADY_SMTP_URL", "http://mail.example"),
        ("MENTORREADY_SMTP_URL", "smtp://"),
        ("MENTORREADY_SMTP_URL", "smtp://mail.example:many"),
        ("MENTORREADY_SMTP_URL", "smtp://user:password@mail.example"),
        ("MENTORREADY_MAIL_FROM", "tool.example"),
        ("MENTORREADY_MAIL_FROM", "a@tool.example\nBcc: b@tool.example"),
        ("MENTORREADY_BOUNCE_ADDRESS", "bounces@"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({**GOOD, **MAIL, name: value})


def test_mail_needs_a_sender_and_has_ports_of_its_own() -> None:
    assert Settings.from_environment(GOOD).mail is None
    server = Settings.from_environment({**GOOD, **MAIL}).mail
    assert server is not None
    assert (server.host, server.port, server.user, server.password) == ("mail.example", 465, "tool", "pass/word")
    with pytest.raises(SettingsError, match="MAIL_FROM"):
        Settings.from_environment({**GOOD, "MENTORREADY_SMTP_URL": "smtp://localhost"})
