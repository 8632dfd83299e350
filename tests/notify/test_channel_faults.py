"""What can go wrong with any channel, and what each of them makes of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial

import httpx
import pytest

from allonova.adapters.notify import smtp_mail
from allonova.adapters.notify.brevo_mail import BrevoMail
from allonova.adapters.notify.brevo_sms import BrevoSms
from allonova.adapters.notify.fcm import FcmPush
from allonova.adapters.notify.google_tokens import made_up_account
from allonova.adapters.notify.orange_sms import OrangeSms
from allonova.adapters.notify.smtp_mail import SmtpMail, SmtpServer
from allonova.adapters.vendors.http import LONGEST_REST_S
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.application.notifications.ports import (
    BadAddress,
    DeadToken,
    Letter,
    PushTarget,
    TargetKind,
    Undeliverable,
)
from allonova.domain.kernel.errors import ProviderUnavailable
from tests.notify.mailbox import HOST, serving, silent
from tests.support.factories import SetClock

MAILBOX, PHONE, TOKEN = "awa.kone@example.test", "+2250700000001", "device-token-of-awa"
KEY, CLIENT_SECRET, CODE = "xkeysib-very-secret", "client-very-secret", "482915"
PRIVATE = (MAILBOX, "awa.kone", PHONE[1:], TOKEN, KEY, CLIENT_SECRET, CODE, "bearer-very-secret")
URL = "https://vendor.test/api"
LETTER = Letter(
    template="otp", language="fr", subject="Votre code", paragraphs=("Voici.",), code=CODE, data={"code": CODE}
)

type Send = Callable[[], Awaitable[None]]
type Answer = Callable[[httpx.Request], httpx.Response]


def brevo_mail(http: httpx.AsyncClient) -> Send:
    vendor = BrevoMail(http, base_url=URL, api_key=KEY, sender="no-reply@allocar.test", sender_name="AlloCar")
    return partial(vendor.send, to=MAILBOX, letter=LETTER)


def brevo_sms(http: httpx.AsyncClient) -> Send:
    vendor = BrevoSms(http, base_url=URL, api_key=KEY, sender="AlloCar")
    return partial(vendor.send, to=PHONE, text=f"code {CODE}", template="otp")


def orange_sms(http: httpx.AsyncClient) -> Send:
    vendor = OrangeSms(http, base_url=URL, client_id="client", client_secret=CLIENT_SECRET, sender="+2250000000000")
    return partial(vendor.send, to=PHONE, text=f"code {CODE}", template="otp")


def fcm(http: httpx.AsyncClient) -> Send:
    vendor = FcmPush(
        http, project_id="p", account=made_up_account, clock=SetClock(), base_url=URL, token_url=f"{URL}/token"
    )
    target = PushTarget(TargetKind.TOKEN, TOKEN)
    return partial(
        vendor.send, to=target, title="AlloCar", body=f"code {CODE}", data={}, key="k", lasts=timedelta(hours=1)
    )


BY_HTTP = {"brevo": brevo_mail, "brevo-sms": brevo_sms, "orange-sms": orange_sms, "fcm": fcm}
NAMES = {"brevo": "brevo", "brevo-sms": "brevo", "orange-sms": "orange-sms", "fcm": "fcm", "smtp": "smtp"}


def client(answer: Answer) -> httpx.AsyncClient:
    """A vendor whose token endpoint works, and who says this to everything else."""

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "bearer-very-secret", "expires_in": 3600})
        return answer(request)

    return httpx.AsyncClient(transport=httpx.MockTransport(respond))


def saying(channel: str, status: int, **more: object) -> Send:
    """A channel whose vendor answers this."""
    return BY_HTTP[channel](client(lambda _: httpx.Response(status, **more)))  # type: ignore[arg-type] # httpx's own


def failing(error: type[httpx.RequestError]) -> Answer:
    def respond(request: httpx.Request) -> httpx.Response:
        raise error(f"could not reach {request.url} with {request.headers}", request=request)

    return respond


@dataclass(frozen=True, slots=True)
class Kept:
    """A failure, and what the log says of it."""

    error: Exception
    log: str


async def failed(send: Send, kind: type[Exception], caplog: pytest.LogCaptureFixture) -> Kept:
    """The failure, which names nobody and no secret, nor does the log."""
    caplog.set_level(logging.DEBUG, logger="allonova")
    with pytest.raises(kind) as caught:
        await send()
    assert type(caught.value) is kind
    log = " ".join(repr(vars(record)) for record in caplog.records if record.name.startswith("allonova"))
    shown = f"{caught.value!r} {caught.value}"
    assert not [part for part in PRIVATE if part in log + shown]
    return Kept(caught.value, log)


async def unavailable(channel: str, send: Send, caplog: pytest.LogCaptureFixture) -> ProviderUnavailable:
    error = (await failed(send, ProviderUnavailable, caplog)).error
    assert isinstance(error, ProviderUnavailable)
    assert error.provider == NAMES[channel]
    return error


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.ConnectTimeout, httpx.ConnectError, httpx.ReadError])
@pytest.mark.parametrize("channel", BY_HTTP)
async def test_it_may_be_tried_again_when_nobody_answers(
    channel: str, error: type[httpx.RequestError], caplog: pytest.LogCaptureFixture
) -> None:
    found = await unavailable(channel, BY_HTTP[channel](client(failing(error))), caplog)
    assert found.retry_after_s is None


@pytest.mark.parametrize("status", [500, 502, 503, 301, 408])
@pytest.mark.parametrize("channel", BY_HTTP)
async def test_it_may_be_tried_again_when_the_vendor_is_broken(
    channel: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    await unavailable(channel, saying(channel, status, json={"message": f"{MAILBOX} {PHONE}"}), caplog)


@pytest.mark.parametrize("status", [200, 201, 400, 404, 502])
@pytest.mark.parametrize("channel", BY_HTTP)
async def test_it_may_be_tried_again_when_a_page_answers_instead(
    channel: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    page = f"<!doctype html><title>Bad gateway</title><p>{MAILBOX} {PHONE} {TOKEN}</p>"
    await unavailable(channel, saying(channel, status, html=page), caplog)


AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "17"}, 17),
        ({"Retry-After": format_datetime(AT + timedelta(seconds=90), usegmt=True), "Date": format_datetime(AT)}, 90),
        ({"Retry-After": format_datetime(AT - timedelta(seconds=90), usegmt=True), "Date": format_datetime(AT)}, 0),
        ({"Retry-After": "999999999999"}, LONGEST_REST_S),
    ],
)
@pytest.mark.parametrize("channel", BY_HTTP)
async def test_it_waits_as_long_as_the_vendor_asks(
    channel: str, headers: dict[str, str], wait_s: int, caplog: pytest.LogCaptureFixture
) -> None:
    found = await unavailable(channel, saying(channel, 429, json={}, headers=headers), caplog)
    expected = wait_s or {"fcm": 60, "orange-sms": 5}.get(channel, 0)
    assert (found.retry_after_s or 0) == expected


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}, {"Retry-After": "-1"}, {"Retry-After": ""}])
@pytest.mark.parametrize("channel", BY_HTTP)
async def test_it_waits_by_itself_when_the_vendor_does_not_say_how_long(
    channel: str, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    found = await unavailable(channel, saying(channel, 429, json={}, headers=headers), caplog)
    assert found.retry_after_s == {"fcm": 60, "orange-sms": 5}.get(channel)


@pytest.mark.parametrize("status", [401, 402, 403])
@pytest.mark.parametrize("channel", BY_HTTP)
async def test_it_may_be_tried_again_when_our_own_key_is_refused(
    channel: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"code": "unauthorized", "message": f"key {KEY} of {MAILBOX}", "error": {"code": status, "details": []}}
    await unavailable(channel, saying(channel, status, json=body), caplog)


REFUSALS = {
    "brevo": {"code": "invalid_parameter", "message": "email is not valid in to"},
    "brevo-sms": {"code": "invalid_parameter", "message": f"Invalid telephone number {PHONE}"},
    "orange-sms": {"requestError": {"serviceException": {"messageId": "SVC0004", "text": f"No: {PHONE}"}}},
}


@pytest.mark.parametrize("channel", REFUSALS)
async def test_address_is_forgotten_when_it_is_none(channel: str, caplog: pytest.LogCaptureFixture) -> None:
    await failed(saying(channel, 400, json=REFUSALS[channel]), BadAddress, caplog)


@pytest.mark.parametrize(("status", "code"), [(404, "UNREGISTERED"), (403, "SENDER_ID_MISMATCH")])
async def test_device_is_forgotten_when_its_token_is_dead(
    status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    detail = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}
    body = {"error": {"code": status, "message": f"{TOKEN} is gone", "details": [detail]}}
    await failed(saying("fcm", status, json=body), DeadToken, caplog)


@pytest.mark.parametrize("channel", BY_HTTP)
async def test_vendor_is_never_called_when_a_unit_is_open(channel: str) -> None:
    calls: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(201, json={})

    token = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError):
            await BY_HTTP[channel](client(respond))()
    finally:
        INSIDE_UNIT.reset(token)
    assert calls == []


def smtp(port: int) -> Send:
    vendor = SmtpMail(
        SmtpServer.at(f"smtp://{HOST}:{port}", requires_tls=False),
        sender="no-reply@allocar.test",
        sender_name="AlloCar",
        clock=SetClock(),
    )
    return partial(vendor.send, to=MAILBOX, letter=LETTER)


@asynccontextmanager
async def closed() -> AsyncIterator[int]:
    """A port at which nobody listens."""
    async with await asyncio.start_server(lambda _reader, writer: writer.close(), HOST, 0) as server:
        port: int = server.sockets[0].getsockname()[1]
    yield port


@asynccontextmanager
async def web_page() -> AsyncIterator[int]:
    """A web server where a mail server should be."""

    async def say(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html></html>\r\n")
        writer.close()

    async with await asyncio.start_server(say, HOST, 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("peer", [closed, silent, web_page])
async def test_mail_may_be_tried_again_when_no_mail_server_answers(
    peer: Callable[[], AbstractAsyncContextManager[int]],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp_mail, "STEP_S", 0.2)
    monkeypatch.setattr(smtp_mail, "TOTAL_S", 0.4)
    async with peer() as port:
        await unavailable("smtp", smtp(port), caplog)


@pytest.mark.parametrize(
    ("step", "answer", "kind"),
    [
        ("rcpt", f"550 5.1.1 {MAILBOX} unknown", BadAddress),
        ("rcpt", f"554 5.5.0 {MAILBOX} refused", Undeliverable),
        ("rcpt", f"450 4.2.1 {MAILBOX} too many messages", ProviderUnavailable),
        ("data", f"421 4.7.0 {MAILBOX} try later", ProviderUnavailable),
        ("data", "500 5.3.0 broken", ProviderUnavailable),
        ("data", "535 5.7.8 bad login", ProviderUnavailable),
    ],
)
async def test_mail_servers_number_decides_when_it_refuses(
    step: str, answer: str, kind: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as mailbox:
        mailbox.answers[step] = answer
        await failed(smtp(mailbox.port), kind, caplog)
