"""A real SMTP server in this event loop: TLS with a certificate of the moment, logins, and refusals as a test wants."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
USER, PASSWORD = "allonova@mail.test", "p@ss/wörd"


@dataclass
class Mailbox:
    """What arrived, and what to say instead: `answers` by the step, "rcpt" or "data"."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    arrived: list[Envelope] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """See aiosmtpd."""
        if "rcpt" in self.answers:
            return self.answers["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """See aiosmtpd."""
        if "data" in self.answers:
            return self.answers["data"]
        self.sessions.append(session)
        self.arrived.append(envelope)
        return "250 OK"

    @property
    def messages(self) -> list[EmailMessage]:
        """What arrived, read."""
        return [message_from_bytes(each.original_content or b"", policy=policy.default) for each in self.arrived]


def _authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object) -> AuthResult:
    given = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=given, handled=False)


@dataclass(frozen=True)
class Certificate:
    """A throw-away one for 127.0.0.1: `server` serves with it, `client` trusts it and no other."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def a_certificate(folder: Path) -> Certificate:
    """Made now, worth an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(HOST))]), critical=False)
        .sign(key, SHA256())
    )
    pem, key_pem = folder / "mail.pem", folder / "mail.key"
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    key_pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem, key_pem)
    return Certificate(server, ssl.create_default_context(cafile=pem))


@asynccontextmanager
async def serving(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, with_login: bool = False
) -> AsyncIterator[Mailbox]:
    """Listens on a free port; `starttls` turns connections to TLS, with `tls` they are from the start."""
    mailbox, loop = Mailbox(), asyncio.get_running_loop()

    def protocol() -> SMTP:
        return SMTP(
            mailbox,
            loop=loop,
            hostname="mail.test",
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=with_login and starttls is not None,  # of TLS from the start it knows nothing
            auth_require_tls=starttls is not None,
            authenticator=_authenticate if with_login else None,
        )

    server = await loop.create_server(protocol, HOST, 0, ssl=tls)
    async with server:
        mailbox.port = server.sockets[0].getsockname()[1]
        yield mailbox


@asynccontextmanager
async def silent() -> AsyncIterator[int]:
    """A port that takes connections and never says a word."""
    closing = asyncio.Event()

    async def never(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await closing.wait()
        writer.close()

    async with await asyncio.start_server(never, HOST, 0) as server:
        yield server.sockets[0].getsockname()[1]
        closing.set()
