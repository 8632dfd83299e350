"""What finance reads: sums by day, and every line behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from allonova.adapters.memory.money import reports as memory
from allonova.adapters.postgres.money import reports as postgres
from allonova.application.files.sheets import Terms
from allonova.domain.carpool.fares import booking_paid, ride_completed
from allonova.domain.money.finance import Flow
from allonova.domain.money.journal import AccountKind, EntryKind
from allonova.domain.money.movements import wallet_topped_up
from allonova.domain.money.payment import PaymentStatus
from allonova.domain.money.payout import PayoutKind, PayoutMethod, PayoutStatus
from allonova.domain.money.wallet import TxnSource, TxnStatus, TxnType, Wallet
from tests.contract.conftest import Scene
from tests.contract.test_payouts import a_payout
from tests.support.exports import DAY
from tests.support.factories import HOUR, NOW, SECOND, a_booking, a_driver, a_payment, new_id, paid
from tests.support.worlds import World

A, E = AccountKind, EntryKind
MIDNIGHT = NOW.replace(hour=0)
TODAY = Terms(since=MIDNIGHT, until=MIDNIGHT + DAY)


async def all_of(pieces: AsyncIterator[Sequence[Any]]) -> list[Any]:
    return [row async for piece in pieces for row in piece]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (memory, postgres):
        monkeypatch.setattr(module, "PIECE", 2)


@pytest.fixture
async def entries(scene: Scene) -> list[Any]:
    """A fare that was paid today at the first instant, a ride that ended tomorrow, and a top-up of yesterday's last."""
    booking = paid(scene.trip, a_booking(scene.trip, scene.passenger))
    payment = a_payment(booking, status=PaymentStatus.PAID, amount=5_000, discount=1_000)
    top_up = replace(a_payment(booking), id=new_id(), booking_id=None, amount=700, status=PaymentStatus.PAID)
    found = [
        wallet_topped_up(new_id(), top_up, MIDNIGHT - SECOND),
        booking_paid(new_id(), payment, MIDNIGHT),
        ride_completed(new_id(), booking, scene.driver.id, MIDNIGHT + DAY),
    ]
    await scene.world.keep(booking, payment, top_up)
    for entry in found:
        await scene.world.run(lambda unit, entry=entry: unit.journal.post(entry))  # type: ignore[misc] # its own
    return found


async def test_flows_are_the_postings_of_each_day(scene: Scene, entries: list[Any]) -> None:
    reports = scene.world.reports
    flows = await reports.flows(MIDNIGHT, MIDNIGHT + DAY)
    day, kind = MIDNIGHT.date(), E.BOOKING_PAID
    assert sorted(flows, key=lambda flow: flow.account) == [
        Flow(day=day, entry=kind, account=A.CLEARING, provider="wave", debit=5_000, credit=0),
        Flow(day=day, entry=kind, account=A.ESCROW, debit=0, credit=6_000),
        Flow(day=day, entry=kind, account=A.PROMO_EXPENSE, debit=1_000, credit=0),
    ]
    three = await reports.flows(MIDNIGHT - DAY, MIDNIGHT + 2 * DAY)
    assert [flow.day for flow in three] == sorted(flow.day for flow in three)
    assert len({flow.day for flow in three}) == 3
    assert sum(flow.credit - flow.debit for flow in three) == 0


async def test_openings_are_what_moved_before(scene: Scene, entries: list[Any]) -> None:
    reports = scene.world.reports
    assert dict(await reports.openings(MIDNIGHT - SECOND)) == {}
    assert dict(await reports.openings(MIDNIGHT)) == {A.CLEARING: -700, A.WALLET: 700}
    later = {kind: held for kind, held in (await reports.openings(MIDNIGHT + 2 * DAY)).items() if held}
    assert sum(later.values()) == 0
    assert A.ESCROW not in later
    assert later[A.CLEARING] == -5_700


async def test_lines_are_all_postings_of_the_period(scene: Scene, entries: list[Any]) -> None:
    reports = scene.world.reports
    lines = await all_of(reports.entry_lines(TODAY))
    assert [(line.entry_id, line.account, line.owner, line.amount) for line in lines] == [
        (entries[1].id, A.CLEARING, "wave", -5_000),
        (entries[1].id, A.ESCROW, "", 6_000),
        (entries[1].id, A.PROMO_EXPENSE, "", -1_000),
    ]
    assert (lines[0].kind, lines[0].ref_type, lines[0].ref_id) == (E.BOOKING_PAID, "payment", entries[1].ref_id)
    assert lines[0].created_at == MIDNIGHT
    assert await reports.count_entry_lines(TODAY, most=10) == 3
    assert await reports.count_entry_lines(TODAY, most=2) == 2
    every = Terms(since=MIDNIGHT - DAY, until=MIDNIGHT + 2 * DAY)
    whole = await all_of(reports.entry_lines(every))
    assert [line.created_at for line in whole] == sorted(line.created_at for line in whole)
    assert (len(whole), sum(line.amount for line in whole)) == (8, 0)


