"""Payouts: whom we owe what, and what is found of what is on its way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.kernel.errors import AlreadyExists
from allonova.domain.money.movements import payout_returned, payout_started
from allonova.domain.money.payout import BatchStatus, Payout, PayoutBatch, PayoutKind, PayoutMethod, PayoutStatus
from allonova.domain.money.payout_account import PayoutAccount
from allonova.domain.money.payouts_due import Earner
from tests.support.earnings import charge, earn
from tests.support.factories import HOUR, MINUTE, NOW, SECOND, Driver, a_driver, new_id
from tests.support.worlds import World

DAY = 24 * HOUR


def a_batch(**given: Any) -> PayoutBatch:
    made: dict[str, Any] = {
        "id": new_id(), "until": NOW, "total": 6_000, "count": 1, "status": BatchStatus.APPROVED,
        "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return PayoutBatch(**(made | given))


def a_payout(driver: Driver, **given: Any) -> Payout:
    made: dict[str, Any] = {
        "id": new_id(), "driver_id": driver.id, "kind": PayoutKind.EARNINGS, "amount": 6_000,
        "method": PayoutMethod.WAVE, "phone": "sealed", "scheduled_at": NOW, "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return Payout(**(made | given))


async def earners(world: World, *, until: datetime = NOW + DAY, changed_since: datetime = NOW) -> list[Earner]:
    async with world.begin() as unit:
        return list(await unit.payouts.earners(until=until, changed_since=changed_since))


async def paid_out(world: World, payout: Payout, *, returned_at: datetime | None = None) -> None:
    """A payout and its entries."""
    async with world.begin() as unit:
        await unit.payouts.add(payout)
        await unit.journal.post(payout_started(new_id(), payout, payout.scheduled_at))
        if returned_at is not None:
            await unit.journal.post(payout_returned(new_id(), payout, returned_at))


async def earned(world: World, driver: Driver, francs: int, at: datetime = NOW) -> None:
    await world.run(lambda unit: earn(unit, driver.id, francs, at))


async def charged(world: World, driver: Driver, francs: int, at: datetime = NOW) -> None:
    await world.run(lambda unit: charge(unit, driver.id, francs, at))


async def test_earner_comes_with_what_decides_when_we_owe_him_something(world: World) -> None:
    driver, nothing, other = a_driver(), a_driver(), a_driver(is_phone_verified=False, is_active=False)
    other.papers.clear()
    await world.keep(driver, nothing, other)
    for each in (driver, other):
        await earned(world, each, 6_000)
    known = Earner(
        driver_id=driver.id, payable=6_000, withheld=0, is_active=True, has_identity=True, has_changed=False,
        account_id=None, method=PayoutMethod.WAVE, phone=driver.user.phone,
    )  # fmt: skip
    unknown = replace(known, driver_id=other.id, is_active=False, has_identity=False, phone=None)
    assert await earners(world) == sorted([known, unknown], key=lambda each: each.driver_id)


async def test_payout_account_counts_when_there_is_one(world: World) -> None:
    driver, id = a_driver(), new_id()
    await world.keep(driver)
    await earned(world, driver, 6_000)
    account = PayoutAccount(
        id=id, user_id=driver.id, method=PayoutMethod.MTN, phone="sealed", confirmed_at=NOW,
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    await world.run(lambda unit: unit.payout_accounts.add(account))
    (found,) = await earners(world)
    assert (found.account_id, found.method, found.phone) == (id, PayoutMethod.MTN, "sealed")


async def test_only_what_was_earned_before_counts_when_a_run_ends_there(world: World) -> None:
    driver = a_driver()
    await world.keep(driver)
    await earned(world, driver, 6_000, NOW)
    await earned(world, driver, 4_000, NOW + HOUR)
    assert [each.payable for each in await earners(world, until=NOW + HOUR)] == [6_000]
    assert await earners(world, until=NOW) == []
    await paid_out(world, a_payout(driver, scheduled_at=NOW + 2 * HOUR))
    assert await earners(world, until=NOW + HOUR) == []
    assert [each.payable for each in await earners(world, until=NOW + 3 * HOUR)] == [4_000]


async def test_no_more_is_owed_than_there_is_when_a_charge_came_later(world: World) -> None:
    driver = a_driver()
    await world.keep(driver)
    await earned(world, driver, 6_000, NOW)
    await charged(world, driver, 2_000, NOW + HOUR)
    assert [(each.payable, each.withheld) for each in await earners(world, until=NOW + HOUR)] == [(4_000, 2_000)]


async def test_charge_is_withheld_until_a_payout_stands_that_came_after_it(world: World) -> None:
    driver = a_driver()
    await world.keep(driver)
    await earned(world, driver, 8_000)
    await charged(world, driver, 2_000)
    failed = a_payout(driver, scheduled_at=NOW + MINUTE, status=PayoutStatus.FAILED)
    await paid_out(world, failed, returned_at=NOW + HOUR)
    assert [(each.payable, each.withheld) for each in await earners(world)] == [(6_000, 2_000)]
    await paid_out(world, a_payout(driver, scheduled_at=NOW + 2 * HOUR))
    assert await earners(world) == []
    await earned(world, driver, 5_000, NOW + 3 * HOUR)
    assert [(each.payable, each.withheld) for each in await earners(world)] == [(5_000, 0)]


async def test_debt_is_taken_from_later_earnings_when_there_was_nothing_to_take(world: World) -> None:
    driver = a_driver()
    await world.keep(driver)
    await charged(world, driver, 2_000)
    assert await earners(world) == []
    await earned(world, driver, 7_000, NOW + HOUR)
    assert [(each.payable, each.withheld) for each in await earners(world)] == [(5_000, 2_000)]


async def test_many_entries_are_posted_when_they_come_at_once(world: World) -> None:
    drivers = [a_driver() for _ in range(3)]
    await world.keep(*drivers)
    payouts = [a_payout(driver) for driver in drivers]
    async with world.begin() as unit:
        await unit.payouts.add_all(payouts)
        await unit.journal.post_all([])
        await unit.journal.post_all([payout_started(new_id(), payout, NOW) for payout in payouts])
    report = await world.books.verify()
    assert (report.entries, report.postings, report.faults) == (3, 6, ())
    fresh = a_payout(a_driver())
    with pytest.raises(AlreadyExists):
        async with world.begin() as unit:
            await unit.journal.post_all([payout_started(new_id(), each, NOW) for each in (fresh, payouts[0])])
    assert (await world.books.verify()).entries == 3


async def test_one_payout_per_driver_when_a_batch_would_have_two(world: World) -> None:
    driver, batch = a_driver(), a_batch()
    await world.keep(driver)
    await world.run(lambda unit: unit.payout_batches.add(batch))
    await world.run(lambda unit: unit.payouts.add(a_payout(driver, batch_id=batch.id)))
    with pytest.raises(AlreadyExists):
        await world.run(lambda unit: unit.payouts.add(a_payout(driver, batch_id=batch.id)))


async def a_run(world: World, *, size: int = 3) -> tuple[PayoutBatch, list[Payout]]:
    """A batch and its payouts, a minute apart, in the order of their drivers."""
    drivers, batch = sorted((a_driver() for _ in range(size)), key=lambda driver: driver.id), a_batch()
    await world.keep(*drivers)
    payouts = [a_payout(each, batch_id=batch.id, created_at=NOW + n * MINUTE) for n, each in enumerate(drivers)]
    async with world.begin() as unit:
        await unit.payout_batches.add(batch)
        await unit.payouts.add_all(payouts)
    return batch, payouts


async def test_batch_is_found_whole_when_it_is_decided(world: World) -> None:
    batch, payouts = await a_run(world)
    async with world.begin() as unit:
        found = await unit.payouts.of_batch(batch.id)
        assert found == sorted(payouts, key=lambda payout: payout.id)
        for payout in found:
            payout.send(provider_url="https://wave.test", at=NOW)
        await unit.payouts.save_all(found)
        assert await unit.payouts.of_batch(new_id()) == []
    assert await world.payouts.batch(batch.id) == batch
    assert await world.payouts.batch(new_id()) is None
    query = ListQuery(filters=(Filter("status", Op.EQ, PayoutStatus.PROCESSING),))
    assert (await world.payouts.payouts(query)).total == 3


async def test_lines_come_in_pieces_when_a_batch_is_read(world: World) -> None:
    batch, payouts = await a_run(world)
    await a_run(world, size=1)
    first = await world.payouts.lines(batch.id, after=None, limit=2)
    rest = await world.payouts.lines(batch.id, after=first[-1].payout.driver_id, limit=2)
    assert [line.payout for line in (*first, *rest)] == payouts
    assert {(line.first_name, line.last_name) for line in first} == {("Yao", "Kouassi")}
    assert await world.payouts.lines(batch.id, after=payouts[-1].driver_id, limit=2) == []


@pytest.mark.parametrize(
    ("field", "value"), [("batch_id", "batch"), ("driver_id", "driver"), ("created_at", NOW + MINUTE), ("id", "id")]
)
async def test_payouts_are_narrowed_when_a_field_is_given(world: World, field: str, value: object) -> None:
    batch, payouts = await a_run(world)
    given = {"batch": batch.id, "driver": payouts[1].driver_id, "id": payouts[1].id}
    wanted = given.get(value, value) if isinstance(value, str) else value
    page = await world.payouts.payouts(ListQuery(filters=(Filter(field, Op.EQ, wanted),), sort=(Sort("created_at"),)))
    assert page.items == (payouts if field == "batch_id" else [payouts[1]])


async def test_everybody_sees_his_own_when_payouts_are_listed(world: World) -> None:
    _, payouts = await a_run(world)
    page = await world.payouts.payouts_of(payouts[0].driver_id, ListQuery(sort=(Sort("created_at"),)))
    assert (page.items, page.total) == ([payouts[0]], 1)
    assert (await world.payouts.payouts_of(new_id(), ListQuery())).total == 0
    batches = await world.payouts.batches(ListQuery(filters=(Filter("status", Op.EQ, BatchStatus.APPROVED),)))
    assert batches.total == 1


async def test_unsettled_are_those_of_which_nothing_was_heard_when_asked(world: World) -> None:
    stages: list[tuple[PayoutStatus, datetime, datetime | None]] = [
        (PayoutStatus.PROCESSING, NOW, NOW + 2 * MINUTE),
        (PayoutStatus.SCHEDULED, NOW + MINUTE, None),
        (PayoutStatus.PROCESSING, NOW + 2 * MINUTE + SECOND, None),
        (PayoutStatus.AWAITING_APPROVAL, NOW, None),
        (PayoutStatus.DONE, NOW, None),
        (PayoutStatus.FAILED, NOW, None),
    ]
    ids: list[UUID] = []
    for status, updated_at, checked_at in stages:
        driver = a_driver()
        payout = a_payout(driver, status=status, updated_at=updated_at, checked_at=checked_at)
        await world.keep(driver)
        await world.run(lambda unit: unit.payouts.add(payout))  # noqa: B023
        ids.append(payout.id)
    assert await world.payouts.unsettled(before=NOW + 2 * MINUTE, limit=9) == [ids[1], ids[0]]
    assert await world.payouts.unsettled(before=NOW + HOUR, limit=2) == [ids[1], ids[0]]
