"""Where people want their money, what left their wallets, and what drivers have earned, in both stores."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest

from allonova.application.kernel.listing import ListQuery, Sort
from allonova.application.money.earnings import EarnedTotals, EarningKind
from allonova.application.money.wallet_queries import PayoutFacts
from allonova.domain.carpool.fares import driver_penalty, ride_completed, share_back
from allonova.domain.identity.contact import ChangeKind, ContactChange
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import AlreadyExists
from allonova.domain.money.journal import Entry, EntryKind, driver_payable, move, wallet
from allonova.domain.money.movements import about, loss_to_driver, payout_started, refund_owed
from allonova.domain.money.payment import Method, Payment, PaymentStatus
from allonova.domain.money.payout import Payout, PayoutKind, PayoutMethod
from allonova.domain.money.payout_account import PayoutAccount, Withdrawals
from allonova.domain.money.wallet import TxnSource, TxnStatus, Wallet
from tests.contract.conftest import Scene
from tests.support.factories import HOUR, NOW, SECOND, a_booking, a_payment, a_refund, a_user, new_id
from tests.support.worlds import World

DAY = 24 * HOUR
ALL = ListQuery(sort=(Sort("completed_at"),))


def an_account(owner: User) -> PayoutAccount:
    """By Wave, with a number that is not a number."""
    return PayoutAccount(
        id=new_id(),
        user_id=owner.id,
        method=PayoutMethod.WAVE,
        phone="sealed",
        confirmed_at=NOW,
        created_at=NOW,
        updated_at=NOW,
    )


async def test_one_account_each_when_it_is_kept_changed_and_forgotten(world: World) -> None:
    owner, other = a_user(), a_user()
    account = an_account(owner)
    await world.keep(owner, other)
    async with world.begin() as unit:
        assert await unit.payout_accounts.of(owner.id) is None
        await unit.payout_accounts.add(account)
        await unit.payout_accounts.add(an_account(other))
    async with world.begin() as unit:
        found = await unit.payout_accounts.of(owner.id)
        assert found == account
        found.become(PayoutMethod.MTN, "other", NOW + HOUR)
        await unit.payout_accounts.save(found)
    with pytest.raises(AlreadyExists):
        await world.run(lambda unit: unit.payout_accounts.add(an_account(owner)))
    async with world.begin() as unit:
        assert await unit.payout_accounts.of(owner.id) == replace(
            account, method=PayoutMethod.MTN, phone="other", confirmed_at=NOW + HOUR, updated_at=NOW + HOUR, version=2
        )
        await unit.payout_accounts.forget(owner.id)
    async with world.begin() as unit:
        assert await unit.payout_accounts.of(owner.id) is None
        assert await unit.payout_accounts.of(other.id) is not None


async def changed(world: World, owner: User, kind: ChangeKind, at: datetime) -> None:
    """Something that guards the account changed."""
    change = ContactChange(id=new_id(), user_id=owner.id, kind=kind, created_at=at)
    await world.run(lambda unit: unit.contact_changes.add(change))


async def test_facts_are_told_when_there_are_any(world: World) -> None:
    owner, silent = a_user(), a_user(is_phone_verified=False)
    account = an_account(owner)
    await world.keep(owner, silent)
    assert await world.wallets.payout_facts(owner.id) == PayoutFacts(owner.phone, None, None)
    assert await world.wallets.payout_facts(silent.id) == PayoutFacts(None, None, None)
    assert await world.wallets.payout_facts(new_id()) == PayoutFacts(None, None, None)
    await world.run(lambda unit: unit.payout_accounts.add(account))
    await changed(world, owner, ChangeKind.PASSWORD, NOW + HOUR)
    await changed(world, owner, ChangeKind.PAYOUT_ACCOUNT, NOW)
    await changed(world, silent, ChangeKind.EMAIL, NOW + DAY)
    assert await world.wallets.payout_facts(owner.id) == PayoutFacts(owner.phone, account, NOW + HOUR)
    async with world.begin() as unit:
        assert await unit.contact_changes.last_of(owner.id) == NOW + HOUR
        assert await unit.contact_changes.last_of(new_id()) is None


async def withdrawn(world: World, owner: User, at: datetime) -> UUID:
    """100 francs are on their way out; the payout's id."""
    ref = new_id()
    async with world.begin() as unit:
        purse = await unit.wallets.of(owner.id, new=a_purse(owner))
        if not purse.balance:
            purse.credit(new_id(), 1_000, TxnSource.TOPUP, new_id(), NOW - DAY)
        purse.withdraw(new_id(), 100, ref, at)
        await unit.wallets.save(purse)
    return ref


def a_purse(owner: User) -> Wallet:
    return Wallet(id=new_id(), user_id=owner.id, created_at=NOW, updated_at=NOW)


