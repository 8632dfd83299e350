"""Bookings: their history, and what is counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.kernel.changes import SYSTEM, Actor
from allonova.domain.kernel.errors import NotFound
from allonova.domain.kernel.machine import Party
from tests.contract.conftest import Scene
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    a_block,
    a_booking,
    a_trip,
    a_user,
    accepted,
    cancelled,
    new_id,
)

HISTORY = list[tuple[str | None, str, str]]


async def history(scene: Scene, booking: Booking) -> HISTORY:
    view = await scene.world.queries.booking(booking.id, viewer_id=booking.passenger_id)
    assert view is not None
    return [(line.from_status, line.to_status, line.by) for line in view.events]


async def test_changes_become_history_when_added_and_saved(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    await scene.world.keep(booking)
    assert booking.changes == []
    accepted(scene.trip, booking)
    await scene.world.run(lambda unit: unit.bookings.save(booking))
    assert booking.changes == []
    assert await history(scene, booking) == [(None, "pending", "passenger"), ("pending", "accepted", "driver")]


async def test_order_of_steps_kept_when_they_bear_one_instant(scene: Scene) -> None:
    booking = accepted(scene.trip, a_booking(scene.trip, scene.passenger))
    booking.pay(NOW)
    await scene.world.keep(booking)
    assert [to for _, to, _ in await history(scene, booking)] == ["pending", "accepted", "paid"]


async def test_nothing_written_twice_when_saved_without_a_change(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    await scene.world.keep(booking)
    await scene.world.run(lambda unit: unit.bookings.save(booking))
    assert len(await history(scene, booking)) == 1


async def test_meta_and_instant_kept_when_written(scene: Scene) -> None:
    booking = accepted(scene.trip, a_booking(scene.trip, scene.passenger))
    booking.expire(NOW + HOUR)
    await scene.world.keep(booking)
    view = await scene.world.queries.booking(booking.id, viewer_id=scene.driver.id)
    assert view is not None
    first, _, last = view.events
    assert (first.meta, first.created_at) == ({"seats": 1}, NOW)
    assert (last.meta, last.created_at, last.by) == ({"reason": "expired"}, NOW + HOUR, Party.SYSTEM)


async def test_no_history_when_the_unit_rolls_back(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    await scene.world.keep(booking)
    accepted(scene.trip, booking)
    booking.version = 9
    with pytest.raises(Exception, match="conflict"):
        await scene.world.run(lambda unit: unit.bookings.save(booking))
    assert len(await history(scene, booking)) == 1


def ended(booking: Booking, **given: Any) -> Booking:
    cancelled(booking)
    for name, value in given.items():
        setattr(booking, name, value)
    return booking


CASES: list[tuple[str, dict[str, Any], int]] = [
    ("pending", {"status": BookingStatus.PENDING, "cancelled_by": None, "cancel_reason": None}, 1),
    ("accepted", {"status": BookingStatus.ACCEPTED, "cancelled_by": None, "cancel_reason": None}, 1),
    ("paid", {"status": BookingStatus.PAID, "paid_at": NOW}, 0),
    ("completed", {"status": BookingStatus.COMPLETED, "paid_at": NOW}, 0),
    ("left unpaid", {"hold_expires_at": NOW}, 1),
    ("never answered", {}, 0),
    ("cancelled by the passenger", {"cancel_reason": "changed plans", "hold_expires_at": NOW}, 0),
    ("expired but paid once", {"hold_expires_at": NOW, "paid_at": NOW}, 0),
]


@pytest.mark.parametrize(("given", "count"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
async def test_counted_as_unpaid_when_no_money_came(scene: Scene, given: dict[str, Any], count: int) -> None:
    await scene.world.keep(ended(a_booking(scene.trip, scene.passenger), **given))
    async with scene.world.begin() as unit:
        asking = await unit.bookings.asking(scene.passenger.id, scene.driver.id, since=NOW)
    assert asking.unpaid == count


@pytest.mark.parametrize(("age", "count"), [(timedelta(0), 1), (SECOND, 0), (-SECOND, 1)])
async def test_counted_as_unpaid_when_made_since_then(scene: Scene, age: timedelta, count: int) -> None:
    await scene.world.keep(a_booking(scene.trip, scene.passenger, created_at=NOW - age))
    async with scene.world.begin() as unit:
        asking = await unit.bookings.asking(scene.passenger.id, scene.driver.id, since=NOW)
    assert asking.unpaid == count


async def test_not_counted_as_unpaid_when_somebody_elses(scene: Scene) -> None:
    other = a_user()
    await scene.world.keep(other, a_booking(scene.trip, other))
    async with scene.world.begin() as unit:
        asking = await unit.bookings.asking(scene.passenger.id, scene.driver.id, since=NOW)
    assert asking.unpaid == 0


async def test_driver_is_told_with_who_asks(scene: Scene) -> None:
    async with scene.world.begin() as unit:
        asking = await unit.bookings.asking(scene.passenger.id, scene.driver.id, since=NOW)
    assert (asking.driver, asking.is_blocked) == (scene.driver.user, False)
    async with scene.world.begin() as unit:
        with pytest.raises(NotFound):
            await unit.bookings.asking(scene.passenger.id, new_id(), since=NOW)


@pytest.mark.parametrize("by_driver", [True, False])
async def test_who_asks_is_blocked_when_either_blocks_the_other(scene: Scene, by_driver: bool) -> None:
    driver, passenger = scene.driver.user, scene.passenger
    by, blocked = (driver, passenger) if by_driver else (passenger, driver)
    async with scene.world.begin() as unit:
        await unit.blocks.put(a_block(by, blocked))
        asking = await unit.bookings.asking(scene.passenger.id, scene.driver.id, since=NOW)
    assert asking.is_blocked


async def test_counted_as_live_when_pending_accepted_or_paid(scene: Scene) -> None:
    elsewhere = a_trip(scene.driver, departure_time=DEPARTURE + 24 * HOUR)
    people = [a_user() for _ in BookingStatus]
    bookings = [a_booking(scene.trip, p, status=s) for p, s in zip(people, BookingStatus, strict=True)]
    await scene.world.keep(*people, elsewhere, *bookings, a_booking(elsewhere, scene.passenger))
    async with scene.world.begin() as unit:
        assert await unit.bookings.count_live(scene.trip.id) == 3
        assert await unit.bookings.count_live(new_id()) == 0


async def test_overdue_when_the_driver_did_not_answer_for_a_day(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    await scene.world.keep(booking)
    assert await overdue(scene, 24 * HOUR - SECOND) == []
    assert await overdue(scene, 24 * HOUR) == [booking.id]


async def test_overdue_when_nobody_answered_before_departure(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger, created_at=DEPARTURE - HOUR)
    await scene.world.keep(booking)
    assert await overdue(scene, DEPARTURE - NOW - SECOND) == []
    assert await overdue(scene, DEPARTURE - NOW) == [booking.id]


async def test_overdue_when_the_hold_has_ended(scene: Scene) -> None:
    booking = accepted(scene.trip, a_booking(scene.trip, scene.passenger))
    await scene.world.keep(booking)
    assert await overdue(scene, 30 * MINUTE - SECOND) == []
    assert await overdue(scene, 30 * MINUTE) == [booking.id]


async def test_never_overdue_when_paid_or_over(scene: Scene) -> None:
    paid = accepted(scene.trip, a_booking(scene.trip, scene.passenger))
    paid.pay(NOW)
    other = a_user()
    await scene.world.keep(paid, other, cancelled(a_booking(scene.trip, other)))
    assert await overdue(scene, 1000 * HOUR) == []


async def test_oldest_first_and_no_more_than_the_limit_when_many_are_overdue(scene: Scene) -> None:
    people = [a_user() for _ in range(6)]
    bookings = [
        a_booking(scene.trip, person, created_at=NOW + minutes * MINUTE)
        for person, minutes in zip(people, (2, 5, 0, 4, 1, 3), strict=True)
    ]
    await scene.world.keep(*people, *bookings)
    in_order = [booking.id for booking in sorted(bookings, key=lambda booking: booking.created_at)]
    assert await overdue(scene, 25 * HOUR) == in_order
    assert await overdue(scene, 25 * HOUR, limit=2) == in_order[:2]


async def overdue(scene: Scene, later: timedelta, limit: int = 10) -> list[Any]:
    return await scene.world.queries.overdue_bookings(now=NOW + later, limit=limit)


async def test_parties_not_persons_shown_when_an_actor_has_an_id(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    booking.changes[0] = booking.changes[0].__class__(
        None, BookingStatus.PENDING, Actor(Party.ADMIN, new_id()), NOW, {"n": 1, "s": "x"}
    )
    await scene.world.keep(booking)
    view = await scene.world.queries.booking(booking.id, viewer_id=scene.passenger.id)
    assert view is not None
    assert (view.events[0].by, view.events[0].meta) == (Party.ADMIN, {"n": 1, "s": "x"})
    assert SYSTEM.id is None
