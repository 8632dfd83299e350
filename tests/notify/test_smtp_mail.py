"""Mails by SMTP, against a real server."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path
from urllib.parse import quote

import pytest

from allonova.adapters.notify import smtp_mail
from allonova.adapters.notify.smtp_mail import SmtpMail, SmtpServer
from allonova.adapters.vendors.breaker import FAILURES, Breaker
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.application.kernel.relay import HANDLER_LIMIT_S
from allonova.application.notifications.ports import BadAddress, Letter, Undeliverable
from allonova.domain.kernel.errors import ProviderUnavailable
from tests.notify.mailbox import HOST, PASSWORD, USER, Certificate, Mailbox, a_certificate, serving, silent
from tests.support.factories import SetClock

TO = "awa@example.test"
LOGIN = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@"
LETTER = Letter(
    template="booking_accepted",
    language="fr",
    subject="Réservation acceptée : Abidjan → Bouaké",
    paragraphs=("Le conducteur accepte <b>votre</b> réservation.", "À bientôt."),
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return a_certificate(Path(tmp_path_factory.mktemp("tls")))


def mail(
    port: int,
    *,
    scheme: str = "smtp",
    login: str = "",
    requires_tls: bool = False,
    trusted: ssl.SSLContext | None = None,
    sender_name: str = "AlloCar",
    breaker: Breaker | None = None,
) -> SmtpMail:
    server = SmtpServer.at(f"{scheme}://{login}{HOST}:{port}", requires_tls=requires_tls)
    return SmtpMail(
        server,
        sender="no-reply@allocar.test",
        sender_name=sender_name,
        clock=SetClock(),
        tls=trusted or ssl.create_default_context(),
        breaker=breaker,
    )


def only(mailbox: Mailbox) -> None:
    assert len(mailbox.arrived) == 1


async def test_both_forms_arrive_when_sent() -> None:
    async with serving() as mailbox:
        await mail(mailbox.port).send(to=TO, letter=LETTER)
    [envelope], [message] = mailbox.arrived, mailbox.messages
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@allocar.test", [TO])
    assert (message["From"], message["To"]) == ("AlloCar <no-reply@allocar.test>", TO)
    assert message["Subject"] == LETTER.subject
    assert message["Message-ID"].endswith("@allocar.test>")
    assert message["Date"].datetime == SetClock().now()
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert "accepte <b>votre</b> réservation" in text.get_content()
    assert "accepte &lt;b&gt;votre&lt;/b&gt; réservation" in html.get_content()


async def test_every_mail_has_an_id_of_its_own_when_sent_twice() -> None:
    async with serving() as mailbox:
        for _ in range(2):
            await mail(mailbox.port).send(to=TO, letter=LETTER)
    assert len({message["Message-ID"] for message in mailbox.messages}) == 2


async def test_login_goes_over_tls_when_the_server_turns_to_it(certificate: Certificate) -> None:
    async with serving(starttls=certificate.server, with_login=True) as mailbox:
        await mail(mailbox.port, login=LOGIN, trusted=certificate.client).send(to=TO, letter=LETTER)
    [session] = mailbox.sessions
    assert session.ssl is not None
    assert session.authenticated


async def test_arrives_when_the_server_is_tls_from_the_start(certificate: Certificate) -> None:
    async with serving(tls=certificate.server, with_login=True) as mailbox:
        await mail(mailbox.port, scheme="smtps", login=LOGIN, trusted=certificate.client).send(to=TO, letter=LETTER)
    [session] = mailbox.sessions
    assert session.authenticated


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_unavailable_when_the_certificate_is_not_trusted(certificate: Certificate, scheme: str) -> None:
    contexts = {"starttls": certificate.server} if scheme == "smtp" else {"tls": certificate.server}
    async with serving(**contexts) as mailbox:  # type: ignore[arg-type] # either context
        with pytest.raises(ProviderUnavailable):
            await mail(mailbox.port, scheme=scheme).send(to=TO, letter=LETTER)
    assert mailbox.arrived == []


@pytest.mark.parametrize("how", [{"login": LOGIN}, {"requires_tls": True}])
async def test_unavailable_when_tls_must_be_and_the_server_has_none(how: dict[str, str]) -> None:
    async with serving(with_login=True) as mailbox:
        with pytest.raises(ProviderUnavailable):
            await mail(mailbox.port, **how).send(to=TO, letter=LETTER)  # type: ignore[arg-type] # either argument
    assert mailbox.arrived == []


async def test_unavailable_and_an_error_in_the_log_when_the_login_is_refused(
    certificate: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(starttls=certificate.server, with_login=True) as mailbox:
        sender = mail(mailbox.port, login="someone:wrong-secret@", trusted=certificate.client)
        with pytest.raises(ProviderUnavailable) as caught:
            await sender.send(to=TO, letter=LETTER)
    assert caught.value.provider == "smtp"
    [line] = [record for record in caplog.records if record.levelno == logging.ERROR and record.name.startswith("allo")]
    assert (line.getMessage(), vars(line)["status"]) == ("smtp server refused our login", 535)
    assert "wrong-secret" not in repr(vars(line))


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user awa", "553 5.1.3 bad address", "551 not here"])
async def test_undeliverable_when_the_address_is_refused_for_good(
    answer: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as mailbox:
        mailbox.answers["rcpt"] = answer
        with pytest.raises(BadAddress) as caught:
            await mail(mailbox.port).send(to=TO, letter=LETTER)
    assert caught.value.code == f"smtp_{answer[:3]}"
    assert not any("awa" in repr(vars(record)) for record in caplog.records if record.name.startswith("allonova"))


@pytest.mark.parametrize(
    "answer",
    ["550 5.7.1 rejected by policy", "550 5.7.26 not authenticated", "552 5.2.2 full", "554 no", "553 5.4.6 loop"],
)
async def test_address_is_not_blamed_when_policy_or_a_full_mailbox_refuses(answer: str) -> None:
    async with serving() as mailbox:
        mailbox.answers["rcpt"] = answer
        with pytest.raises(Undeliverable) as caught:
            await mail(mailbox.port).send(to=TO, letter=LETTER)
    assert (type(caught.value), caught.value.code) == (Undeliverable, f"smtp_{answer[:3]}")


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("rcpt", "451 4.7.1 greylisted, try again later"),
        ("rcpt", "450 mailbox busy"),
        ("rcpt", "530 5.7.0 authentication required"),
        ("data", "451 4.3.0 try again later"),
        ("data", "554 5.7.1 sender is not verified"),
        ("data", "421 closing"),
    ],
)
async def test_unavailable_when_it_may_pass(step: str, answer: str) -> None:
    async with serving() as mailbox:
        mailbox.answers[step] = answer
        with pytest.raises(ProviderUnavailable):
            await mail(mailbox.port).send(to=TO, letter=LETTER)


async def test_unavailable_when_nobody_listens() -> None:
    async with serving() as mailbox:
        pass
    with pytest.raises(ProviderUnavailable):
        await mail(mailbox.port).send(to=TO, letter=LETTER)


async def test_unavailable_in_time_when_the_server_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_mail, "TOTAL_S", 0.05)
    async with silent() as port:
        with pytest.raises(ProviderUnavailable):
            await mail(port).send(to=TO, letter=LETTER)


def test_patience_ends_before_the_relays() -> None:
    assert smtp_mail.STEP_S < smtp_mail.TOTAL_S
    assert smtp_mail.TOTAL_S + smtp_mail.FAREWELL_S < HANDLER_LIMIT_S


async def test_server_is_left_in_peace_when_it_failed_too_often() -> None:
    async with serving() as mailbox:
        pass
    breaker = Breaker()
    for _ in range(FAILURES):
        with pytest.raises(ProviderUnavailable):
            await mail(mailbox.port, breaker=breaker).send(to=TO, letter=LETTER)
    async with serving() as back:
        with pytest.raises(ProviderUnavailable):
            await mail(back.port, breaker=breaker).send(to=TO, letter=LETTER)
    assert back.sessions == []


async def test_refusals_leave_the_breaker_closed() -> None:
    breaker = Breaker()
    async with serving() as mailbox:
        mailbox.answers["rcpt"] = "550 no such user"
        for _ in range(FAILURES + 1):
            with pytest.raises(Undeliverable):
                await mail(mailbox.port, breaker=breaker).send(to=TO, letter=LETTER)
        mailbox.answers.clear()
        await mail(mailbox.port, breaker=breaker).send(to=TO, letter=LETTER)
    only(mailbox)


@pytest.mark.parametrize(
    "to",
    [
        "awa@example.test\r\nBcc: all@example.test",
        "awa@example.test\nRCPT TO:<all@example.test>",
        "awa@example.test, all@example.test",
        "<awa@example.test>",
        "Awa <awa@example.test>",
        "awa@example.test> SIZE=1",
        "awa\x00@example.test",
        "awa\t@example.test",
        '"a\twa"@example.test',
        "awa",
        "@example.test",
        "awa@",
        "awa@" + 70 * "x" + ".test",
        "awé@example.test",
        "",
    ],
)
async def test_undeliverable_without_a_connection_when_the_address_is_none(to: str) -> None:
    with pytest.raises(Undeliverable) as caught:
        await mail(1).send(to=to, letter=LETTER)
    assert caught.value.code == "invalid_address"


async def test_domain_is_in_the_letters_of_the_dns_when_it_is_not() -> None:
    async with serving() as mailbox:
        await mail(mailbox.port).send(to="awa@hôtel.test", letter=LETTER)
    assert mailbox.arrived[0].rcpt_tos == ["awa@xn--htel-vqa.test"]


async def test_headers_are_ours_alone_when_words_hold_line_breaks() -> None:
    letter = Letter(
        template="otp",
        language="fr",
        subject="Trajet\r\nBcc: all@example.test\r\n\r\n<html>",
        paragraphs=("Bonjour\r\n.\r\nMAIL FROM:<x@example.test>",),
    )
    async with serving() as mailbox:
        await mail(mailbox.port, sender_name="Allo\r\nBcc: all@example.test").send(to=TO, letter=letter)
    only(mailbox)
    [message] = mailbox.messages
    assert message["Bcc"] is None
    assert message["Subject"] == "Trajet Bcc: all@example.test <html>"
    assert message["From"].addresses[0].display_name == "Allo Bcc: all@example.test"
    assert mailbox.arrived[0].rcpt_tos == [TO]


async def test_refused_when_a_unit_is_open() -> None:
    token = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError):
            await mail(1).send(to=TO, letter=LETTER)
    finally:
        INSIDE_UNIT.reset(token)


@pytest.mark.parametrize(
    ("url", "port", "is_tls"),
    [("smtp://mail.test", 587, False), ("smtps://mail.test", 465, True), ("smtp://mail.test:25/", 25, False)],
)
def test_port_follows_the_scheme_when_none_is_given(url: str, port: int, is_tls: bool) -> None:
    server = SmtpServer.at(url, requires_tls=False)
    assert (server.host, server.port, server.is_tls_from_start, server.username) == ("mail.test", port, is_tls, None)


def test_login_is_decoded_and_hidden_when_a_server_is_shown() -> None:
    server = SmtpServer.at(f"smtp://{LOGIN}mail.test", requires_tls=True)
    assert (server.username, server.password) == (USER, PASSWORD)
    assert PASSWORD not in repr(server)


@pytest.mark.parametrize(
    "url", ["http://mail.test", "smtp://", "mail.test:25", "smtp://u:sec/ret@mail.test", "smtp://mail.test:99999"]
)
def test_refused_without_a_quote_when_the_url_is_none(url: str) -> None:
    with pytest.raises(ValueError, match="neither smtp://") as caught:
        SmtpServer.at(url, requires_tls=False)
    assert "sec" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