async def test_lines_of_one_instant_come_once_each_when_pieces_are_smaller(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    payments = [
        replace(a_payment(booking), id=new_id(), booking_id=None, provider_ref=None, notif_token=None) for _ in range(7)
    ]
    await scene.world.keep(booking, *payments)
    posted = [wallet_topped_up(new_id(), payment, NOW) for payment in payments]
    for entry in posted:
        await scene.world.run(lambda unit, entry=entry: unit.journal.post(entry))  # type: ignore[misc] # its own
    lines = await all_of(scene.world.reports.entry_lines(TODAY))
    assert sorted({line.entry_id for line in lines}) == sorted(entry.id for entry in posted)
    assert len(lines) == 14


def a_wallet(world: World, user_id: Any) -> Wallet:
    return Wallet(id=new_id(), user_id=user_id, created_at=NOW, updated_at=NOW)


async def test_statements_are_read_in_the_order_of_their_writing(scene: Scene) -> None:
    wallet = a_wallet(scene.world, scene.passenger.id)
    wallet.credit(new_id(), 900, TxnSource.TOPUP, new_id(), MIDNIGHT - SECOND)
    wallet.credit(new_id(), 5_000, TxnSource.TOPUP, new_id(), NOW)
    wallet.debit(new_id(), 1_000, TxnSource.PAYMENT, new_id(), NOW)
    wallet.withdraw(new_id(), 500, new_id(), NOW)
    wallet.credit(new_id(), 100, TxnSource.REFUND, new_id(), NOW + HOUR)
    wallet.credit(new_id(), 1, TxnSource.REFUND, new_id(), MIDNIGHT + DAY)
    txns = list(wallet.txns)
    await scene.world.run(lambda unit: unit.wallets.add(wallet))
    reports = scene.world.reports
    lines = await all_of(reports.wallet_lines(TODAY))
    assert [line.txn for line in lines] == txns[1:5]
    assert {line.user_id for line in lines} == {scene.passenger.id}
    assert await reports.count_wallet_lines(TODAY, most=100) == 4
    assert await reports.count_wallet_lines(TODAY, most=3) == 3
    for filters, found in (
        ({"type": TxnType.DEBIT.value}, txns[2:4]),
        ({"source": TxnSource.REFUND.value}, txns[4:5]),
        ({"status": TxnStatus.PENDING.value}, txns[3:4]),
        ({"type": "credit", "source": "topup", "status": "done"}, txns[1:2]),
    ):
        terms = replace(TODAY, filters=filters)
        assert [line.txn for line in await all_of(reports.wallet_lines(terms))] == found
        assert await reports.count_wallet_lines(terms, most=100) == len(found)


async def test_payouts_are_read_with_their_names(world: World) -> None:
    driver = a_driver(first_name="Awa", last_name="Yao")
    payouts = [
        a_payout(driver, created_at=MIDNIGHT - SECOND),
        a_payout(driver, created_at=MIDNIGHT),
        a_payout(driver, created_at=NOW, kind=PayoutKind.WITHDRAWAL, method=PayoutMethod.MTN),
        a_payout(driver, created_at=NOW + HOUR, status=PayoutStatus.FAILED, failure_code="x"),
        a_payout(driver, created_at=MIDNIGHT + DAY),
    ]
    await world.keep(driver)
    for payout in payouts:
        await world.run(lambda unit, payout=payout: unit.payouts.add(payout))  # type: ignore[misc] # its own
    lines = await all_of(world.reports.payout_lines(TODAY))
    assert [line.payout for line in lines] == payouts[1:4]
    assert {(line.first_name, line.last_name) for line in lines} == {("Awa", "Yao")}
    assert await world.reports.count_payout_lines(TODAY, most=2) == 2
    for filters, found in (
        ({"kind": "withdrawal"}, payouts[2:3]),
        ({"method": "wave"}, [payouts[1], payouts[3]]),
        ({"status": "failed"}, payouts[3:4]),
    ):
        terms = replace(TODAY, filters=filters)
        assert [line.payout for line in await all_of(world.reports.payout_lines(terms))] == found
        assert await world.reports.count_payout_lines(terms, most=100) == len(found)
