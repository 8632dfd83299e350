"""The rules of the database: each refuses what it must, lets pass what it may, under its own name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from allonova.domain.carpool.booking import AlreadyBooked, Booking, BookingStatus
from allonova.domain.carpool.trip import Trip, TripsOverlap, TripStatus
from allonova.domain.carpool.vehicle import PlateTaken
from allonova.domain.identity.session import Audience, RefreshToken, Session
from allonova.domain.kernel.errors import AlreadyExists, DomainError
from allonova.domain.kernel.money import MAX_AMOUNT_XOF
from allonova.domain.money.payment import Method, Payment, PaymentStatus
from tests.contract.conftest import Scene
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    NOW,
    SECOND,
    AnyUnit,
    Driver,
    Thing,
    a_booking,
    a_driver,
    a_paper,
    a_payment,
    a_stop,
    a_trip,
    a_user,
    a_vehicle,
    cancelled,
    keep,
    new_id,
)
from tests.support.worlds import STORAGE_ERRORS, World


async def refusal(world: World, *things: Thing) -> DomainError:
    """How the domain's rule refuses them."""
    with pytest.raises(DomainError) as caught:
        await world.keep(*things)
    return caught.value


async def storage_refusal(world: World, *things: Thing) -> None:
    """They are refused, but no rule of the domain says so: the database has the last word."""
    with pytest.raises(STORAGE_ERRORS):
        await world.keep(*things)


async def test_refused_when_the_id_is_taken(world: World) -> None:
    user = a_user()
    await world.keep(user)
    error = await refusal(world, a_user(id=user.id))
    assert isinstance(error, AlreadyExists)
    assert error.constraint == "pk_users"


async def test_refused_when_the_phone_is_taken(world: World) -> None:
    user = a_user()
    await world.keep(user)
    error = await refusal(world, a_user(phone=user.phone))
    assert isinstance(error, AlreadyExists)
    assert error.constraint == "uq_users_phone"


async def test_refused_when_the_email_is_taken_in_another_case(world: World) -> None:
    await world.keep(a_user(email="Awa@exemple.test"))
    error = await refusal(world, a_user(email="aWA@EXEMPLE.test"))
    assert isinstance(error, AlreadyExists)
    assert error.constraint == "uq_users_email"


async def test_kept_when_nobody_has_phone_or_email(world: World) -> None:
    await world.keep(a_user(phone=None, email=None), a_user(phone=None, email=None))


async def test_refused_when_a_save_takes_what_is_taken(world: World) -> None:
    one, other = a_user(), a_user()
    await world.keep(one, other)
    other.phone = one.phone
    with pytest.raises(AlreadyExists):
        async with world.begin() as unit:
            await unit.users.save(other)


async def test_kept_when_a_save_leaves_the_unique_value_as_it_is(world: World) -> None:
    user = a_user(email="awa@exemple.test")
    await world.keep(user)
    async with world.begin() as unit:
        await unit.users.save(user)
    assert user.version == 2


async def test_plate_taken_when_another_vehicle_has_it(scene: Scene) -> None:
    plate = scene.driver.vehicle.plate_number
    assert isinstance(await refusal(scene.world, a_vehicle(scene.passenger, plate_number=plate)), PlateTaken)


@pytest.mark.parametrize("status", [BookingStatus.PENDING, BookingStatus.ACCEPTED, BookingStatus.PAID])
async def test_already_booked_when_the_passenger_has_a_live_booking(scene: Scene, status: BookingStatus) -> None:
    await scene.world.keep(a_booking(scene.trip, scene.passenger, status=status))
    assert isinstance(await refusal(scene.world, a_booking(scene.trip, scene.passenger)), AlreadyBooked)


@pytest.mark.parametrize("status", [BookingStatus.COMPLETED, BookingStatus.CANCELLED])
async def test_kept_when_the_passengers_booking_is_over(scene: Scene, status: BookingStatus) -> None:
    over = a_booking(scene.trip, scene.passenger, status=status)
    await scene.world.keep(over, a_booking(scene.trip, scene.passenger))


async def test_already_booked_when_an_old_booking_comes_back_to_life(scene: Scene) -> None:
    old = cancelled(a_booking(scene.trip, scene.passenger))
    await scene.world.keep(old, a_booking(scene.trip, scene.passenger))
    old.status = BookingStatus.ACCEPTED
    with pytest.raises(AlreadyBooked):
        async with scene.world.begin() as unit:
            await unit.bookings.save(old)


async def test_kept_when_two_passengers_book_one_trip(scene: Scene) -> None:
    other = a_user()
    await scene.world.keep(other, a_booking(scene.trip, scene.passenger), a_booking(scene.trip, other))


def overlapping(driver: Driver, shift: timedelta, **given: Any) -> Trip:
    return a_trip(driver, departure_time=DEPARTURE + shift, **given)


