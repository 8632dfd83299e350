"""What passengers are shown of a driver, while the database, the router and the channels take their time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from allonova.application.carpool.ride_queries import Followed, RideQueries, Rider
from allonova.application.carpool.ride_screen import ETA_EVERY_S, ETA_OLD_S, RIDERS_S, SILENT_S, RideScreen
from allonova.application.carpool.ride_views import LocationView
from allonova.application.kernel.live import Channels, ChannelsDown, Frame
from allonova.application.kernel.roads import NoRoad, RoutePlanner
from allonova.domain.carpool.location import Fix
from allonova.domain.carpool.trip import TripStatus
from allonova.domain.kernel.geo import Point
from tests.support.factories import ABIDJAN, NOW, TOUMODI, YAMOUSSOUKRO, SetClock, new_id

RIDER = Rider(booking_id=new_id(), is_aboard=False, pickup=ABIDJAN, dropoff=YAMOUSSOUKRO, link_id=None)
TRIP = Followed(trip_id=new_id(), status=TripStatus.ONGOING, riders=(RIDER,))
MINUTES = {ABIDJAN: 5, TOUMODI: 90, YAMOUSSOUKRO: 180}


@dataclass
class Outside:
    """The ports of a screen, each of which can hang or fail; what was shown stands in `told`."""

    trips: list[Followed] = field(default_factory=lambda: [TRIP])
    told: list[tuple[str, LocationView]] = field(default_factory=list)
    reads: list[list[UUID]] = field(default_factory=list)
    asked: list[list[Point]] = field(default_factory=list)
    again: list[UUID] = field(default_factory=list)
    at_s: float = 0.0
    store: asyncio.Event | None = None
    router: asyncio.Event | None = None
    broken: bool = False
    no_road: bool = False
    is_down: bool = False

    def now(self) -> float:
        return self.at_s

    async def followed(self, trip_ids: Sequence[UUID], *, now: datetime) -> list[Followed]:
        self.reads.append(list(trip_ids))
        if self.store is not None:
            await self.store.wait()
        if self.broken:
            raise OSError("no database")
        return [trip for trip in self.trips if trip.trip_id in trip_ids]

    async def durations(self, origin: Point, destinations: Sequence[Point]) -> list[timedelta | None]:
        self.asked.append(list(destinations))
        if self.router is not None:
            await self.router.wait()
        if self.no_road:
            raise NoRoad
        return [timedelta(minutes=MINUTES[place]) for place in destinations]

    async def tell_all(self, told: Sequence[tuple[Sequence[str], Frame]]) -> None:
        if self.is_down:
            raise ChannelsDown
        self.told += [(channel, cast("LocationView", frame.data)) for channels, frame in told for channel in channels]

    def screen(self) -> RideScreen:
        ports: Any = self
        made = RideScreen(
            cast("RideQueries", ports), cast("RoutePlanner", ports), cast("Channels", ports), SetClock(), now=self.now
        )
        made.again = self.again.append
        return made


def a_fix(lat: float = 5.5) -> Fix:
    return Fix(driver_id=new_id(), point=Point(lat, -4.0), at=NOW)


def ride(rider: Rider) -> str:
    return f"ride:{rider.booking_id}"


async def test_first_position_waits_for_who_rides_and_only_the_newest_is_shown() -> None:
    outside = Outside(store=asyncio.Event())
    screen = outside.screen()
    for lat in (5.1, 5.2):
        await screen.show([(TRIP.trip_id, a_fix(lat))])
    assert (outside.told, outside.reads) == ([], [])
    await asyncio.sleep(0)
    assert (outside.told, outside.reads) == ([], [[TRIP.trip_id]])
    outside.store.set()  # type: ignore[union-attr]
    await screen.settled()
    assert [(channel, view.lat) for channel, view in outside.told] == [(ride(RIDER), 5.2)]


async def test_no_frame_waits_for_the_store_or_the_router() -> None:
    outside = Outside()
    screen = outside.screen()
    await screen.read([TRIP.trip_id])
    outside.store, outside.router, outside.at_s = asyncio.Event(), asyncio.Event(), RIDERS_S
    for lat in (5.1, 5.2, 5.3):
        await screen.show([(TRIP.trip_id, a_fix(lat))])
        await asyncio.sleep(0)
    assert [view.lat for _, view in outside.told] == [5.1, 5.2, 5.3]
    assert (len(outside.reads), len(outside.asked)) == (2, 1)
    await screen.close()


async def test_riders_are_read_anew_every_few_seconds_and_for_all_trips_at_once() -> None:
    other = Followed(trip_id=new_id(), status=TripStatus.PUBLISHED, riders=())
    outside = Outside(trips=[TRIP, other])
    screen = outside.screen()
    both = [(TRIP.trip_id, a_fix()), (other.trip_id, a_fix())]
    for at_s in (0, RIDERS_S - 0.1, RIDERS_S, RIDERS_S + 1):
        outside.at_s = at_s
        await screen.show(both)
        await screen.settled()
    assert outside.reads == [[TRIP.trip_id, other.trip_id]] * 2


async def test_who_does_not_ride_any_more_is_shown_nothing() -> None:
    outside = Outside()
    screen = outside.screen()
    await screen.read([TRIP.trip_id])
    for gone in (replace(TRIP, riders=()), replace(TRIP, status=TripStatus.COMPLETED), None):
        outside.trips = [] if gone is None else [gone]
        await screen.read([TRIP.trip_id])
        await screen.show([(TRIP.trip_id, a_fix())])
        assert outside.told == []
        assert screen.is_over(TRIP.trip_id) is (gone is None or gone.status is TripStatus.COMPLETED)


async def test_link_sees_the_car_only_with_its_passenger_aboard() -> None:
    link_id = new_id()
    outside = Outside(trips=[replace(TRIP, riders=(replace(RIDER, link_id=link_id),))])
    screen = outside.screen()
    await screen.read([TRIP.trip_id])
    await screen.show([(TRIP.trip_id, a_fix())])
    assert [channel for channel, _ in outside.told] == [ride(RIDER)]
    outside.told.clear()
    outside.trips = [replace(TRIP, riders=(replace(RIDER, link_id=link_id, is_aboard=True),))]
    await screen.read([TRIP.trip_id])
    await screen.show([(TRIP.trip_id, a_fix())])
    assert [channel for channel, _ in outside.told] == [ride(RIDER), f"link:{link_id}"]
    await screen.settled()


async def test_router_is_asked_twice_a_minute_and_its_answer_serves_meanwhile() -> None:
    outside = Outside()
    screen = outside.screen()
    await screen.read([TRIP.trip_id])
    for at_s in range(0, 60, 5):
        outside.at_s = at_s
        await screen.show([(TRIP.trip_id, a_fix())])
        await screen.settled()
    assert outside.asked == [[ABIDJAN, YAMOUSSOUKRO]] * int(60 // ETA_EVERY_S)
    assert outside.again == [TRIP.trip_id]
    etas = [view.eta for _, view in outside.told]
    assert etas == [None] + [NOW + timedelta(minutes=5)] * 11


async def test_arrival_is_unknown_when_the_router_has_been_silent_for_long() -> None:
    outside = Outside()
    screen = outside.screen()
    await screen.read([TRIP.trip_id])
    await screen.show([(TRIP.trip_id, a_fix())])
    await screen.settled()
    outside.no_road = True
    for at_s, is_known in ((ETA_OLD_S, True), (ETA_OLD_S + 1, False)):
        outside.at_s = at_s
        await screen.show([(TRIP.trip_id, a_fix())])
        await screen.settled()
        assert (outside.told[-1][1].eta is not None) is is_known


async def test_newcomer_is_shown_a_position_of_now_with_his_own_arrival() -> None:
    outside = Outside()
    screen = outside.screen()
    await screen.read([TRIP.trip_id])
    await screen.show([(TRIP.trip_id, a_fix())])
    await screen.settled()
    fix = a_fix()
    frame = screen.last(TRIP.trip_id, RIDER.booking_id, fix)
    assert frame is not None
    assert cast("LocationView", frame.data).eta == NOW + timedelta(minutes=5)
    stranger = screen.last(new_id(), RIDER.booking_id, fix)
    assert stranger is not None
    assert cast("LocationView", stranger.data).eta is None
    assert screen.last(TRIP.trip_id, RIDER.booking_id, None) is None
    assert screen.last(TRIP.trip_id, RIDER.booking_id, replace(fix, at=NOW - timedelta(minutes=2, seconds=1))) is None


async def test_caller_hears_that_nothing_can_be_shown() -> None:
    outside = Outside(is_down=True)
    screen = outside.screen()
    await screen.read([TRIP.trip_id])
    with pytest.raises(ChannelsDown):
        await screen.show([(TRIP.trip_id, a_fix())])
    await screen.settled()


async def test_first_position_is_shown_once_the_store_is_back() -> None:
    outside = Outside(broken=True)
    screen = outside.screen()
    await screen.show([(TRIP.trip_id, a_fix(5.1))])
    await screen.settled()
    outside.broken = False
    await screen.show([(TRIP.trip_id, a_fix(5.2))])
    await screen.settled()
    assert [view.lat for _, view in outside.told] == [5.2]


async def test_trips_that_nobody_looks_at_are_forgotten() -> None:
    outside = Outside()
    screen = outside.screen()
    await screen.read([TRIP.trip_id])
    outside.at_s = SILENT_S + 1
    await screen.read([new_id()])
    outside.reads.clear()
    await screen.show([(TRIP.trip_id, a_fix())])
    await screen.settled()
    assert outside.reads == [[TRIP.trip_id]]
    assert len(outside.told) == 1
