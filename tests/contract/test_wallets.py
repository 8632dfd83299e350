"""Wallets, their lines, and what the books say of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.fares import Parting, booking_cancelled, booking_paid, fee_from_wallet
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import AlreadyExists, StaleVersion
from allonova.domain.money.journal import Entry
from allonova.domain.money.movements import refund_to_wallet
from allonova.domain.money.payment import Payment, PaymentStatus
from allonova.domain.money.refund import RefundStatus, RefundTo
from allonova.domain.money.wallet import TxnSource, TxnType, Wallet
from tests.contract.conftest import Scene
from tests.support.factories import HOUR, NOW, a_booking, a_payment, a_refund, a_user, new_id, paid
from tests.support.worlds import STORAGE_ERRORS, World

FARE = 6_000


def a_wallet(owner: User, balance: int = 0) -> Wallet:
    return Wallet(id=new_id(), user_id=owner.id, balance=balance, created_at=NOW, updated_at=NOW)


async def opened(world: World, owner: User) -> Wallet:
    """Somebody's wallet as a unit finds it."""
    async with world.begin() as unit:
        return await unit.wallets.of(owner.id, new=a_wallet(owner))


async def test_made_once_when_it_is_asked_for_twice(world: World) -> None:
    owner = a_user()
    await world.keep(owner)
    first = await opened(world, owner)
    assert await opened(world, owner) == first
    assert (first.balance, first.version) == (0, 1)


async def test_lines_are_kept_with_the_balance_when_it_is_saved(world: World) -> None:
    owner, ref = a_user(), new_id()
    await world.keep(owner)
    async with world.begin() as unit:
        purse = await unit.wallets.of(owner.id, new=a_wallet(owner))
        purse.credit(new_id(), 900, TxnSource.REFUND, ref, NOW)
        purse.debit(new_id(), 200, TxnSource.FEE, ref, NOW + HOUR)
        await unit.wallets.save(purse)
        assert purse.txns == []
    shown = await world.queries.wallet(owner.id)
    assert (shown.balance, shown.updated_at) == (700, NOW + HOUR)
    page = await world.queries.wallet_txns(owner.id, ListQuery(sort=(Sort("created_at"),)))
    lines = [(line.type, line.amount, line.source, line.ref, line.balance_after) for line in page.items]
    assert lines == [
        (TxnType.CREDIT, 900, TxnSource.REFUND, ref, 900),
        (TxnType.DEBIT, 200, TxnSource.FEE, ref, 700),
    ]
    debits = ListQuery(filters=(Filter("type", Op.EQ, TxnType.DEBIT), Filter("created_at", Op.LT, NOW + 2 * HOUR)))
    assert (await world.queries.wallet_txns(owner.id, debits)).total == 1
    before = ListQuery(filters=(Filter("created_at", Op.LT, NOW),))
    assert (await world.queries.wallet_txns(owner.id, before)).total == 0


async def test_empty_when_there_is_no_wallet(world: World) -> None:
    shown = await world.queries.wallet(new_id())
    assert (shown.balance, shown.currency, shown.updated_at) == (0, "XOF", None)


async def test_stale_when_another_unit_moved_it(world: World) -> None:
    owner = a_user()
    await world.keep(owner)
    old = await opened(world, owner)
    async with world.begin() as unit:
        purse = await unit.wallets.of(owner.id, new=a_wallet(owner))
        purse.credit(new_id(), 1, TxnSource.REFUND, new_id(), NOW)
        await unit.wallets.save(purse)
    with pytest.raises(StaleVersion):
        await world.run(lambda unit: unit.wallets.save(old))


async def test_refused_when_somebody_would_have_two_or_less_than_nothing(world: World) -> None:
    owner = a_user()
    await world.keep(owner)
    await world.run(lambda unit: unit.wallets.add(a_wallet(owner)))
    with pytest.raises(AlreadyExists):
        await world.run(lambda unit: unit.wallets.add(a_wallet(owner)))
    other = a_user()
    await world.keep(other)
    for wrong in (a_wallet(other, -1), replace(a_wallet(other), currency="EUR"), a_wallet(a_user())):
        with pytest.raises(STORAGE_ERRORS):
            async with world.begin() as unit:
                await unit.wallets.add(wrong)


def ended(scene: Scene, *, fee: int, refunded: int = 0) -> tuple[Booking, Payment]:
    """A booking that was cancelled after it was paid, and its payment."""
    booking = paid(scene.trip, a_booking(scene.trip, scene.passenger))
    payment = a_payment(booking, status=PaymentStatus.PAID, provider_ref="cos-1", refunded_amount=refunded)
    return replace(booking, status=BookingStatus.CANCELLED, cancel_fee=fee), payment