@pytest.mark.parametrize("shift", [timedelta(0), 3 * HOUR - SECOND, SECOND - 3 * HOUR])
@pytest.mark.parametrize("status", [TripStatus.PUBLISHED, TripStatus.ONGOING])
async def test_overlap_when_the_driver_is_on_the_road(scene: Scene, shift: timedelta, status: TripStatus) -> None:
    assert isinstance(await refusal(scene.world, overlapping(scene.driver, shift, status=status)), TripsOverlap)


@pytest.mark.parametrize("shift", [3 * HOUR, -3 * HOUR])
async def test_kept_when_one_trip_begins_as_the_other_ends(scene: Scene, shift: timedelta) -> None:
    await scene.world.keep(overlapping(scene.driver, shift))


@pytest.mark.parametrize("status", [TripStatus.DRAFT, TripStatus.COMPLETED, TripStatus.CANCELLED])
async def test_kept_when_the_other_trip_is_not_on_the_road(scene: Scene, status: TripStatus) -> None:
    await scene.world.keep(overlapping(scene.driver, timedelta(0), status=status))


async def test_kept_when_another_driver_drives_then(scene: Scene) -> None:
    other = a_driver()
    await scene.world.keep(other, overlapping(other, timedelta(0)))


async def test_overlap_when_a_draft_is_published(scene: Scene) -> None:
    draft = overlapping(scene.driver, HOUR, status=TripStatus.DRAFT)
    await scene.world.keep(draft)
    draft.status = TripStatus.PUBLISHED
    with pytest.raises(TripsOverlap):
        async with scene.world.begin() as unit:
            await unit.trips.save_route(draft)


@pytest.mark.parametrize("status", [PaymentStatus.INIT, PaymentStatus.AUTHORIZED])
async def test_refused_when_the_booking_has_an_open_payment(scene: Scene, status: PaymentStatus) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    await scene.world.keep(booking, a_payment(booking, status=status))
    error = await refusal(scene.world, a_payment(booking))
    assert isinstance(error, AlreadyExists)
    assert error.constraint == "uq_payments_open"


