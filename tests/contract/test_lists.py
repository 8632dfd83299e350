"""Lists and single views: filters, order, pages, and who sees what."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import TypeAdapter

from allonova.application.carpool.ports import BookingNews, Contact
from allonova.application.carpool.views import Person, TripView, booking_view, trip_view, vehicle_view
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.seats import Ride
from allonova.domain.carpool.trip import TripStatus
from allonova.domain.kernel.machine import Party
from allonova.domain.kyc.document import DocType, KycStatus
from tests.contract.conftest import Scene
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    NOW,
    Driver,
    a_booking,
    a_driver,
    a_paper,
    a_stop,
    a_trip,
    a_user,
    a_vehicle,
    new_id,
)
from tests.support.worlds import World

STATUSES = (BookingStatus.CANCELLED, BookingStatus.PENDING, BookingStatus.COMPLETED, BookingStatus.PAID)


async def test_vehicle_shown_when_its_owner_asks(scene: Scene) -> None:
    vehicle, queries = scene.driver.vehicle, scene.world.queries
    assert await queries.vehicle(vehicle.id, owner_id=scene.driver.id) == vehicle_view(vehicle)
    assert await queries.vehicle(vehicle.id, owner_id=scene.passenger.id) is None
    assert await queries.vehicle(new_id(), owner_id=scene.driver.id) is None


async def garage(world: World) -> Driver:
    """Somebody with five vehicles, an hour between them, and somebody else with one."""
    driver = a_driver()
    more = [a_vehicle(driver.user, created_at=NOW + n * HOUR) for n in (3, 1, 4, 2)]
    await world.keep(driver, a_driver(), *more)
    return driver


async def ages(world: World, query: ListQuery) -> list[int]:
    """Hours between now and the vehicles listed."""
    driver = await garage(world)
    page = await world.queries.vehicles(driver.id, query)
    return [round((item.created_at - NOW) / HOUR) for item in page.items]


@pytest.mark.parametrize(("descending", "expected"), [(False, [0, 1, 2, 3, 4]), (True, [4, 3, 2, 1, 0])])
async def test_in_order_when_sorted(world: World, descending: bool, expected: list[int]) -> None:
    assert await ages(world, ListQuery(sort=(Sort("created_at", descending),))) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Filter("created_at", Op.EQ, NOW + HOUR), [1]),
        (Filter("created_at", Op.GTE, NOW + 3 * HOUR), [3, 4]),
        (Filter("created_at", Op.LTE, NOW + HOUR), [0, 1]),
        (Filter("created_at", Op.IN, (NOW, NOW + 4 * HOUR)), [0, 4]),
        (Filter("created_at", Op.IN, ()), []),
    ],
)
async def test_only_those_that_match_when_filtered(world: World, condition: Filter, expected: list[int]) -> None:
    assert await ages(world, ListQuery(filters=(condition,), sort=(Sort("created_at"),))) == expected


async def test_all_conditions_hold_when_several_are_given(world: World) -> None:
    both = (Filter("created_at", Op.GTE, NOW + HOUR), Filter("created_at", Op.LTE, NOW + 2 * HOUR))
    assert await ages(world, ListQuery(filters=both, sort=(Sort("created_at"),))) == [1, 2]


@pytest.mark.parametrize(("page", "expected"), [(1, [0, 1]), (2, [2, 3]), (3, [4]), (4, []), (400, [])])
async def test_total_counts_all_when_any_page_is_asked(world: World, page: int, expected: list[int]) -> None:
    driver = await garage(world)
    query = ListQuery(sort=(Sort("created_at"),), page=page, page_size=2)
    found = await world.queries.vehicles(driver.id, query)
    assert found.total == 5
    assert [round((item.created_at - NOW) / HOUR) for item in found.items] == expected


async def test_by_id_when_no_order_is_asked_or_all_are_equal(scene: Scene) -> None:
    await scene.world.keep(*(a_vehicle(scene.driver.user) for _ in range(4)))
    for sort in ((), (Sort("created_at"),), (Sort("created_at", descending=True),)):
        page = await scene.world.queries.vehicles(scene.driver.id, ListQuery(sort=sort))
        assert [item.id for item in page.items] == sorted(item.id for item in page.items)


@pytest.mark.parametrize("query", [ListQuery(sort=(Sort("color"),)), ListQuery(filters=(Filter("x", Op.EQ, 1),))])
async def test_error_when_the_field_is_not_declared(scene: Scene, query: ListQuery) -> None:
    with pytest.raises((KeyError, ValueError)):
        await scene.world.queries.vehicles(scene.driver.id, query)


async def bookings_of(scene: Scene) -> list[Booking]:
    """The passenger's, one per status, each an hour later on a trip a day later; the last is another driver's."""
    other = a_driver()
    trips = [a_trip(scene.driver, departure_time=DEPARTURE + n * 24 * HOUR) for n in (1, 2, 3)]
    trips.append(a_trip(other))
    bookings = [
        a_booking(trip, scene.passenger, status=status, created_at=NOW + n * HOUR)
        for n, (trip, status) in enumerate(zip(trips, STATUSES, strict=True))
    ]
    stranger = a_user()
    await scene.world.keep(other, stranger, *trips, *bookings, a_booking(trips[0], stranger))
    return bookings


async def test_own_bookings_listed_when_asked_as_passenger(scene: Scene) -> None:
    bookings = await bookings_of(scene)
    query = ListQuery(sort=(Sort("created_at", descending=True),))
    page = await scene.world.queries.bookings(scene.passenger.id, Party.PASSENGER, query)
    assert [item.id for item in page.items] == [booking.id for booking in reversed(bookings)]
    assert page.total == 4
    assert all(item.qr_code for item in page.items)


async def test_bookings_of_own_trips_listed_when_asked_as_driver(scene: Scene) -> None:
    bookings = await bookings_of(scene)
    page = await scene.world.queries.bookings(scene.driver.id, Party.DRIVER, ListQuery())
    assert page.total == 4
    assert bookings[3].id not in {item.id for item in page.items}
    assert not any(item.qr_code or item.checkin_code for item in page.items)


async def test_nothing_listed_when_on_the_other_side(scene: Scene) -> None:
    await bookings_of(scene)
    queries = scene.world.queries
    assert (await queries.bookings(scene.passenger.id, Party.DRIVER, ListQuery())).total == 0
    assert (await queries.bookings(scene.driver.id, Party.PASSENGER, ListQuery())).total == 0


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Filter("status", Op.EQ, BookingStatus.PAID), {3}),
        (Filter("status", Op.IN, (BookingStatus.PAID, BookingStatus.PENDING)), {1, 3}),
        (Filter("departure_time", Op.GTE, DEPARTURE + 48 * HOUR), {1, 2}),
        (Filter("departure_time", Op.LTE, DEPARTURE), {3}),
        (Filter("created_at", Op.GTE, NOW + 2 * HOUR), {2, 3}),
    ],
)
async def test_bookings_that_match_when_filtered(scene: Scene, condition: Filter, expected: set[int]) -> None:
    bookings = await bookings_of(scene)
    page = await scene.world.queries.bookings(scene.passenger.id, Party.PASSENGER, ListQuery(filters=(condition,)))
    assert {item.id for item in page.items} == {bookings[n].id for n in expected}
    assert page.total == len(expected)


async def test_by_several_columns_when_sorted_so(scene: Scene) -> None:
    bookings = await bookings_of(scene)
    sort = (Sort("status", descending=True), Sort("departure_time"))
    page = await scene.world.queries.bookings(scene.passenger.id, Party.PASSENGER, ListQuery(sort=sort))
    assert [item.id for item in page.items] == [bookings[n].id for n in (1, 3, 2, 0)]


async def test_booking_shown_to_its_two_sides_alone(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    changes = list(booking.changes)
    await scene.world.keep(booking)
    driver, passenger = Person(scene.driver.user, is_verified=True), Person(scene.passenger, is_verified=False)
    for viewer_id in (scene.driver.id, scene.passenger.id):
        expected = booking_view(booking, scene.trip, driver, passenger, changes, viewer_id)
        assert await scene.world.queries.booking(booking.id, viewer_id=viewer_id) == expected
    assert await scene.world.queries.booking(booking.id, viewer_id=new_id()) is None
    assert await scene.world.queries.booking(new_id(), viewer_id=scene.driver.id) is None


async def test_trip_shown_to_anybody_when_published(scene: Scene) -> None:
    expected = trip_view(scene.trip, Person(scene.driver.user, is_verified=True), scene.driver.vehicle)
    assert await scene.world.queries.trip(scene.trip.id, viewer_id=None) == expected
    assert await scene.world.queries.trip(scene.trip.id, viewer_id=scene.passenger.id) == expected
    assert await scene.world.queries.trip(new_id(), viewer_id=None) is None
    written = await scene.world.queries.written_trip(scene.trip.id, viewer_id=None)
    assert written is not None
    assert json.loads(written.document) == json.loads(TypeAdapter(TripView).dump_json(expected))
    assert written.version == scene.trip.version
    assert await scene.world.queries.written_trip(new_id(), viewer_id=None) is None


async def test_draft_shown_to_its_driver_alone(scene: Scene) -> None:
    draft = a_trip(scene.driver, status=TripStatus.DRAFT)
    await scene.world.keep(draft)
    queries = scene.world.queries
    assert await queries.trip(draft.id, viewer_id=scene.driver.id) is not None
    assert await queries.trip(draft.id, viewer_id=scene.passenger.id) is None
    assert await queries.trip(draft.id, viewer_id=None) is None


@pytest.mark.parametrize("status", [TripStatus.ONGOING, TripStatus.COMPLETED, TripStatus.CANCELLED])
async def test_trip_still_shown_when_no_longer_open(world: World, status: TripStatus) -> None:
    driver = a_driver()
    trip = a_trip(driver, status=status)
    await world.keep(driver, trip)
    assert await world.queries.trip(trip.id, viewer_id=None) is not None


@pytest.mark.parametrize(
    ("doc_type", "status", "is_verified"),
    [
        (DocType.CNI, KycStatus.APPROVED, True),
        (DocType.PASSPORT, KycStatus.APPROVED, True),
        (DocType.PERMIS, KycStatus.APPROVED, False),
        (DocType.CNI, KycStatus.PENDING, False),
        (DocType.CNI, KycStatus.REJECTED, False),
    ],
)
async def test_verified_when_an_identity_paper_is_approved(
    world: World, doc_type: DocType, status: KycStatus, is_verified: bool
) -> None:
    driver = replace(a_driver(), papers=[])
    trip = a_trip(driver)
    await world.keep(driver, a_paper(driver.user, doc_type, status=status), trip)
    view = await world.queries.trip(trip.id, viewer_id=None)
    assert view is not None
    assert view.driver.is_verified is is_verified


async def test_approved_papers_named_once_when_asked(scene: Scene) -> None:
    someone = scene.passenger
    refused = a_paper(someone, DocType.CNI, status=KycStatus.REJECTED)
    papers = [refused, a_paper(someone, DocType.CNI), a_paper(someone, DocType.PERMIS)]
    await scene.world.keep(*papers, a_paper(someone, DocType.PASSPORT, status=KycStatus.PENDING))
    assert sorted(await scene.world.queries.approved_papers(someone.id)) == [DocType.CNI, DocType.PERMIS]
    assert await scene.world.queries.approved_papers(new_id()) == []


async def test_news_about_the_stretch_when_a_message_is_due(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger, seats=2, ride=Ride(1, 2))
    await scene.world.keep(booking)
    assert await scene.world.queries.booking_news(booking.id) == BookingNews(
        driver=Contact.of(scene.driver.user),
        passenger=Contact.of(scene.passenger),
        trip_id=scene.trip.id,
        origin="Toumodi",
        destination="Yamoussoukro",
        departure_time=DEPARTURE + timedelta(hours=2),
        seats=2,
        amount_total=4_000,
        fee=0,
        refund=0,
        ended_by=None,
        hold_expires_at=booking.hold_expires_at,
    )
    assert await scene.world.queries.booking_news(new_id()) is None


async def test_stops_in_their_order_when_a_trip_is_shown(world: World) -> None:
    driver = a_driver()
    trip = a_trip(driver, stops=[a_stop(1, label="one"), a_stop(2, label="two"), a_stop(3, label="three")])
    await world.keep(driver, trip)
    view = await world.queries.trip(trip.id, viewer_id=None)
    assert view is not None
    assert [stop.label for stop in view.stops] == ["one", "two", "three"]
