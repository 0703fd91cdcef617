"""A real mail server on this machine, which answers as a test wants."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.demo.ports import free_port


@dataclass
class Mailbox:
    """What arrived, and how the server answers: by the first letter of an address, or else with 250."""

    port: int
    received: list[tuple[str, EmailMessage]] = field(default_factory=list)
    """Envelope sender, and the mail."""
    to_recipient: dict[str, str] = field(default_factory=dict)
    to_data: dict[str, str] = field(default_factory=dict)
    """Answers by recipient; "drop" closes the connection, "lose" does so after the mail was taken."""

    @property
    def addresses(self) -> list[str]:
        return [str(message["To"]) for _, message in self.received]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        answer = self.to_recipient.get(address, "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.to_data.get(envelope.rcpt_tos[0], "250 OK")
        if answer in {"250 OK", "lose"}:
            message = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.received.append((envelope.mail_from, message))
        if answer in {"drop", "lose"}:
            server.transport.abort()
            return "421 gone"
        return answer


@contextmanager
def mail_server(
    port: int | None = None, *, certificate: ssl.SSLContext | None = None, passwords: list[bytes] | None = None
) -> Iterator[Mailbox]:
    """Run a server until the block ends; with a certificate only over TLS and for who signs in."""

    def sign_in(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword) -> AuthResult:
        assert passwords is not None
        passwords.append(given.password)
        return AuthResult(success=True)

    secure = {"tls_context": certificate, "require_starttls": True, "authenticator": sign_in, "auth_required": True}
    mailbox = Mailbox(port or free_port())
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=mailbox.port,
        server_hostname="localhost",
        **secure if certificate else {},
    )
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


def certificate(folder: Path) -> ssl.SSLContext:
    """Return a certificate for localhost that nobody else has signed, `cert.pem` in this folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    kinds = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(*kinds))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
