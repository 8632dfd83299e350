"""Stores: what goes in comes out, versions are checked, the first of nothing is None."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from allonova.application.kernel.ports import Store
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.carpool.vehicle import Vehicle
from allonova.domain.identity.otp import Otp
from allonova.domain.identity.session import Audience, RefreshToken, Session
from allonova.domain.identity.user import Gender, User
from allonova.domain.kernel.errors import NotFound, StaleVersion
from allonova.domain.kyc.document import DocType, KycDocument, KycStatus
from allonova.domain.money.payment import Flag, Payment, PaymentStatus
from tests.contract.conftest import Scene
from tests.support.factories import (
    HOUR,
    NOW,
    AnyUnit,
    a_booking,
    a_driver,
    a_paper,
    a_payment,
    a_stop,
    a_trip,
    a_user,
    a_vehicle,
    new_id,
    paid,
)
from tests.support.worlds import World

type Entity = User | KycDocument | Vehicle | Trip | Booking | Payment | Otp | Session | RefreshToken


def store_of(unit: AnyUnit, entity: Entity) -> Store[Entity]:
    stores = {
        User: unit.users,
        KycDocument: unit.papers,
        Vehicle: unit.vehicles,
        Trip: unit.trips,
        Booking: unit.bookings,
        Payment: unit.payments,
        Otp: unit.otps,
        Session: unit.sessions,
        RefreshToken: unit.refresh_tokens,
    }
    return stores[type(entity)]  # type: ignore[return-value] # the store of its own type


def full_user() -> User:
    return a_user(
        email="Awa.Kone@exemple.test",
        password_hash="$argon2id$",
        gender=Gender.FEMALE,
        birthdate=date(1990, 2, 28),
        photo_url="photos/1.jpg",
        language="fr",
        is_driver=True,
        is_active=False,
        is_email_verified=True,
        rating_avg=Decimal("4.67"),
        rating_count=3,
    )


def entities(scene: Scene) -> list[Entity]:
    """One of each, with every column filled, in an order that the foreign keys allow."""
    user = full_user()
    session = Session(id=new_id(), user_id=user.id, audience=Audience.ALLOCAR, revoked_at=NOW, created_at=NOW)
    later = a_trip(scene.driver, departure_time=scene.trip.departure_time + 24 * HOUR, stops=[a_stop(), a_stop(2)])
    booking = a_booking(scene.trip, scene.passenger)
    paid(scene.trip, booking)
    booking.checked_in_at = booking.started_at = booking.ended_at = NOW + HOUR
    reviewed = {"reviewed_by": new_id(), "reviewed_at": NOW, "notes": "blurred", "back_url": "kyc/back.jpg"}
    payment = a_payment(
        booking,
        provider_ref="cos-1",
        fees=60,
        refunded_amount=100,
        flags=["amount_mismatch"],
        failure_code="declined",
        failure_message="no",
        intent={"kind": "redirect", "url": "https://pay.test", "n": [1, {"deep": None}]},
        raw_payload={"é": "ü", "amount": 6000.5},
    )
    return [
        user,
        session,
        RefreshToken(
            id=new_id(), session_id=session.id, token_hash="h", used_at=NOW, expires_at=NOW + HOUR, created_at=NOW
        ),
        Otp(id=new_id(), target="+2250700000000", code_hash="h", expires_at=NOW, consumed_at=NOW, created_at=NOW),
        a_paper(user, DocType.PASSPORT, status=KycStatus.REJECTED, **reviewed),
        a_vehicle(user, year=2020, verified=True),
        replace(later, luggage_policy="1 bag", rules="No smoking", allow_auto_accept=True, version=7),
        booking,
        payment,
    ]


async def test_every_field_comes_back_when_an_entity_is_read(scene: Scene) -> None:
    things = entities(scene)
    async with scene.world.begin() as unit:
        for thing in things:
            await store_of(unit, thing).add(thing)
    async with scene.world.begin() as unit:
        for thing in things:
            assert await store_of(unit, thing).get(thing.id) == thing


async def test_empty_columns_come_back_empty_when_an_entity_is_read(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    things: list[Entity] = [a_user(phone=None), a_trip(scene.driver, status=TripStatus.DRAFT), booking]
    things.append(a_payment(booking))
    async with scene.world.begin() as unit:
        for thing in things:
            await store_of(unit, thing).add(thing)
    async with scene.world.begin() as unit:
        for thing in things:
            assert await store_of(unit, thing).get(thing.id, lock=True) == thing


async def test_version_raised_on_both_sides_when_saved(scene: Scene) -> None:
    things = entities(scene)
    async with scene.world.begin() as unit:
        for thing in things:
            await store_of(unit, thing).add(thing)
    before = [thing.version for thing in things]
    async with scene.world.begin() as unit:
        for thing in things:
            await store_of(unit, thing).save(thing)
    assert [thing.version for thing in things] == [version + 1 for version in before]
    async with scene.world.begin() as unit:
        for thing in things:
            assert await store_of(unit, thing).get(thing.id) == thing


async def test_every_changed_field_comes_back_when_saved(world: World) -> None:
    user = a_user()
    await world.keep(user)
    changed = replace(full_user(), id=user.id)
    async with world.begin() as unit:
        await unit.users.save(changed)
    async with world.begin() as unit:
        assert await unit.users.get(user.id) == changed


async def test_stale_when_somebody_saved_in_between(world: World) -> None:
    user = a_user()
    await world.keep(user)
    stale = copy.deepcopy(user)
    async with world.begin() as unit:
        await unit.users.save(user)
    with pytest.raises(StaleVersion):
        async with world.begin() as unit:
            await unit.users.save(stale)
    assert stale.version == 1


@pytest.mark.parametrize("version", [0, 2])
async def test_stale_when_the_version_is_not_that_of_the_row(world: World, version: int) -> None:
    user = a_user()
    await world.keep(user)
    user.version = version
    with pytest.raises(StaleVersion):
        async with world.begin() as unit:
            await unit.users.save(user)


async def test_stale_when_the_saved_row_does_not_exist(world: World) -> None:
    with pytest.raises(StaleVersion):
        async with world.begin() as unit:
            await unit.users.save(a_user())


async def test_saved_twice_when_in_one_unit(world: World) -> None:
    user = a_user()
    async with world.begin() as unit:
        await unit.users.add(user)
        await unit.users.save(user)
        await unit.users.save(user)
    async with world.begin() as unit:
        assert (await unit.users.get(user.id)).version == 3


async def test_not_found_when_the_id_is_unknown(scene: Scene) -> None:
    async with scene.world.begin() as unit:
        for thing in entities(scene):
            with pytest.raises(NotFound):
                await store_of(unit, thing).get(new_id())


async def test_found_when_all_fields_are_equal(scene: Scene) -> None:
    vehicle = scene.driver.vehicle
    async with scene.world.begin() as unit:
        assert await unit.vehicles.find(id=vehicle.id, user_id=scene.driver.id) == vehicle
        assert await unit.vehicles.find(plate_number=vehicle.plate_number, lock=True) == vehicle
        assert await unit.trips.find(id=scene.trip.id, status=TripStatus.PUBLISHED) == scene.trip
        assert await unit.trips.find(driver_id=scene.driver.id, status=TripStatus.DRAFT) is None


async def test_none_when_one_field_differs(scene: Scene) -> None:
    async with scene.world.begin() as unit:
        assert await unit.vehicles.find(id=scene.driver.vehicle.id, user_id=scene.passenger.id) is None
        assert await unit.payments.find(provider_ref="nowhere") is None


async def test_found_when_looked_for_by_an_empty_column(scene: Scene) -> None:
    nobody = a_user(phone=None)
    await scene.world.keep(nobody)
    async with scene.world.begin() as unit:
        assert await unit.users.find(phone=None) == nobody


async def test_found_when_the_email_is_written_in_another_case(world: World) -> None:
    user = a_user(email="Awa@exemple.test")
    await world.keep(user)
    async with world.begin() as unit:
        assert await unit.users.find(email="aWA@EXEMPLE.test") == user
        assert await unit.users.find(first_name="awa") is None


async def test_error_when_looked_for_by_an_unknown_field(scene: Scene) -> None:
    with pytest.raises((AttributeError, KeyError, TypeError, ValueError)):
        async with scene.world.begin() as unit:
            await unit.users.find(nickname="x")


async def test_stops_replaced_when_the_route_is_saved(scene: Scene) -> None:
    first, second = a_stop(1, label="N'Douci", price_from_origin=2_000), a_stop(2)
    async with scene.world.begin() as unit:
        trip = await unit.trips.get(scene.trip.id)
        trip.stops, trip.seats_held, trip.seats_sold = [first, second], [0] * 3, [0] * 3
        await unit.trips.save_route(trip)
    async with scene.world.begin() as unit:
        assert (await unit.trips.get(trip.id)).stops == [first, second]


async def test_stops_renumbered_when_the_same_ones_change_places(scene: Scene) -> None:
    one, two = a_stop(1), a_stop(2)
    driver = a_driver()
    trip = a_trip(driver, stops=[one, two])
    await scene.world.keep(driver, trip)
    async with scene.world.begin() as unit:
        trip = await unit.trips.get(trip.id)
        trip.stops = [replace(two, order=1), replace(one, order=2)]
        await unit.trips.save_route(trip)
    async with scene.world.begin() as unit:
        assert [stop.id for stop in (await unit.trips.get(trip.id)).stops] == [two.id, one.id]


async def test_stale_when_the_route_of_an_old_version_is_saved(scene: Scene) -> None:
    stale = copy.deepcopy(scene.trip)
    async with scene.world.begin() as unit:
        await unit.trips.save(scene.trip)
    with pytest.raises(StaleVersion):
        async with scene.world.begin() as unit:
            await unit.trips.save_route(stale)


async def test_the_trip_when_looked_for_by_its_booking(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    await scene.world.keep(booking)
    async with scene.world.begin() as unit:
        assert await unit.trips.of_booking(booking.id) == scene.trip


async def test_not_found_when_looked_for_by_an_unknown_booking(scene: Scene) -> None:
    async with scene.world.begin() as unit:
        with pytest.raises(NotFound):
            await unit.trips.of_booking(new_id())


async def test_rating_rounded_to_two_decimals_when_kept(world: World) -> None:
    user = a_user(rating_avg=Decimal(14) / 3)
    await world.keep(user)
    async with world.begin() as unit:
        assert (await unit.users.get(user.id)).rating_avg == Decimal("4.67")


async def test_open_payment_untouched_when_another_is_saved(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    gone, here = a_payment(booking, status=PaymentStatus.FAILED), a_payment(booking)
    await scene.world.keep(booking, gone, here)
    async with scene.world.begin() as unit:
        gone.flag(Flag.AMOUNT_MISMATCH, at=NOW)
        await unit.payments.save(gone)
    async with scene.world.begin() as unit:
        assert await unit.payments.get(here.id) == here
