"""The books and the seats hold, whoever writes."""

from __future__ import annotations

import asyncio
from collections import Counter
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
import pytest

from allonova.adapters.postgres.money.books import PostgresBooks
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.domain.carpool.fares import booking_paid
from allonova.domain.kernel.errors import AlreadyExists
from allonova.domain.money.journal import COMMISSION, ESCROW, Account, AccountKind, Entry, EntryKind, move
from tests.support.factories import (
    NOW,
    Driver,
    a_booking,
    a_driver,
    a_payment,
    a_stop,
    a_trip,
    a_user,
    keep,
    new_id,
)


async def published(units: PostgresUnits) -> tuple[Driver, UUID]:
    """A driver and a trip of ten seats on two stretches."""
    driver = a_driver()
    trip = a_trip(driver, stops=[a_stop()], seats=10)
    async with units.begin() as unit:
        await keep(unit, driver, trip)
    return driver, trip.id


def an_entry(kind: EntryKind = EntryKind.BOOKING_PAID, *, source: Account, ref_id: UUID) -> Entry:
    """A thousand francs into escrow and commission."""
    postings = move(source, (ESCROW, 900), (COMMISSION, 100))
    return Entry(id=new_id(), kind=kind, ref_type="test", ref_id=ref_id, postings=postings, created_at=NOW)


async def test_accounts_are_made_once_when_many_post_to_new_ones_at_once(units: PostgresUnits, pool: Pool) -> None:
    async def post(index: int) -> None:
        source = Account(AccountKind.DRIVER_PAYABLE, str(index % 4))
        async with units.begin() as unit:
            await unit.journal.post(an_entry(source=source, ref_id=new_id()))

    await asyncio.gather(*(post(index) for index in range(40)))
    assert await pool.fetchval("SELECT count(*) FROM platform.accounts") == 6
    assert await pool.fetchval("SELECT count(*) FROM platform.postings") == 120


@pytest.mark.promise("locks-in-order")
async def test_no_deadlock_when_new_accounts_are_opened_in_opposite_orders(units: PostgresUnits) -> None:
    async def post(accounts: list[Account]) -> None:
        postings = move(accounts[0], *((account, 1) for account in accounts[1:]))
        made = Entry(
            id=new_id(),
            kind=EntryKind.REFUND_SENT,
            ref_type="test",
            ref_id=new_id(),
            postings=postings,
            created_at=NOW,
        )
        async with units.begin() as unit:
            await unit.journal.post(made)

    for round_ in range(10):
        accounts = [Account(AccountKind.DRIVER_PAYABLE, f"{round_}:{index}") for index in range(60)]
        await asyncio.gather(*(post(accounts[:: 1 if index % 2 else -1]) for index in range(10)))


async def test_one_entry_stands_when_the_same_is_posted_ten_times_at_once(units: PostgresUnits) -> None:
    ref_id = new_id()

    async def post() -> str:
        try:
            async with units.begin() as unit:
                await unit.journal.post(an_entry(source=ESCROW_OF_WAVE, ref_id=ref_id))
        except AlreadyExists as refusal:
            return refusal.constraint
        return "posted"

    assert Counter(await asyncio.gather(*(post() for _ in range(10)))) == {"uq_journal_entries_once": 9, "posted": 1}


ESCROW_OF_WAVE = Account(AccountKind.CLEARING, "wave")

ENTRY = """
INSERT INTO platform.journal_entries (id, kind, ref_type, ref_id)
VALUES ($1, 'booking_paid', 'test', gen_random_uuid())
"""
POSTING = """
WITH account AS (
    INSERT INTO platform.accounts (kind) VALUES ('escrow') ON CONFLICT (kind, owner) DO UPDATE SET kind = 'escrow'
    RETURNING id
)
INSERT INTO platform.postings (entry_id, account_id, amount) SELECT $1, id, $2 FROM account
"""


async def write_entry(owner: Connection, *amounts: int) -> UUID:
    """An entry by plain SQL."""
    entry_id = new_id()
    async with owner.transaction():
        await owner.execute(ENTRY, entry_id)
        for amount in amounts:
            await owner.execute(POSTING, entry_id, amount)
    return entry_id


@pytest.mark.promise("books-balance")
@pytest.mark.parametrize("amounts", [(), (5,), (5, -4)])
async def test_unbalanced_entry_is_rejected_at_commit_whoever_wrote_it(
    owner: Connection, amounts: tuple[int, ...]
) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
        await write_entry(owner, *amounts)
    assert await owner.fetchval("SELECT count(*) FROM platform.journal_entries") == 0


@pytest.mark.promise("books-balance")
async def test_posting_cannot_be_changed_or_taken_away_alone_even_by_the_owner(owner: Connection) -> None:
    await write_entry(owner, 5, -5)
    for change in ("DELETE FROM platform.postings WHERE amount > 0", "UPDATE platform.postings SET amount = 6"):
        with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
            await owner.execute(change)


@pytest.mark.promise("no-oversell")
async def test_oversold_stretch_is_rejected_whoever_writes_it(units: PostgresUnits, owner: Connection) -> None:
    await published(units)
    for held, sold in (([6, 0], [5, 0]), ([-1, 0], [0, 0]), ([0], [0, 0]), ([], []), ([None, 0], [0, 0])):
        with pytest.raises(asyncpg.CheckViolationError, match="ck_trips_seats"):
            await owner.execute("UPDATE carpool.trips SET seats_held = $1, seats_sold = $2", held, sold)


async def test_fraction_of_a_franc_is_rejected(units: PostgresUnits, owner: Connection) -> None:
    await published(units)
    for price in ("0.5", "-1"):
        with pytest.raises(asyncpg.CheckViolationError, match="ck_trips_price_per_seat"):
            await owner.execute(f"UPDATE carpool.trips SET price_per_seat = {price}")


@pytest.mark.promise("books-balance")
async def test_books_find_what_was_planted_and_nothing_else(units: PostgresUnits, pool: Pool) -> None:
    driver, trip_id = await published(units)
    passenger = a_user()
    async with units.begin() as unit:
        await keep(unit, passenger)
        trip = await unit.trips.get(trip_id, lock=True)
        booking = a_booking(trip, passenger)
        payment = a_payment(booking)
        await keep(unit, booking, payment)
    assert (await PostgresBooks(pool).verify()).faults == ()
    assert driver.id == trip.driver_id
    async with units.begin() as unit:
        payment.pay(provider_ref="p", raw={}, at=NOW)
        await unit.payments.save(payment)
    assert (await PostgresBooks(pool).verify()).faults == (f"payment {payment.id}: paid but not booked",)
    async with units.begin() as unit:
        await unit.journal.post(booking_paid(new_id(), payment, NOW))
    assert (await PostgresBooks(pool).verify()).faults == (f"booking {booking.id}: escrow holds 6000 instead of 0",)
