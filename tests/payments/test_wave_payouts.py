"""Paying out to Wave accounts, against the played provider and against one that lies."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allonova.adapters.payments.wave_payouts import REASON, STATES, WavePayouts
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.application.money.ports import PayoutOrder, Transfer, TransferState
from allonova.domain.kernel.errors import ProviderUnavailable
from tests.payments.harness import Wave, make_order, wave_at
from tests.sandbox.harness import KEY

PAYOUTS = "/sandbox/wave/v1/payout"
ODD = st.dictionaries(
    st.sampled_from(
        ["id", "currency", "receive_amount", "fee", "mobile", "status", "client_reference", "payout_error"]
    ),
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.lists(st.none(), max_size=1)
    | st.dictionaries(st.sampled_from(["error_code", "code"]), st.none() | st.text(max_size=5) | st.integers()),
    max_size=3,
)


@pytest.fixture
async def wave(tmp_path: Path) -> AsyncIterator[Wave]:
    async with wave_at(tmp_path / "state.sqlite3") as it:
        yield it


async def ledger(wave: Wave) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await wave.played.data("ledger", provider="wave"))["payouts"]
    return found


def payout(order: PayoutOrder, **changes: object) -> dict[str, object]:
    return {
        "id": "pt-1",
        "currency": "XOF",
        "receive_amount": str(order.amount),
        "fee": "70",
        "mobile": order.phone,
        "status": "succeeded",
        "client_reference": str(order.id),
    } | changes


def answering(*answers: tuple[int, object], seen: list[httpx.Request] | None = None) -> WavePayouts:
    """A provider that answers so, one after the other, the last one for ever."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        status, body = left.pop(0) if len(left) > 1 else left[0]
        return httpx.Response(status, json=body) if body is not None else httpx.Response(status)

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return WavePayouts(http, base_url="https://w.test", api_key="k")


async def test_recipient_gets_the_whole_amount_and_the_fee_is_ours(wave: Wave) -> None:
    order = make_order()
    sent = await wave.payouts.send(order)
    assert (sent.state, sent.amount, sent.fees) == (TransferState.DONE, 7000, 70)
    (line,) = await ledger(wave)
    del line["at"]
    assert line == {"ref": str(order.id), "amount": 7000, "status": "succeeded", "phone": order.phone}
    named = dataclasses.replace(order, provider_ref=sent.provider_ref)
    assert await wave.payouts.read(named) == await wave.payouts.read(order) == sent


async def test_request_is_as_wave_wants_it() -> None:
    seen: list[httpx.Request] = []
    order = make_order(provider_url="https://old.test")
    await answering((200, payout(order)), seen=seen).send(order)
    (request,) = seen
    assert (request.method, str(request.url)) == ("POST", "https://old.test/v1/payout")
    assert request.headers["Idempotency-Key"] == str(order.id)
    assert request.headers["Authorization"] == "Bearer k"
    assert json.loads(request.content) == {
        "currency": "XOF",
        "receive_amount": "7000",
        "mobile": "+2250700000001",
        "client_reference": str(order.id),
        "payment_reason": REASON,
    }
    assert len(REASON) <= 40


async def test_one_payout_when_sent_again(wave: Wave) -> None:
    order = make_order()
    first = await wave.payouts.send(order)
    assert await wave.payouts.send(order) == first
    assert len(await ledger(wave)) == 1


async def test_one_payout_when_it_was_accepted_without_an_answer(wave: Wave) -> None:
    order = make_order()
    await wave.played.arm("accepted_then_timeout")
    sending = asyncio.create_task(wave.payouts.send(order))
    await wave.played.time.forward(31)
    with pytest.raises(ProviderUnavailable):
        await sending
    assert (await wave.payouts.read(order)).state is TransferState.DONE
    assert (await wave.payouts.send(order)).state is TransferState.DONE
    assert len(await ledger(wave)) == 1


@pytest.mark.parametrize("kind", ["error", "html"])
async def test_unavailable_and_nothing_paid_when_provider_breaks(wave: Wave, kind: str) -> None:
    order = make_order()
    await wave.played.arm(kind)
    with pytest.raises(ProviderUnavailable):
        await wave.payouts.send(order)
    await wave.played.arm(kind)
    with pytest.raises(ProviderUnavailable):
        await wave.payouts.read(order)
    assert await ledger(wave) == []


