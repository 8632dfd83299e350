"""What whoever watches is told of the store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allonova.application.kernel.gauges import Archiving, Gauges, LastTick, Queue, Tally
from allonova.domain.carpool.events import BookingAccepted, BookingPaid
from allonova.domain.identity.events import SessionRevoked
from allonova.domain.money.payment import Method, PaymentStatus
from tests.contract.conftest import Scene
from tests.support.factories import HOUR, MINUTE, SECOND, a_booking, a_payment, new_id
from tests.support.figures import growth
from tests.support.worlds import World


async def queue_of(world: World, name: str) -> Queue:
    gauges = await world.gauges.gauges(now=world.clock.now())
    return next(queue for queue in gauges.queues if queue.name == name)


async def test_nothing_waits_when_the_store_is_empty(world: World) -> None:
    assert await world.gauges.gauges(now=world.clock.now()) == Gauges(
        queues=[Queue(name, 0, None) for name in ("outbox", "live", "dead", "requests")],
        ticks=[],
        payments=[],
        payouts=[],
        archiving=Archiving(is_on=False),
    )


async def test_deliveries_wait_by_lane_when_events_were_put(world: World) -> None:
    async with world.begin() as unit:
        await unit.outbox.put(BookingPaid(new_id()))
        await unit.outbox.put(BookingAccepted(new_id()))
    put_at = world.clock.now()
    world.clock.advance(MINUTE)
    assert await queue_of(world, "outbox") == Queue("outbox", 2, put_at)
    assert await queue_of(world, "live") == Queue("live", 1, put_at)


async def test_delivery_waits_no_more_when_it_is_done_dead_or_not_due(world: World) -> None:
    async with world.begin() as unit:
        await unit.outbox.put(BookingPaid(new_id()))
        await unit.outbox.put(SessionRevoked(new_id()))
    done, dead, later = await world.due()
    await world.deliveries.done(done.id, now=world.clock.now())
    await world.deliveries.failed(dead.id, error="no", retry_at=None)
    await world.deliveries.failed(later.id, error="no", retry_at=world.clock.now() + SECOND)
    assert (await queue_of(world, "outbox")).count == 0
    assert (await queue_of(world, "dead")).count == 1
    world.clock.advance(SECOND)
    assert (await queue_of(world, "outbox")).count == 1


async def test_ticks_are_the_last_of_each_job_when_some_failed(world: World) -> None:
    start = world.clock.now()
    async with world.begin() as unit:
        for day, error in enumerate((None, None, "no")):
            at = start + timedelta(days=day)
            await unit.job_runs.claim("backup", str(day), now=at, lease=HOUR)
            await unit.job_runs.finish("backup", str(day), now=at, error=error)
        await unit.job_runs.claim("books", "0", now=start, lease=HOUR)
    found = (await world.gauges.gauges(now=start)).ticks
    assert list(found) == [
        LastTick("backup", is_well=False, at=start + timedelta(days=2)),
        LastTick("backup", is_well=True, at=start + timedelta(days=1)),
    ]


async def test_payments_are_those_of_the_last_hour_by_method_and_status(scene: Scene) -> None:
    world, now = scene.world, scene.world.clock.now()
    booking = a_booking(scene.trip, scene.passenger)
    await world.keep(booking)
    for method, status, age in (
        (Method.WAVE, PaymentStatus.FAILED, 59 * MINUTE),
        (Method.WAVE, PaymentStatus.FAILED, 0 * MINUTE),
        (Method.MTN, PaymentStatus.FAILED, 61 * MINUTE),
    ):
        await world.keep(a_payment(booking, method=method, status=status, created_at=now - age))
    found = (await world.gauges.gauges(now=now)).payments
    assert list(found) == [Tally("wave", "failed", 2)]


async def put_and_fail(world: World) -> None:
    """An event in a unit that comes to nothing."""
    async with world.begin() as unit:
        await unit.outbox.put(BookingPaid(new_id()))
        raise ZeroDivisionError


async def test_event_counts_for_nothing_when_its_unit_is_rolled_back(world: World) -> None:
    counted = growth("allonova_events_total", event="booking.paid", detail="")
    with pytest.raises(ZeroDivisionError):
        await put_and_fail(world)
    assert counted() == 0
    async with world.begin() as unit:
        await unit.outbox.put(BookingPaid(new_id()))
    assert counted() == 1
