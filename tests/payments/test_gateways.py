"""What every provider of payments and payouts keeps to, whatever its wire looks like."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allonova.application.money.ports import (
    ProviderEvent,
    Reach,
    RefusedByProvider,
    Reported,
    TransferState,
)
from allonova.domain.kernel.errors import ProviderUnavailable, WebhookInvalidSignature
from tests.payments.harness import make_order, make_refund
from tests.payments.rigs import PAYOUT_RIGS, RIGS, Desk, PayoutRig, Rig, keep, silent
from tests.sandbox.harness import Played, playing

CALL_FAULTS = ("error", "html", "timeout")
EVERY_TRY = 20
LONG_S = 600


GATEWAYS = [rig.build(silent()) for rig in RIGS]


@pytest.fixture(params=RIGS, ids=lambda rig: rig.name)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    rig: Rig = request.param
    async with playing(tmp_path / "state.sqlite3") as played:
        yield Desk(rig=rig, gateway=rig.build(played), played=played)


@pytest.fixture(params=PAYOUT_RIGS, ids=lambda rig: rig.name)
async def rail(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[PayoutRig, Played]]:
    async with playing(tmp_path / "state.sqlite3") as played:
        yield request.param, played


async def while_it_hangs[T](played: Played, call: Coroutine[Any, Any, T]) -> T:
    """The outcome of a call that the provider keeps waiting."""
    task = asyncio.create_task(call)
    await played.time.forward(LONG_S)
    return await task


async def failing[T](played: Played, name: str, kind: str, call: Callable[[], Coroutine[Any, Any, T]]) -> None:
    """The call has no outcome while every try of it meets this fault."""
    await played.arm(kind, EVERY_TRY, name)
    with pytest.raises(ProviderUnavailable) as caught:
        await while_it_hangs(played, call())
    assert caught.value.provider == name
    await played.arm(kind, 0, name)


async def test_payer_pays_and_it_is_read(desk: Desk) -> None:
    payment = await desk.started()
    assert (await desk.gateway.read(payment)).reported is Reported.OPEN
    await desk.pay(payment)
    report = await desk.gateway.read(payment)
    assert (report.reported, report.amount, report.currency) == (Reported.PAID, 5000, "XOF")
    assert [line["amount"] for line in (await desk.books())["charges"]] == [5000]


async def test_nothing_is_paid_when_the_payer_fails(desk: Desk) -> None:
    payment = await desk.started()
    await desk.press(payment, "failed")
    report = await desk.gateway.read(payment)
    assert report.reported in (Reported.OPEN, Reported.ATTEMPT_FAILED, Reported.FAILED)
    assert (await desk.books())["charges"] == []


async def test_one_payment_when_it_is_opened_again(desk: Desk) -> None:
    payment = await desk.started()
    if desk.rig.finds_again:
        assert (await desk.open(payment, is_repeat=True)).provider_ref == payment.provider_ref
    else:
        with pytest.raises(RefusedByProvider):
            await desk.open(payment, is_repeat=True)
    await desk.pay(payment)
    assert len((await desk.books())["charges"]) == 1


async def test_one_payment_when_the_first_opening_was_accepted_without_an_answer(desk: Desk) -> None:
    """Whoever comes back finds it, or is told for good that nothing will come of it."""
    payment = desk.payment()
    await desk.played.arm("accepted_then_timeout", 1, desk.rig.name)
    opened = []
    for is_repeat in (False, True):
        try:
            opened.append(await while_it_hangs(desk.played, desk.open(payment, is_repeat=is_repeat)))
        except (ProviderUnavailable, RefusedByProvider):
            if is_repeat and desk.rig.finds_again:
                raise
    assert len({each.provider_ref for each in opened}) <= 1
    if opened:
        keep(payment, opened[-1])
        await desk.pay(payment)
        assert (await desk.gateway.read(payment)).reported is Reported.PAID
    assert len((await desk.books())["charges"]) == len(opened[:1])


@pytest.mark.parametrize("kind", CALL_FAULTS)
async def test_nothing_is_known_when_provider_breaks(desk: Desk, kind: str) -> None:
    name, played, gateway = desk.rig.name, desk.played, desk.gateway
    fresh = desk.payment()
    await failing(played, name, kind, lambda: desk.open(fresh))
    payment = await desk.paid()
    await failing(played, name, kind, lambda: gateway.read(payment))
    if gateway.gives_back is not Reach.NOTHING:
        await failing(played, name, kind, lambda: gateway.refund(payment, make_refund(payment)))
    assert (await desk.books())["refunds"] == []


async def test_unknown_payment_is_not_found(desk: Desk) -> None:
    """Not at once everywhere: a provider may take a while to find what it has."""
    payment = desk.payment()
    await desk.played.clock.advance(3600)
    assert (await desk.gateway.read(payment)).reported is Reported.NOT_FOUND


async def test_one_refund_when_it_is_asked_twice(desk: Desk) -> None:
    payment = await desk.paid()
    refund = make_refund(payment)
    if desk.gateway.gives_back is Reach.NOTHING:
        with pytest.raises(RefusedByProvider):
            await desk.gateway.refund(payment, refund)
        assert (await desk.books())["refunds"] == []
        return
    states = [(await desk.gateway.refund(payment, refund)).state for _ in range(2)]
    states.append((await desk.gateway.read_refund(payment, refund)).state)
    assert set(states) <= {TransferState.PENDING, TransferState.DONE}
    assert [line["amount"] for line in (await desk.books())["refunds"]] == [5000]


async def test_one_refund_when_it_was_accepted_without_an_answer(desk: Desk) -> None:
    if desk.gateway.gives_back is Reach.NOTHING:
        return
    payment = await desk.paid()
    refund = make_refund(payment)
    await desk.played.arm("accepted_then_timeout", EVERY_TRY, desk.rig.name)
    with pytest.raises(ProviderUnavailable):
        await while_it_hangs(desk.played, desk.gateway.refund(payment, refund))
    await desk.played.arm("accepted_then_timeout", 0, desk.rig.name)
    await desk.gateway.refund(payment, refund)
    assert len((await desk.books())["refunds"]) == 1


async def test_parts_go_back_where_they_can(desk: Desk) -> None:
    payment = await desk.paid()
    parts = [make_refund(payment, amount) for amount in (2000, 3000)]
    if desk.gateway.gives_back is not Reach.PARTS:
        with pytest.raises(RefusedByProvider):
            await desk.gateway.refund(payment, parts[0])
        return
    for part in (*parts, parts[0]):
        await desk.gateway.refund(payment, part)
    assert [line["amount"] for line in (await desk.books())["refunds"]] == [2000, 3000]


async def test_end_is_harmless_whenever_it_comes(desk: Desk) -> None:
    payment = await desk.started()
    for _ in range(2):
        await desk.gateway.end(payment)
    await desk.gateway.end(desk.payment())
    paid = await desk.paid()
    await desk.gateway.end(paid)
    assert (await desk.gateway.read(paid)).reported is Reported.PAID


@settings(deadline=None, max_examples=60)
@given(
    headers=st.dictionaries(
        st.sampled_from(["Wave-Signature", "Stripe-Signature", "Content-Type", "x"]) | st.text(max_size=8),
        st.text(max_size=60),
        max_size=4,
    ),
    body=st.binary(max_size=200)
    | st.sampled_from([b"{}", b"null", b'{"status":"SUCCESS","notif_token":7}', b'{"externalId":[]}', b"[" * 50_000]),
)
def test_one_refusal_or_an_event_whatever_comes(headers: dict[str, str], body: bytes) -> None:
    for gateway in GATEWAYS:
        try:
            event = gateway.read_event(headers, body)
        except WebhookInvalidSignature:
            continue
        assert isinstance(event, ProviderEvent)
        assert event.event_id


async def test_paid_out_once_however_often_it_is_sent(rail: tuple[PayoutRig, Played]) -> None:
    rig, played = rail
    gateway = rig.build(played)
    order = make_order(phone=rig.phone, provider_url=gateway.base_url)
    states = [(await gateway.send(order)).state for _ in range(2)]
    assert set(states) <= {TransferState.PENDING, TransferState.DONE}
    assert (await gateway.read(order)).state is TransferState.DONE
    (line,) = (await played.data("ledger", provider=rig.name))["payouts"]
    assert (line["ref"], line["amount"]) == (str(order.id), 7000)


async def test_paid_out_once_when_it_was_accepted_without_an_answer(rail: tuple[PayoutRig, Played]) -> None:
    rig, played = rail
    gateway = rig.build(played)
    order = make_order(phone=rig.phone, provider_url=gateway.base_url)
    await played.arm("accepted_then_timeout", 1, rig.name)
    with pytest.raises(ProviderUnavailable):
        await while_it_hangs(played, gateway.send(order))
    await gateway.send(order)
    assert (await gateway.read(order)).state is TransferState.DONE
    assert len((await played.data("ledger", provider=rig.name))["payouts"]) == 1


@pytest.mark.parametrize("kind", CALL_FAULTS)
async def test_nothing_is_paid_out_when_provider_breaks(rail: tuple[PayoutRig, Played], kind: str) -> None:
    rig, played = rail
    gateway = rig.build(played)
    order = make_order(phone=rig.phone, provider_url=gateway.base_url)
    await failing(played, rig.name, kind, lambda: gateway.send(order))
    await failing(played, rig.name, kind, lambda: gateway.read(order))
    assert (await played.data("ledger", provider=rig.name))["payouts"] == []
    assert (await gateway.read(order)).state is TransferState.NOT_FOUND