async def test_not_found_when_wave_has_none(wave: Wave) -> None:
    assert await wave.payouts.read(make_order()) == Transfer(state=TransferState.NOT_FOUND)
    assert await wave.payouts.read(make_order(provider_ref="pt-0")) == Transfer(state=TransferState.NOT_FOUND)


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("+2250700009901", "recipient-account-blocked"),
        ("+2250700009902", "recipient-account-inactive"),
        ("+2250700009903", "recipient-limit-exceeded"),
        ("+2250700009904", "recipient-minor"),
        ("+33612345678", "country-mismatch"),
    ],
)
async def test_failed_for_good_when_the_recipient_is_refused(wave: Wave, phone: str, code: str) -> None:
    failed = await wave.payouts.send(make_order(phone=phone))
    assert (failed.state, failed.failure_code, failed.provider_ref) == (TransferState.FAILED, code, "")
    assert failed.failure_message
    assert await ledger(wave) == []


@pytest.mark.parametrize(
    ("phone", "state", "code", "fees"),
    [
        ("+2250700009905", TransferState.DONE, "", 70),
        ("+2250700009906", TransferState.FAILED, "recipient-limit-exceeded", 0),
    ],
)
async def test_pending_until_wave_is_through(
    wave: Wave, phone: str, state: TransferState, code: str, fees: int
) -> None:
    order = make_order(phone=phone)
    sent = await wave.payouts.send(order)
    assert (sent.state, sent.fees, bool(sent.provider_ref)) == (TransferState.PENDING, 0, True)
    await wave.played.clock.advance(599)
    assert (await wave.payouts.read(order)).state is TransferState.PENDING
    await wave.played.clock.advance(1)
    told = await wave.payouts.read(order)
    assert (told.state, told.failure_code, told.fees) == (state, code, fees)


async def test_failed_when_wave_took_it_back(wave: Wave) -> None:
    order = make_order()
    sent = await wave.payouts.send(order)
    await wave.played.http.post(f"{PAYOUTS}/{sent.provider_ref}/reverse", headers=KEY)
    told = await wave.payouts.read(order)
    assert (told.state, told.failure_code, told.fees) == (TransferState.FAILED, "reversed", 0)


async def test_unavailable_and_logged_when_our_wallet_is_empty(wave: Wave, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ProviderUnavailable):
        await wave.payouts.send(make_order(amount=1_000_000_000))
    assert [record.levelname for record in caplog.records][-1] == "ERROR"
    assert await ledger(wave) == []


async def test_unavailable_and_never_a_second_payout_when_the_key_was_used_for_another(
    wave: Wave, caplog: pytest.LogCaptureFixture
) -> None:
    order = make_order()
    await wave.payouts.send(order)
    with pytest.raises(ProviderUnavailable):
        await wave.payouts.send(dataclasses.replace(order, amount=7001))
    assert caplog.records[-1].levelname == "ERROR"
    assert [line["amount"] for line in await ledger(wave)] == [7000]


async def test_unavailable_when_our_key_is_refused(tmp_path: Path) -> None:
    async with wave_at(tmp_path / "state.sqlite3", api_key="bad") as wave:
        for call in (wave.payouts.send, wave.payouts.read):
            with pytest.raises(ProviderUnavailable):
                await call(make_order())


@pytest.mark.parametrize(
    "body",
    [
        {"code": "recipient-account-blocked", "message": "no"},
        {"error": {"code": "recipient-account-blocked", "message": "no", "httpcode": 422}},
        {"payout_error": {"error_code": "recipient-account-blocked", "error_message": "no"}},
        {"error_code": "recipient-account-blocked", "error_message": "no"},
        {"error": "recipient-account-blocked", "message": "no"},
    ],
)
async def test_failed_in_every_shape_of_a_refusal(body: object) -> None:
    failed = await answering((422, body), (200, {"result": []})).send(make_order())
    assert (failed.state, failed.failure_code, failed.failure_message) == (
        TransferState.FAILED,
        "recipient-account-blocked",
        "no",
    )


