"""Opening payments at Wave, against the played provider."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from allonova.adapters.payments.wave import WavePayments
from allonova.adapters.payments.wave_api import refusal
from allonova.adapters.payments.wave_wire import with_payment_id
from allonova.adapters.vendors.http import Reply
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.application.money.ports import RedirectIntent, RefusedByProvider
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.money.payment import Payment
from tests.payments.harness import RETURN_URL, Wave, make_payment, wave_at
from tests.sandbox.harness import START, ServiceClock


@pytest.fixture
async def wave(tmp_path: Path) -> AsyncIterator[Wave]:
    async with wave_at(tmp_path / "state.sqlite3") as it:
        yield it


async def test_payment_opens_with_our_amount_and_reference(wave: Wave) -> None:
    payment = make_payment()
    opened = await wave.first(payment)
    (session,) = await wave.sessions(payment)
    back = f"https://app.allonova.test/back?lang=fr&payment_id={payment.id}#top"
    assert opened.provider_ref == session["id"]
    assert opened.intent == RedirectIntent(url=session["wave_launch_url"], expires_at=START + timedelta(minutes=30))
    assert (dict(opened.keys), opened.notif_token) == ({}, None)
    assert (session["amount"], session["currency"]) == ("5000", "XOF")
    assert (session["success_url"], session["error_url"]) == (back, back)


async def test_one_session_when_opened_again_after_a_crash(wave: Wave) -> None:
    payment = make_payment()
    first = await wave.first(payment)
    assert await wave.again(payment) == first
    assert len(await wave.sessions(payment)) == 1


async def test_paid_session_is_found_when_opened_again(wave: Wave) -> None:
    payment = make_payment()
    first = await wave.first(payment)
    await wave.played.press(first.provider_ref, "paid")
    assert await wave.again(payment) == first


async def test_paid_session_is_taken_when_an_older_one_is_open(wave: Wave) -> None:
    payment = make_payment()
    await wave.played.session(client_reference=str(payment.id))
    await wave.played.clock.advance(60)
    paid = (await wave.played.session(client_reference=str(payment.id)))["id"]
    await wave.played.press(paid, "paid")
    assert (await wave.again(payment)).provider_ref == paid


async def test_another_session_is_made_when_the_first_has_expired(wave: Wave) -> None:
    payment = make_payment()
    first = await wave.first(payment)
    await wave.played.clock.advance(1800)
    second = await wave.again(payment)
    assert second.provider_ref != first.provider_ref
    assert sorted(each["checkout_status"] for each in await wave.sessions(payment)) == ["expired", "open"]


async def test_session_is_found_when_creation_was_accepted_without_an_answer(wave: Wave) -> None:
    payment = make_payment()
    await wave.played.arm("accepted_then_timeout")
    opening = asyncio.create_task(wave.first(payment))
    await wave.played.time.forward(31)
    opened = await opening
    (session,) = await wave.sessions(payment)
    assert opened.provider_ref == session["id"]


@pytest.mark.parametrize("kind", ["error", "html"])
async def test_unavailable_and_nothing_made_when_provider_breaks(wave: Wave, kind: str) -> None:
    payment = make_payment()
    await wave.played.arm(kind)
    with pytest.raises(ProviderUnavailable) as caught:
        await wave.first(payment)
    assert caught.value.provider == "wave"
    assert await wave.sessions(payment) == []
    await wave.again(payment)
    assert len(await wave.sessions(payment)) == 1


async def test_unavailable_when_search_breaks_too(wave: Wave) -> None:
    await wave.played.arm("error", times=2)
    with pytest.raises(ProviderUnavailable):
        await wave.first(make_payment())


async def test_nothing_is_made_when_it_cannot_be_looked_for(wave: Wave) -> None:
    payment = make_payment()
    await wave.played.arm("html")
    with pytest.raises(ProviderUnavailable):
        await wave.again(payment)
    assert await wave.sessions(payment) == []


async def test_unavailable_and_logged_when_our_key_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with wave_at(tmp_path / "state.sqlite3", api_key="bad") as wave:
        with pytest.raises(ProviderUnavailable):
            await wave.first(make_payment())
    assert [record.levelname for record in caplog.records if "key" in record.message] == ["ERROR"] * 2


async def test_session_that_turns_up_late_is_taken_and_a_second_one_ended(wave: Wave) -> None:
    """The first creation gets through after it was looked for: its address was told to nobody."""
    payment = make_payment()
    late = (await wave.played.session(client_reference=str(payment.id)))["id"]
    await wave.played.clock.advance(60)
    told = (await wave.played.session(client_reference=str(payment.id)))["id"]
    assert (await wave.again(payment)).provider_ref == late
    payment.provider_ref = told
    assert (await wave.again(payment)).provider_ref == told
    await wave.gateway.end(payment)
    assert {each["checkout_status"] for each in await wave.sessions(payment)} == {"expired"}


@pytest.mark.parametrize("url", ["ftp://app.test/", "https://[::1", "https://a.test/\ud800"])
async def test_refused_when_return_url_is_not_one(wave: Wave, url: str) -> None:
    with pytest.raises(RefusedByProvider) as caught:
        await wave.first(make_payment(), return_url=url)
    assert caught.value.code == "request-validation-error"


async def test_nothing_is_called_inside_a_unit(wave: Wave) -> None:
    token = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError, match="wave inside a unit"):
            await wave.first(make_payment())
    finally:
        INSIDE_UNIT.reset(token)


def lying(payment: Payment, **changes: object) -> WavePayments:
    """A provider that answers creation with this session, and knows of none when asked."""
    session: dict[str, Any] = {
        "id": "cos-1",
        "amount": "5000",
        "currency": "XOF",
        "client_reference": str(payment.id),
        "checkout_status": "open",
        "when_created": "2026-03-01T08:00:00Z",
        "when_expires": "2026-03-01T08:30:00Z",
        "wave_launch_url": "https://pay.wave.com/c/cos-1",
    } | changes

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=session if request.method == "POST" else {"result": [session, None, 1]})

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return WavePayments(http, base_url="https://w.test", api_key="k", webhook_secret="s", clock=ServiceClock())


async def test_answer_is_accepted_when_it_is_ours() -> None:
    payment = make_payment()
    assert (
        await lying(payment).open(payment, return_url=RETURN_URL, phone=None, is_repeat=False)
    ).provider_ref == "cos-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "5001"},
        {"amount": "5000.00"},
        {"amount": None},
        {"currency": "EUR"},
        {"client_reference": None},
        {"client_reference": "somebody-else"},
        {"id": ""},
        {"id": 7},
        {"id": "c" * 256},
        {"id": "a\nb"},
        {"wave_launch_url": "javascript:alert(1)"},
        {"wave_launch_url": "https://[broken"},
        {"wave_launch_url": None},
        {"when_expires": "soon"},
        {"when_expires": "2026-03-01T08:30:00"},
        {"when_expires": 1},
        {"checkout_status": "expired"},
    ],
)
async def test_answer_is_not_accepted_when_it_is_not_ours(changes: dict[str, object]) -> None:
    payment = make_payment()
    with pytest.raises(ProviderUnavailable):
        await lying(payment, **changes).open(payment, return_url=RETURN_URL, phone=None, is_repeat=False)


@pytest.mark.parametrize("body", [[], {}, {"result": None}, {"result": {}}, None, "x"])
async def test_unavailable_when_search_answers_nonsense(body: object) -> None:
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body)))
    gateway = WavePayments(http, base_url="https://w.test", api_key="k", webhook_secret="s", clock=ServiceClock())
    with pytest.raises(ProviderUnavailable):
        await gateway.open(make_payment(), return_url=RETURN_URL, phone=None, is_repeat=True)


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"code": "a", "message": "b", "details": [{"loc": ["x"], "msg": "y"}]}, "a", "b"),
        ({"error": {"code": "a", "message": "b", "httpcode": 400}}, "a", "b"),
        ({"payout_error": {"error_code": "a", "error_message": "b"}}, "a", "b"),
        ({"error": "request-validation-error", "message": "b"}, "request-validation-error", "b"),
        ({"error_code": "a", "error_message": "b"}, "a", "b"),
        ({"code": "a", "message": 7}, "a", ""),
        ({"code": " a\n", "message": "b\x1b[0m"}, "a", "b [0m"),
    ],
)
def test_refusal_is_read_in_every_shape(body: dict[str, Any], code: str, message: str) -> None:
    refused = refusal(Reply(400, body))
    assert refused is not None
    assert (refused.code, refused.message) == (code, message)


@pytest.mark.parametrize(
    "body",
    [None, [], "x", {}, {"code": ""}, {"code": 7}, {"error": "x"}, {"error": {"code": None}}, {"error": "not-ours"}],
)
def test_no_refusal_when_words_are_not_waves(body: Any) -> None:
    assert refusal(Reply(400, body)) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.test", "https://a.test?payment_id={}"),
        ("https://a.test/x?", "https://a.test/x?payment_id={}"),
        ("https://a.test/x?a=1&b=%20", "https://a.test/x?a=1&b=%20&payment_id={}"),
        ("https://a.test/x?payment_id=old&a=1#f", "https://a.test/x?a=1&payment_id={}#f"),
        ("allonova://paid#f", "allonova://paid?payment_id={}#f"),
    ],
)
def test_payment_id_is_appended_properly(url: str, expected: str) -> None:
    payment = make_payment()
    assert with_payment_id(url, payment.id) == expected.format(payment.id)


def test_key_and_secret_are_required() -> None:
    for key, secret in (("", "s"), ("k", "")):
        with pytest.raises(ValueError, match="key"):
            WavePayments(
                httpx.AsyncClient(), base_url="https://w.test", api_key=key, webhook_secret=secret, clock=ServiceClock()
            )
