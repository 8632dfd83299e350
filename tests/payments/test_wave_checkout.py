"""Opening and refunding at Wave, against the played provider."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from allonova.adapters.payments.wave import WavePayments
from allonova.adapters.payments.wave_wire import refusal, with_payment_id
from allonova.adapters.vendors.http import Reply
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.application.money.ports import RefusedByProvider
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
    assert (opened.provider_ref, opened.url) == (session["id"], session["wave_launch_url"])
    assert opened.expires_at == START + timedelta(minutes=30)
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


async def test_refused_when_key_is_bad(tmp_path: Path) -> None:
    async with wave_at(tmp_path / "state.sqlite3", api_key="bad") as wave:
        with pytest.raises(RefusedByProvider) as caught:
            await wave.first(make_payment())
    assert caught.value.code == "no-matching-api-key"


@pytest.mark.parametrize("url", ["ftp://app.test/", "https://[::1", "https://a.test/\ud800"])
async def test_refused_when_return_url_is_not_one(wave: Wave, url: str) -> None:
    with pytest.raises(RefusedByProvider) as caught:
        await wave.first(make_payment(), return_url=url)
    assert caught.value.code == "request-validation-error"


async def test_refund_gives_back_once_when_asked_twice(wave: Wave) -> None:
    payment = make_payment()
    payment.provider_ref = (await wave.first(payment)).provider_ref
    await wave.played.press(payment.provider_ref, "paid")
    await wave.gateway.refund(payment)
    await wave.gateway.refund(payment)
    (refund,) = (await wave.played.data("ledger", provider="wave"))["refunds"]
    assert (refund["ref"], refund["amount"]) == (payment.provider_ref, 5000)


async def test_refund_is_refused_when_never_paid(wave: Wave) -> None:
    payment = make_payment()
    payment.provider_ref = (await wave.first(payment)).provider_ref
    with pytest.raises(RefusedByProvider) as caught:
        await wave.gateway.refund(payment)
    assert caught.value.code == "checkout-refund-failed"


@pytest.mark.parametrize("ref", [None, "cos-unknown", "../../payout"])
async def test_refund_is_refused_when_session_is_unknown(wave: Wave, ref: str | None) -> None:
    with pytest.raises((RefusedByProvider, ProviderUnavailable)):
        await wave.gateway.refund(make_payment(provider_ref=ref))


async def test_refund_is_unavailable_when_our_key_is_refused(tmp_path: Path) -> None:
    async with wave_at(tmp_path / "state.sqlite", api_key="bad") as wave:
        with pytest.raises(ProviderUnavailable):
            await wave.gateway.refund(make_payment(provider_ref="cos-1"))


async def test_refund_is_unavailable_when_our_balance_does_not_cover_it() -> None:
    def short(_: httpx.Request) -> httpx.Response:
        return httpx.Response(422, json={"code": "insufficient-funds", "message": "not enough"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(short)) as http:
        gateway = WavePayments(
            http, base_url="https://wave.test", api_key="k", webhook_secret="s", clock=ServiceClock()
        )
        with pytest.raises(ProviderUnavailable):
            await gateway.refund(make_payment(provider_ref="cos-1"))


async def test_refund_is_unavailable_when_provider_breaks(wave: Wave) -> None:
    await wave.played.arm("html")
    with pytest.raises(ProviderUnavailable):
        await wave.gateway.refund(make_payment(provider_ref="cos-1"))


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
    assert (await lying(payment).open(payment, return_url=RETURN_URL, is_repeat=False)).provider_ref == "cos-1"


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
        await lying(payment, **changes).open(payment, return_url=RETURN_URL, is_repeat=False)


@pytest.mark.parametrize("body", [[], {}, {"result": None}, {"result": {}}, None, "x"])
async def test_unavailable_when_search_answers_nonsense(body: object) -> None:
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body)))
    gateway = WavePayments(http, base_url="https://w.test", api_key="k", webhook_secret="s", clock=ServiceClock())
    with pytest.raises(ProviderUnavailable):
        await gateway.open(make_payment(), return_url=RETURN_URL, is_repeat=True)


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"code": "a", "message": "b", "details": [{"loc": ["x"], "msg": "y"}]}, "a", "b"),
        ({"error": {"code": "a", "message": "b", "httpcode": 400}}, "a", "b"),
        ({"payout_error": {"error_code": "a", "error_message": "b"}}, "a", "b"),
        ({"code": "a", "message": 7}, "a", ""),
        ({"code": " a\n", "message": "b\x1b[0m"}, "a", "b [0m"),
    ],
)
def test_refusal_is_read_in_every_shape(body: dict[str, Any], code: str, message: str) -> None:
    refused = refusal(Reply(400, body))
    assert refused is not None
    assert (refused.code, refused.message) == (code, message)


@pytest.mark.parametrize(
    "body", [None, [], "x", {}, {"code": ""}, {"code": 7}, {"error": "x"}, {"error": {"code": None}}]
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