async def test_payout_that_stands_counts_for_more_than_a_refusal() -> None:
    """The first try got through, unheard; the second is refused for whatever reason."""
    order = make_order()
    refusal = (422, {"code": "recipient-limit-exceeded", "message": ""})
    sent = await answering(refusal, (200, {"result": [payout(order)]})).send(order)
    assert (sent.state, sent.provider_ref) == (TransferState.DONE, "pt-1")
    with pytest.raises(ProviderUnavailable):
        await answering(refusal, (500, None)).send(order)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, None),
        (200, []),
        (200, {"id": "pt-1", "status": "succeeded"}),
        (200, {"id": "pt-1", "status": "failed", "client_reference": "somebody-else"}),
        (400, None),
        (404, {"detail": "no such path"}),
        (404, {"error": {"code": "not_found"}}),
        (408, {"code": "timeout", "message": ""}),
        (409, {"code": "anything-else", "message": ""}),
        (422, ["recipient-minor"]),
        (429, {"code": "too-many-requests", "message": ""}),
        (500, {"code": "internal-server-error", "message": ""}),
        (302, None),
    ],
)
async def test_nothing_is_concluded_from_an_answer_that_is_none(status: int, body: object) -> None:
    with pytest.raises(ProviderUnavailable):
        await answering((status, body)).send(make_order())
    for ref in (None, "pt-1"):
        with pytest.raises(ProviderUnavailable):
            await answering((status, body)).read(make_order(provider_ref=ref))


@pytest.mark.parametrize(
    ("changes", "state", "code"),
    [
        ({"status": "processing"}, TransferState.PENDING, ""),
        ({"status": "failed", "payout_error": {"error_code": "a", "error_message": "b"}}, TransferState.FAILED, "a"),
        ({"status": "failed", "payout_error": {"code": "a", "message": "b"}}, TransferState.FAILED, "a"),
        ({"status": "failed", "payout_error": None}, TransferState.FAILED, "payout-failed"),
        ({"status": "failed"}, TransferState.FAILED, "payout-failed"),
        ({"status": "reversed"}, TransferState.FAILED, "reversed"),
        ({"status": "SUCCEEDED"}, TransferState.PENDING, ""),
        ({"status": "on-hold"}, TransferState.PENDING, ""),
        ({"status": None}, TransferState.PENDING, ""),
        ({"receive_amount": "6999"}, TransferState.PENDING, ""),
        ({"receive_amount": None}, TransferState.PENDING, ""),
        ({"currency": "EUR"}, TransferState.PENDING, ""),
        ({"status": "failed", "receive_amount": "1"}, TransferState.PENDING, ""),
    ],
)
async def test_every_status_of_a_payout(changes: dict[str, object], state: TransferState, code: str) -> None:
    order = make_order(provider_ref="pt-1")
    told = await answering((200, payout(order, **changes))).read(order)
    assert (told.state, told.failure_code) == (state, code)


@settings(deadline=None, max_examples=60)
@given(changes=ODD)
async def test_never_done_and_never_astonished_by_an_odd_payout(changes: dict[str, Any]) -> None:
    order = make_order(provider_ref="pt-1")
    body = payout(order, status="processing") | changes
    for call in (answering((200, body)).send, answering((200, body)).read):
        try:
            told = await call(order)
        except ProviderUnavailable:
            continue
        assert told.state is TransferState.PENDING or changes.get("status") in STATES
        assert told.provider_ref


@pytest.mark.parametrize(("fee", "fees"), [("70", 70), (None, 0), ("free", 0), ("-1", 0), (7, 7)])
async def test_fee_is_none_when_it_cannot_be_read(fee: object, fees: int) -> None:
    order = make_order()
    assert (await answering((200, payout(order, fee=fee))).send(order)).fees == fees


async def test_done_counts_when_there_are_several_of_one_id(caplog: pytest.LogCaptureFixture) -> None:
    order = make_order()
    several = [payout(order, id=f"pt-{n}", status=status) for n, status in enumerate(("failed", "succeeded"))]
    assert (await answering((200, {"result": several})).read(order)).provider_ref == "pt-1"
    assert caplog.records == []
    several.append(payout(order, id="pt-3", status="processing"))
    await answering((200, {"result": several})).read(order)
    assert caplog.records[-1].levelname == "ERROR"


async def test_nothing_is_called_inside_a_unit(wave: Wave) -> None:
    token = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError, match="wave inside a unit"):
            await wave.payouts.send(make_order())
    finally:
        INSIDE_UNIT.reset(token)


def test_phone_is_not_shown() -> None:
    assert "+225" not in repr(make_order())