def released(scene: Scene, booking: Booking, payment: Payment, *, fee: int) -> tuple[Entry, Entry]:
    """Into escrow, and out of it."""
    parting = Parting.of(payment, withheld=fee, commission=fee // 10)
    return (
        booking_paid(new_id(), payment, NOW),
        booking_cancelled(new_id(), booking, scene.driver.id, parting, NOW),
    )


async def keep_returned(scene: Scene, *, refunded: int = 4_200, balance: int | None = None) -> Payment:
    """A booking that was cancelled for a fee of 1,800, and 4,200 that went to the wallet."""
    booking, payment = ended(scene, fee=1_800, refunded=refunded)
    refund = a_refund(payment, amount=4_200, sent_to=RefundTo.WALLET, status=RefundStatus.DONE)
    entries = (*released(scene, booking, payment, fee=1_800), refund_to_wallet(new_id(), refund, NOW))
    await keep(scene, (booking, payment), *entries, balance=balance)
    await scene.world.keep(refund)
    return payment


async def keep(scene: Scene, things: tuple[Booking, Payment], *entries: Entry, balance: int | None = None) -> None:
    """Things, entries, and the passenger's wallet with one line if it holds anything."""
    await scene.world.keep(*things)
    async with scene.world.begin() as unit:
        for entry in entries:
            await unit.journal.post(entry)
        if balance is not None:
            purse = await unit.wallets.of(scene.passenger.id, new=a_wallet(scene.passenger))
            purse.credit(new_id(), balance, TxnSource.REFUND, things[0].id, NOW)
            await unit.wallets.save(purse)


async def faults(scene: Scene) -> tuple[str, ...]:
    return (await scene.world.books.verify()).faults


async def test_clean_when_a_fee_was_withheld(scene: Scene) -> None:
    await keep_returned(scene, balance=4_200)
    assert await faults(scene) == ()


async def test_clean_when_a_refund_waits_and_when_it_went_to_the_wallet(scene: Scene) -> None:
    booking, payment = ended(scene, fee=0)
    refund = a_refund(payment)
    await keep(scene, (booking, payment), *released(scene, booking, payment, fee=0))
    await scene.world.keep(refund)
    assert await faults(scene) == ()
    async with scene.world.begin() as unit:
        payment.gone_back(FARE, at=NOW)
        refund.finish(provider_ref=None, at=NOW)
        await unit.payments.save(payment)
        await unit.refunds.save(refund)
        await unit.journal.post(refund_to_wallet(new_id(), refund, NOW))
        purse = await unit.wallets.of(scene.passenger.id, new=a_wallet(scene.passenger))
        purse.credit(new_id(), FARE, TxnSource.REFUND, payment.id, NOW)
        await unit.wallets.save(purse)
    assert await faults(scene) == ()


async def test_clean_when_the_money_of_a_cancelled_booking_is_frozen(scene: Scene) -> None:
    booking, payment = ended(scene, fee=0)
    booking.is_frozen = True
    await keep(scene, (booking, payment), booking_paid(new_id(), payment, NOW))
    assert await faults(scene) == ()


async def test_faults_when_the_frozen_money_is_gone(scene: Scene) -> None:
    booking, payment = ended(scene, fee=0)
    booking.is_frozen = True
    await keep(scene, (booking, payment), *released(scene, booking, payment, fee=0))
    await scene.world.keep(a_refund(payment))
    assert await faults(scene) == (f"booking {booking.id}: escrow holds 0 instead of 6000",)


async def test_fault_when_a_payment_says_another_refund_than_the_books(scene: Scene) -> None:
    payment = await keep_returned(scene, refunded=4_199, balance=4_200)
    assert await faults(scene) == (f"payment {payment.id}: 4199 went back instead of 4200",)


async def test_faults_when_a_wallet_has_other_francs_than_its_postings(scene: Scene) -> None:
    await keep_returned(scene, balance=4_201)
    assert await faults(scene) == (f"wallet of {scene.passenger.id}: 4201 instead of 4200",)


async def test_fault_when_postings_have_no_wallet(scene: Scene) -> None:
    await keep_returned(scene)
    assert await faults(scene) == (f"wallet of {scene.passenger.id}: nothing instead of 4200",)


async def test_faults_when_a_balance_has_no_lines(scene: Scene) -> None:
    await keep_returned(scene)
    await scene.world.run(lambda unit: unit.wallets.add(a_wallet(scene.passenger, 4_200)))
    assert await faults(scene) == (f"wallet of {scene.passenger.id}: its lines say 0 instead of 4200",)


async def test_clean_when_the_wallet_paid_the_fee(scene: Scene) -> None:
    booking, payment = ended(scene, fee=1_800)
    fee = fee_from_wallet(new_id(), booking, scene.driver.id, fee=1_800, commission=180, at=NOW)
    topped_up = replace(
        fee, id=new_id(), ref_type="test", postings=tuple(replace(p, amount=-p.amount) for p in fee.postings)
    )
    entries = (*released(scene, booking, payment, fee=0), fee, topped_up)
    await keep(scene, (booking, payment), *entries)
    await scene.world.keep(a_refund(payment))
    async with scene.world.begin() as unit:
        purse = await unit.wallets.of(scene.passenger.id, new=a_wallet(scene.passenger))
        purse.credit(new_id(), 1_800, TxnSource.ADJUSTMENT, new_id(), NOW)
        purse.debit(new_id(), 1_800, TxnSource.FEE, booking.id, NOW)
        await unit.wallets.save(purse)
    assert await faults(scene) == ()