async def test_kept_when_the_booking_has_payments_that_are_not_open(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    over = [
        a_payment(booking, status=s) for s in PaymentStatus if s not in (PaymentStatus.INIT, PaymentStatus.AUTHORIZED)
    ]
    await scene.world.keep(booking, *over, a_payment(booking))


async def test_kept_when_several_open_payments_have_no_booking(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    await scene.world.keep(a_payment(booking, booking_id=None), a_payment(booking, booking_id=None))


async def test_refused_when_the_provider_gave_the_reference_to_another_payment(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    first = a_payment(booking, booking_id=None, provider_ref="cos-1")
    await scene.world.keep(first, a_payment(booking, booking_id=None, provider_ref="cos-1", method=Method.MTN))
    error = await refusal(scene.world, a_payment(booking, booking_id=None, provider_ref="cos-1"))
    assert isinstance(error, AlreadyExists)
    assert error.constraint == "uq_payments_provider_ref"


def a_token(session: Session) -> RefreshToken:
    return RefreshToken(id=new_id(), session_id=session.id, token_hash="h", expires_at=NOW + HOUR, created_at=NOW)


def a_session() -> Session:
    return Session(id=new_id(), user_id=new_id(), audience=Audience.ALLOCAR, created_at=NOW)


async def test_refused_when_the_token_hash_is_taken(world: World) -> None:
    session = a_session()

    async def twice(unit: AnyUnit) -> None:
        await unit.sessions.add(session)
        await unit.refresh_tokens.add(a_token(session))
        await unit.refresh_tokens.add(a_token(session))

    with pytest.raises(AlreadyExists) as caught:
        await world.run(twice)
    assert caught.value.constraint == "uq_refresh_tokens_token_hash"


async def test_refused_when_the_session_of_a_token_is_missing(world: World) -> None:
    with pytest.raises(STORAGE_ERRORS):
        await world.run(lambda unit: unit.refresh_tokens.add(a_token(a_session())))


STRANGER = a_user()
ORPHANS: dict[str, Callable[[Scene], Thing]] = {
    "paper": lambda _: a_paper(STRANGER),
    "vehicle": lambda _: a_vehicle(STRANGER),
    "trip without driver": lambda s: a_trip(Driver(STRANGER, s.driver.vehicle)),
    "trip without vehicle": lambda s: a_trip(Driver(s.passenger, a_vehicle(s.passenger))),
    "booking without trip": lambda s: a_booking(a_trip(s.driver), s.passenger),
    "booking without passenger": lambda s: a_booking(s.trip, STRANGER),
    "booking without pickup": lambda s: a_booking(s.trip, s.passenger, pickup_stop_id=new_id()),
    "booking without dropoff": lambda s: a_booking(s.trip, s.passenger, dropoff_stop_id=new_id()),
    "payment without booking": lambda s: a_payment(a_booking(s.trip, s.passenger)),
    "payment without payer": lambda s: a_payment(a_booking(s.trip, STRANGER), booking_id=None),
}


@pytest.mark.parametrize("orphan", ORPHANS)
async def test_refused_when_it_points_to_nothing(scene: Scene, orphan: str) -> None:
    await storage_refusal(scene.world, ORPHANS[orphan](scene))


FAR = datetime(2026, 1, 1, tzinfo=NOW.tzinfo)
UNSOUND: dict[str, Callable[[Scene], Thing]] = {
    "stretch oversold": lambda s: a_trip(s.driver, departure_time=FAR, seats_held=[2], seats_sold=[2]),
    "held below zero": lambda s: a_trip(s.driver, departure_time=FAR, seats_held=[-1]),
    "sold below zero": lambda s: a_trip(s.driver, departure_time=FAR, seats_sold=[-1]),
    "counts of unlike length": lambda s: a_trip(s.driver, departure_time=FAR, seats_held=[0, 0]),
    "no stretch": lambda s: a_trip(s.driver, departure_time=FAR, seats_held=[], seats_sold=[]),
    "more left than there are": lambda s: a_trip(s.driver, departure_time=FAR, seats_available=4),
    "left below zero": lambda s: a_trip(s.driver, departure_time=FAR, seats_available=-1),
    "arrival before departure": lambda s: a_trip(s.driver, departure_time=FAR, arrival_eta=FAR),
    "price below zero": lambda s: a_trip(s.driver, departure_time=FAR, price_per_seat=-1),
    "price beyond the column": lambda s: a_trip(s.driver, departure_time=FAR, price_per_seat=MAX_AMOUNT_XOF + 1),
    "stop's price below zero": lambda s: a_trip(s.driver, departure_time=FAR, stops=[a_stop(price_from_origin=-1)]),
    "no seats": lambda s: a_booking(s.trip, s.passenger, seats=0),
    "fare below zero": lambda s: a_booking(s.trip, s.passenger, amount_total=-1),
    "commission above the fare": lambda s: a_booking(s.trip, s.passenger, amount_total=1, fees=2),
    "commission below zero": lambda s: a_booking(s.trip, s.passenger, fees=-1),
    "ride to nowhere": lambda s: a_booking(s.trip, s.passenger, board=1, alight=1),
    "ride from nowhere": lambda s: a_booking(s.trip, s.passenger, board=-1),
    "fare in dollars": lambda s: a_booking(s.trip, s.passenger, currency="USD"),
    "payment below zero": lambda s: payment_of(s, amount=-1),
    "payment beyond the column": lambda s: payment_of(s, amount=MAX_AMOUNT_XOF + 1),
    "fees below zero": lambda s: payment_of(s, fees=-1),
    "more back than came": lambda s: payment_of(s, refunded_amount=10_000_000),
    "payment in dollars": lambda s: payment_of(s, currency="USD"),
    "nothing where something must be": lambda _: a_user(language=None),
    "text with a NUL": lambda _: a_user(first_name="a\0b"),
    "text with half a character": lambda _: a_user(first_name="\ud83d"),
    "NUL in JSON": lambda s: payment_of(s, raw_payload={"note": "a\0b"}),
    "number beyond the column": lambda s: a_vehicle(s.passenger, year=2**31),
    "rating beyond the column": lambda _: a_user(rating_avg=Decimal(10)),
}


def payment_of(scene: Scene, **given: Any) -> Payment:
    return a_payment(a_booking(scene.trip, scene.passenger), booking_id=None, **given)


@pytest.mark.parametrize("unsound", UNSOUND)
async def test_refused_when_a_value_is_unsound(scene: Scene, unsound: str) -> None:
    await storage_refusal(scene.world, UNSOUND[unsound](scene))


async def test_kept_when_amounts_are_at_their_bounds(scene: Scene) -> None:
    free = a_booking(scene.trip, scene.passenger, amount_total=0, fees=0)
    dear = payment_of(scene, amount=MAX_AMOUNT_XOF, refunded_amount=MAX_AMOUNT_XOF)
    await scene.world.keep(free, dear)


async def test_refused_when_a_save_oversells(scene: Scene) -> None:
    scene.trip.seats_sold = [0, 4]
    with pytest.raises(STORAGE_ERRORS):
        await scene.world.run(lambda unit: unit.trips.save(scene.trip))


async def test_kept_when_the_last_seats_are_sold(scene: Scene) -> None:
    booking: Booking = a_booking(scene.trip, scene.passenger, seats=3)
    async with scene.world.begin() as unit:
        trip = await unit.trips.get(scene.trip.id)
        trip.hold(booking.ride, booking.seats)
        trip.sell(booking.ride, booking.seats)
        await unit.trips.save(trip)
        await keep(unit, booking)
    view = await scene.world.queries.trip(scene.trip.id, viewer_id=None)
    assert view is not None
    assert view.seats_available == 0


async def test_refused_when_two_stops_bear_one_number(scene: Scene) -> None:
    stops = [a_stop(1), replace(a_stop(1), label="twin")]
    error = await refusal(scene.world, a_trip(scene.driver, stops=stops, status=TripStatus.DRAFT))
    assert isinstance(error, AlreadyExists)
    assert error.constraint == "uq_trip_stops_trip_id_order"