async def test_lines_end_once_and_failed_ones_count_no_more(world: World) -> None:
    owner = a_user()
    await world.keep(owner)
    refs = [await withdrawn(world, owner, at) for at in (NOW - SECOND, NOW, NOW + HOUR, NOW + HOUR)]
    async with world.begin() as unit:
        purse = await unit.wallets.of(owner.id, new=a_purse(owner))
        assert await unit.wallets.withdrawals(purse.id, since=NOW) == Withdrawals(300, 3)
        await unit.wallets.end_txn(refs[2], TxnStatus.FAILED)
        await unit.wallets.end_txn(refs[1], TxnStatus.DONE)
        await unit.wallets.end_txn(refs[1], TxnStatus.FAILED)
        await unit.wallets.end_txn(new_id(), TxnStatus.FAILED)
        assert await unit.wallets.withdrawals(purse.id, since=NOW) == Withdrawals(200, 2)
        assert await unit.wallets.withdrawals(purse.id, since=NOW - DAY) == Withdrawals(300, 3)
        assert await unit.wallets.withdrawals(new_id(), since=NOW - DAY) == Withdrawals()
    lines = (await world.queries.wallet_txns(owner.id, ListQuery())).items
    statuses = {line.ref: line.status for line in lines}
    assert [statuses[ref] for ref in refs] == [
        TxnStatus.PENDING,
        TxnStatus.DONE,
        TxnStatus.FAILED,
        TxnStatus.PENDING,
    ]


def a_topup(owner: User, amount: int, status: PaymentStatus = PaymentStatus.INIT, at: datetime = NOW) -> Payment:
    return Payment(
        id=new_id(),
        booking_id=None,
        user_id=owner.id,
        method=Method.WAVE,
        provider_url="https://wave.test",
        amount=amount,
        status=status,
        created_at=at,
        updated_at=at,
    )


async def test_topups_under_way_are_those_without_an_end(world: World, scene: Scene) -> None:
    owner = a_user()
    await world.keep(owner, a_topup(owner, 500, at=NOW + SECOND), a_topup(owner, 700, PaymentStatus.AUTHORIZED))
    await world.keep(*(a_topup(owner, 9, status) for status in (PaymentStatus.PAID, PaymentStatus.FAILED)))
    booking = a_booking(scene.trip, scene.passenger)
    await world.keep(a_topup(scene.passenger, 3), booking, a_payment(booking))
    async with world.begin() as unit:
        assert await unit.payments.open_topups(owner.id) == [700, 500]
        assert await unit.payments.open_topups(scene.passenger.id) == [3]


async def test_earnings_are_the_entries_of_the_drivers_account(world: World, scene: Scene) -> None:
    driver_id, trip_id = scene.trip.driver_id, new_id()
    booking = a_booking(scene.trip, scene.passenger)
    payment = a_payment(booking, status=PaymentStatus.PAID)
    refund, lost = a_refund(payment, amount=1_000), a_refund(payment, amount=500)
    await world.keep(booking, payment, refund, lost)
    kept = booking.amount_total
    entries = [
        ride_completed(new_id(), booking, driver_id, NOW),
        driver_penalty(new_id(), driver_id, 1_000, ref_type="trip", ref_id=trip_id, at=NOW + HOUR),
        refund_owed(
            new_id(),
            refund,
            NOW + 2 * HOUR,
            *share_back(1_000, kept=kept, commission=booking.fees, driver_id=driver_id),
        ),
        loss_to_driver(new_id(), lost, driver_id, NOW + 3 * HOUR),
        payout_started(new_id(), a_payout(driver_id), NOW + 4 * HOUR),
        of_somebody_else(NOW),
    ]
    async with world.begin() as unit:
        for entry in entries:
            await unit.journal.post(entry)
    page = await world.wallets.earnings(driver_id, ALL, since=None, until=None)
    net = kept - booking.fees
    assert [(v.kind, v.booking_id, v.trip_id, v.gross, v.commission, v.net, v.withheld) for v in page.items] == [
        (EarningKind.RIDE, booking.id, None, kept, booking.fees, net, 0),
        (EarningKind.PENALTY, None, trip_id, 0, 0, 0, 1_000),
        (EarningKind.REFUND, booking.id, None, 0, 0, 0, 900),
        (EarningKind.CHARGEBACK, booking.id, None, 0, 0, 0, 500),
    ]
    assert [view.completed_at for view in page.items] == [NOW + n * HOUR for n in range(4)]
    assert await world.wallets.earned(driver_id, since=None, until=None) == EarnedTotals(
        lines=4, gross=kept, commission=booking.fees, net=net, withheld=2_400, payable=net - 2_400 - 777
    )
    part = await world.wallets.earned(driver_id, since=NOW + HOUR, until=NOW + 3 * HOUR)
    assert (part.lines, part.net, part.withheld) == (2, 0, 1_900)
    second = await world.wallets.earnings(
        driver_id, replace(ALL, page=2, page_size=1), since=NOW + HOUR, until=NOW + 3 * HOUR
    )
    assert (second.total, [view.kind for view in second.items]) == (2, [EarningKind.REFUND])
    assert await world.wallets.earned(new_id(), since=None, until=None) == EarnedTotals()


def a_payout(driver_id: UUID) -> Payout:
    return Payout(
        id=new_id(),
        driver_id=driver_id,
        kind=PayoutKind.EARNINGS,
        amount=777,
        method=PayoutMethod.WAVE,
        phone="sealed",
        scheduled_at=NOW,
        created_at=NOW,
        updated_at=NOW,
    )


def of_somebody_else(at: datetime) -> Entry:
    """A penalty of somebody else."""
    postings = move(driver_payable(new_id()), (wallet(new_id()), 3))
    return about("booking", new_id(), new_id(), EntryKind.DRIVER_PENALTY, postings, at)
