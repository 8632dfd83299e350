"""Positions, proofs and links: what both stores keep, and what they bring."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from allonova.application.carpool.ride_queries import Followed, Rider
from allonova.application.carpool.ride_views import own_proof
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.location import DriverLocation, Window
from allonova.domain.carpool.ride_link import RideLink
from allonova.domain.carpool.ride_proof import RideProof, prove
from allonova.domain.carpool.seats import Ride
from allonova.domain.carpool.trip import TripStatus
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AlreadyExists
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Party
from tests.contract.conftest import Scene
from tests.support.factories import (
    ABIDJAN,
    DEPARTURE,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    TOUMODI,
    YAMOUSSOUKRO,
    a_booking,
    a_driver,
    a_trip,
    a_user,
    cancelled,
    new_id,
    paid,
)
from tests.support.worlds import STORAGE_ERRORS

LATER = DEPARTURE + 30 * HOUR


def seen(scene: Scene, at: datetime, point: Point = ABIDJAN, **given: object) -> DriverLocation:
    made = DriverLocation(id=new_id(), trip_id=scene.trip.id, driver_id=scene.driver.id, point=point, created_at=at)
    return replace(made, **given)  # type: ignore[arg-type]


def a_link(booking: Booking, *, token_hash: str = "a", **given: object) -> RideLink:
    made = RideLink(
        id=new_id(), booking_id=booking.id, token_hash=token_hash, expires_at=LATER, created_at=NOW, updated_at=NOW
    )
    return replace(made, **given)  # type: ignore[arg-type]


async def keep(scene: Scene, *locations: DriverLocation) -> None:
    await scene.world.run(lambda unit: unit.locations.keep(locations))


async def way(scene: Scene) -> list[datetime]:
    async with scene.world.begin() as unit:
        return [location.created_at for location in await unit.locations.of_trip(scene.trip.id)]


async def test_positions_come_back_as_they_were_in_the_order_of_time(scene: Scene) -> None:
    late, soon = seen(scene, NOW + SECOND, heading=12.5, speed=0.0), seen(scene, NOW, TOUMODI)
    await keep(scene, late, soon)
    async with scene.world.begin() as unit:
        assert await unit.locations.of_trip(scene.trip.id) == [soon, late]
        assert await unit.locations.of_trip(new_id()) == []
        assert await unit.locations.trips_of(scene.driver.id) == [scene.trip.id]
        assert await unit.locations.trips_of(scene.passenger.id) == []


async def test_position_that_comes_twice_is_kept_once_and_one_of_a_trip_that_is_gone_is_left_out(scene: Scene) -> None:
    first = seen(scene, NOW)
    await keep(scene, first)
    await keep(scene, first, seen(scene, NOW), seen(scene, NOW, trip_id=new_id()), seen(scene, NOW + SECOND))
    assert await way(scene) == [NOW, NOW + SECOND]


async def test_heading_and_speed_that_are_none_are_refused(scene: Scene) -> None:
    for heading, speed in ((-1.0, None), (360.5, None), (None, -0.1)):
        with pytest.raises(STORAGE_ERRORS):
            await keep(scene, seen(scene, NOW, heading=heading, speed=speed))


@pytest.mark.parametrize(
    ("metres", "late", "expected"),
    [
        (900, timedelta(0), True),
        (1_100, timedelta(0), False),
        (0, 30 * MINUTE, True),
        (0, -30 * MINUTE, True),
        (0, 30 * MINUTE + SECOND, False),
        (0, -30 * MINUTE - SECOND, False),
    ],
)
async def test_driver_was_near_when_seen_there_at_that_time(
    scene: Scene, metres: int, late: timedelta, expected: bool
) -> None:
    point = Point(ABIDJAN.lat + metres / 111_195, ABIDJAN.lon)
    await keep(scene, seen(scene, DEPARTURE + late, point))
    window = Window(DEPARTURE - 30 * MINUTE, DEPARTURE + 30 * MINUTE)
    async with scene.world.begin() as unit:
        locations, trip_id = unit.locations, scene.trip.id
        assert await locations.was_near(trip_id, ABIDJAN, radius_m=1_000, window=window) is expected
        assert await locations.was_near(new_id(), ABIDJAN, radius_m=1_000, window=window) is False


async def test_old_positions_are_forgotten_trip_by_trip(scene: Scene) -> None:
    await keep(scene, seen(scene, NOW), seen(scene, NOW + SECOND))
    queries, trip_id = scene.world.rides, scene.trip.id
    assert await queries.forgettable(before=NOW, limit=9) == []
    assert await queries.forgettable(before=NOW + SECOND, limit=9) == [trip_id]
    assert await queries.forgettable(before=NOW + HOUR, limit=0) == []
    async with scene.world.begin() as unit:
        assert await unit.locations.forget(new_id(), before=NOW + HOUR) == 0
        assert await unit.locations.forget(trip_id, before=NOW + SECOND) == 1
    assert await way(scene) == [NOW + SECOND]


async def test_positions_of_one_driver_go_with_him(scene: Scene) -> None:
    other = a_driver()
    trip = a_trip(other)
    await scene.world.keep(other, trip)
    await keep(scene, seen(scene, NOW), seen(scene, NOW, trip_id=trip.id, driver_id=other.id))
    await scene.world.run(lambda unit: unit.locations.forget_driver(scene.driver.id))
    assert await way(scene) == []
    assert [row.trip_id for row in await scene.world.rides.locations(other.id)] == [trip.id]


async def test_positions_go_with_their_trip(scene: Scene) -> None:
    await keep(scene, seen(scene, NOW))

    async def remove() -> None:
        async with scene.world.begin() as unit:
            await unit.trips.remove(await unit.trips.get(scene.trip.id))

    await remove()
    assert await scene.world.rides.locations(scene.driver.id) == []


async def booked(scene: Scene, ride: Ride | None = None) -> Booking:
    """Paid."""
    booking = paid(scene.trip, a_booking(scene.trip, scene.passenger, ride=ride))
    await scene.world.keep(booking)
    return booking


def a_proof(scene: Scene, booking: Booking, *locations: DriverLocation) -> RideProof:
    proof = prove(new_id(), booking, scene.trip, locations, NOW)
    assert proof is not None
    return proof


async def test_first_proof_of_a_booking_stays_and_takes_the_place_of_positions(scene: Scene) -> None:
    booking = await booked(scene)
    first, second = seen(scene, DEPARTURE), seen(scene, DEPARTURE + SECOND)
    await keep(scene, first, second)
    queries = scene.world.rides
    facts = await queries.facts(booking.id, viewer_id=scene.passenger.id)
    assert facts is not None
    assert (facts.booking.id, facts.trip.id, facts.proof) == (booking.id, scene.trip.id, None)
    assert facts.locations == (first, second)
    proof = a_proof(scene, booking, first, second)
    for each in (proof, a_proof(scene, booking, first)):
        await scene.world.run(lambda unit, each=each: unit.proofs.put(each))  # type: ignore[misc]
    facts = await queries.facts(booking.id, viewer_id=None)
    assert facts is not None
    assert (facts.proof, facts.locations) == (proof, ())


async def test_proofs_are_of_rides_that_one_took_or_drove(scene: Scene) -> None:
    mine, other = await booked(scene), a_user()
    theirs = paid(scene.trip, a_booking(scene.trip, other))
    await scene.world.keep(other, theirs)
    late, soon = (a_proof(scene, each, seen(scene, DEPARTURE)) for each in (mine, theirs))
    for each in (replace(late, created_at=NOW + SECOND), soon):
        await scene.world.run(lambda unit, each=each: unit.proofs.put(each))  # type: ignore[misc]
    queries = scene.world.rides
    [shown] = await queries.proofs(scene.passenger.id)
    assert shown == own_proof(replace(late, created_at=NOW + SECOND))
    assert [proof.booking_id for proof in await queries.proofs(other.id)] == [theirs.id]
    assert [proof.booking_id for proof in await queries.proofs(scene.driver.id)] == [theirs.id, mine.id]
    assert await queries.proofs(new_id()) == []


async def test_facts_are_for_the_two_sides(scene: Scene) -> None:
    booking = await booked(scene)
    queries = scene.world.rides
    assert await queries.facts(booking.id, viewer_id=scene.driver.id) is not None
    assert await queries.facts(booking.id, viewer_id=new_id()) is None
    assert await queries.facts(new_id(), viewer_id=None) is None


async def test_bookings_that_were_ever_paid_are_found(scene: Scene) -> None:
    mine = await booked(scene)
    theirs, waiting = a_user(), a_user()
    gone = cancelled(paid(scene.trip, a_booking(scene.trip, theirs)))
    await scene.world.keep(theirs, waiting, gone, a_booking(scene.trip, waiting))
    async with scene.world.begin() as unit:
        assert {booking.id for booking in await unit.bookings.paid_of(scene.trip.id)} == {mine.id, gone.id}
        assert await unit.bookings.paid_of(new_id()) == []


async def test_booking_has_one_link_that_works(scene: Scene) -> None:
    booking = await booked(scene)
    first = a_link(booking)
    async with scene.world.begin() as unit:
        assert await unit.ride_links.has_any(booking.id) is False
        await unit.ride_links.add(first)
        assert await unit.ride_links.has_any(booking.id) is True
        assert await unit.ride_links.find(booking_id=booking.id, revoked_at=None) == first
    with pytest.raises(AlreadyExists):
        await scene.world.run(lambda unit: unit.ride_links.add(a_link(booking, token_hash="b")))
    async with scene.world.begin() as unit:
        first.revoke(NOW)
        await unit.ride_links.save(first)
        await unit.ride_links.add(a_link(booking, token_hash="b"))
    with pytest.raises(AlreadyExists):
        await scene.world.run(lambda unit: unit.ride_links.add(a_link(booking, token_hash="a", revoked_at=NOW)))
    links = await scene.world.rides.links(scene.passenger.id)
    assert sorted(link.revoked_at is None for link in links) == [False, True]
    assert await scene.world.rides.links(scene.driver.id) == []
    async with scene.world.begin() as unit:
        assert await unit.ride_links.forget(before=LATER) == 0
        assert await unit.ride_links.forget(before=LATER + SECOND) == 2


async def linked(scene: Scene, token_hash: str = "a", now: datetime = NOW) -> UUID | None:
    found = await scene.world.rides.linked(token_hash, now=now)
    return None if found is None else found.link_id


async def test_link_shows_its_ride_while_it_works(scene: Scene) -> None:
    booking = await booked(scene, Ride(1, 2))
    link = a_link(booking)
    await scene.world.run(lambda unit: unit.ride_links.add(link))
    await keep(scene, seen(scene, NOW), seen(scene, NOW + SECOND, TOUMODI, speed=3.5))
    found = await scene.world.rides.linked("a", now=NOW)
    assert found is not None
    assert (found.link_id, found.trip_id, found.booking_id) == (link.id, scene.trip.id, booking.id)
    assert found.seen is not None
    assert (found.seen.point, found.seen.speed, found.seen.at) == (TOUMODI, 3.5, NOW + SECOND)
    assert (found.ride.pickup, found.ride.position) == ("Toumodi", None)
    assert found.ride.arrival_eta == scene.trip.arrival_eta
    assert found.ride.vehicle.plate_number == scene.driver.vehicle.plate_number
    assert (await linked(scene, "b"), await linked(scene, now=LATER)) == (None, None)
    news = await scene.world.rides.news(booking.id, now=NOW)
    assert news is not None
    assert (news.booking.id, news.trip.id, news.link_id) == (booking.id, scene.trip.id, link.id)
    link.revoke(NOW)
    await scene.world.run(lambda unit: unit.ride_links.save(link))
    assert await linked(scene) is None
    news = await scene.world.rides.news(booking.id, now=NOW)
    assert news is not None
    assert news.link_id is None
    assert await scene.world.rides.news(new_id(), now=NOW) is None


async def test_link_shows_nothing_of_a_ride_that_is_over(scene: Scene) -> None:
    booking = await booked(scene)
    await scene.world.run(lambda unit: unit.ride_links.add(a_link(booking)))
    assert await linked(scene) is not None
    await scene.world.run(lambda unit: unit.bookings.save(cancelled(booking)))
    assert await linked(scene) is None


async def test_riders_are_those_who_have_paid_with_their_places_and_links(scene: Scene) -> None:
    aboard = await booked(scene, Ride(0, 1))
    aboard.checked_in_at = aboard.started_at = DEPARTURE
    other, waiting = a_user(), a_user()
    second = paid(scene.trip, a_booking(scene.trip, other, ride=Ride(1, 2), created_at=NOW + SECOND))
    await scene.world.keep(other, waiting, second, a_booking(scene.trip, waiting))
    link = a_link(second)
    async with scene.world.begin() as unit:
        await unit.bookings.save(aboard)
        await unit.ride_links.add(link)
        await unit.ride_links.add(a_link(aboard, token_hash="b", revoked_at=NOW))
    empty = a_trip(scene.driver, departure_time=LATER)
    await scene.world.keep(empty)

    async def followed(now: datetime) -> list[Followed]:
        return await scene.world.rides.followed([empty.id, scene.trip.id, new_id()], now=now)

    first_rider = Rider(booking_id=aboard.id, is_aboard=True, pickup=ABIDJAN, dropoff=TOUMODI, link_id=None)
    rider = Rider(booking_id=second.id, is_aboard=False, pickup=TOUMODI, dropoff=YAMOUSSOUKRO, link_id=link.id)
    there = {trip.trip_id: trip for trip in await followed(NOW)}
    assert there == {
        scene.trip.id: Followed(trip_id=scene.trip.id, status=TripStatus.PUBLISHED, riders=(first_rider, rider)),
        empty.id: Followed(trip_id=empty.id, status=TripStatus.PUBLISHED, riders=()),
    }
    assert [trip.trip_id for trip in await followed(NOW)] == sorted([scene.trip.id, empty.id])
    [shown] = [trip for trip in await followed(LATER) if trip.trip_id == scene.trip.id]
    assert [rider.link_id for rider in shown.riders] == [None, None]


async def test_trip_is_approached_by_its_driver_and_by_who_has_paid(scene: Scene) -> None:
    booking = await booked(scene)
    waiting = a_user()
    await scene.world.keep(waiting, a_booking(scene.trip, waiting))
    await keep(scene, seen(scene, NOW))
    queries, trip_id = scene.world.rides, scene.trip.id
    for viewer_id, expected in (
        (scene.passenger.id, booking.id), (waiting.id, None), (scene.driver.id, None), (new_id(), None),
    ):  # fmt: skip
        found = await queries.approach(trip_id, viewer_id=viewer_id)
        assert found is not None
        assert (found.booking_id, found.driver_id) == (expected, scene.driver.id)
        assert found.seen is not None
        assert found.seen.at == NOW
    draft = a_trip(scene.driver, departure_time=LATER, status=TripStatus.DRAFT)
    await scene.world.keep(draft)
    assert await queries.approach(draft.id, viewer_id=scene.driver.id) is None
    assert await queries.approach(new_id(), viewer_id=scene.driver.id) is None
    booking.cancel(Actor(Party.PASSENGER, scene.passenger.id), NOW, "changed")
    await scene.world.run(lambda unit: unit.bookings.save(booking))
    found = await queries.approach(trip_id, viewer_id=scene.passenger.id)
    assert found is not None
    assert found.booking_id is None
