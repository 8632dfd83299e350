"""Mails by any SMTP server (RFC 5321, RFC 6409), encrypted and logged in."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime, make_msgid
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from allonova.adapters.notify.form import form, one_line
from allonova.adapters.telemetry.work import PROVIDER, REFUSED, watched
from allonova.adapters.vendors.breaker import Breaker
from allonova.application.kernel.inside import require_outside_unit
from allonova.application.kernel.ports import Clock
from allonova.application.notifications.ports import BadAddress, Letter, MailSender, Undeliverable
from allonova.domain.kernel.errors import ProviderUnavailable

log = logging.getLogger(__name__)

NAME: Final = "smtp"
REFUSALS = (SMTPResponseException, SMTPRecipientsRefused)
STEP_S: Final = 8.0
TOTAL_S: Final = 14.0  # with the farewell still within the relay's HANDLER_LIMIT_S
FAREWELL_S: Final = 2.0
PORTS: Final = {"smtp": 587, "smtps": 465}  # RFC 6409, RFC 8314
NO_SERVER: Final = "neither smtp://user:password@host:port nor smtps://"
LOGIN_FIRST: Final = 530  # RFC 4954 §6: said of a recipient, it means us
NO_SUCH_MAILBOX: Final = frozenset({550, 551, 553})
# RFC 3463: 5.1 is the address, 5.2 the mailbox. A 550 that speaks of policy (5.7) or of the network means us.
ENHANCED: Final = re.compile(r"^5\.(\d{1,3})\.\d{1,3}\b", re.ASCII)
OF_THE_ADDRESS: Final = frozenset({"1", "2"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mails go out. A password never travels without TLS; `requires_tls` asks for it anyway."""

    host: str
    port: int
    is_tls_from_start: bool = False
    requires_tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def at(cls, url: str, *, requires_tls: bool) -> Self:
        """`smtp://user:password@host:port` begins in the clear and turns to TLS (STARTTLS); `smtps://` is TLS at once.

        Raises:
            ValueError: anything else; it does not quote the URL, which holds a password.
        """
        try:
            parts, port = urlsplit(url), urlsplit(url).port
        except ValueError:
            raise ValueError(NO_SERVER) from None
        if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError(NO_SERVER)
        return cls(
            host=parts.hostname,
            port=port or PORTS[parts.scheme],
            is_tls_from_start=parts.scheme == "smtps",
            requires_tls=requires_tls,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


class SmtpMail:
    """One connection a mail. A call that timed out after the last dot may arrive twice."""

    def __init__(
        self,
        server: SmtpServer,
        *,
        sender: str,
        sender_name: str,
        clock: Clock,
        tls: ssl.SSLContext | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self._server = server
        self._sender = Address(one_line(sender_name), addr_spec=sender)
        self._clock = clock
        self._tls = tls or ssl.create_default_context()
        self._breaker = breaker or Breaker()
        self._breaker.guard(NAME)

    async def send(self, *, to: str, letter: Letter) -> None:
        """See MailSender."""
        require_outside_unit(NAME)
        message = self._message(_recipient(to), letter)
        if not self._breaker.admit():
            raise ProviderUnavailable(NAME)
        client = self._client()
        try:
            with watched(PROVIDER, NAME) as work:
                async with asyncio.timeout(TOTAL_S):
                    await client.connect()
                    try:
                        await client.send_message(message)
                    except REFUSALS:
                        work.outcome = REFUSED
                        raise
        except (SMTPException, OSError) as error:
            self._remember(error)
            raise _failure(error, letter.template) from error
        finally:
            await _leave(client)
        self._breaker.answered()

    def _client(self) -> SMTP:
        server = self._server
        must = server.requires_tls or server.username is not None
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.is_tls_from_start,
            start_tls=None if server.is_tls_from_start or not must else True,
            tls_context=self._tls,
            local_hostname=self._sender.domain,
            timeout=STEP_S,
        )

    def _message(self, to: Address, letter: Letter) -> EmailMessage:
        mail = form(letter)
        message = EmailMessage(WIRE)
        message["From"] = self._sender
        message["To"] = to
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = make_msgid(domain=self._sender.domain)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
        message.set_content(mail.text, cte="quoted-printable")
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
        return message

    def _remember(self, error: SMTPException | OSError) -> None:
        if isinstance(error, REFUSALS):
            self._breaker.answered()
        else:
            self._breaker.failed()


def _recipient(to: str) -> Address:
    """An address whose domain is in the letters of the DNS; before the @ few servers take more than ASCII."""
    if not to.isprintable():
        raise BadAddress("invalid_address")
    try:
        local, _, domain = to.rpartition("@")
        return Address(addr_spec=f"{local}@{domain.encode('idna').decode('ascii')}")
    except (ValueError, IndexError, MessageError) as error:
        raise BadAddress("invalid_address") from error


def _failure(error: SMTPException | OSError, template: str) -> ProviderUnavailable | Undeliverable:
    """What is wrong with the address is final; what is wrong with our login, our sender or the server passes.

    The log has the server's number, never its words, which quote addresses.
    """
    status = error.recipients[0].code if isinstance(error, SMTPRecipientsRefused) else getattr(error, "code", None)
    extra = {"status": status, "reason": type(error).__name__, "template": template}
    if isinstance(error, SMTPAuthenticationError):
        log.error("smtp server refused our login", extra=extra)
    elif isinstance(error, SMTPRecipientsRefused | SMTPResponseException):
        log.error("smtp server refused a mail", extra=extra)
    else:
        log.warning("smtp server did not answer", extra=extra)
    if isinstance(error, SMTPRecipientsRefused) and status is not None and status >= 500 and status != LOGIN_FIRST:
        kind = BadAddress if _is_no_mailbox(status, error.recipients[0].message) else Undeliverable
        return kind(f"smtp_{status}")
    return ProviderUnavailable(NAME)


def _is_no_mailbox(status: int, words: str) -> bool:
    enhanced = ENHANCED.match(words.strip())
    return status in NO_SUCH_MAILBOX and (enhanced is None or enhanced[1] in OF_THE_ADDRESS)


async def _leave(client: SMTP) -> None:
    """Whatever happens now, the mail is where it is."""
    try:
        if client.is_connected:
            with suppress(SMTPException, OSError):
                async with asyncio.timeout(FAREWELL_S):
                    await client.quit()
    finally:
        client.close()


def _conforms(sender: SmtpMail) -> MailSender:
    return sender
