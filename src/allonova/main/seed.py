"""Demo data: people with verified phones, a driver with papers and a vehicle, trips Abidjan ↔ Yamoussoukro, and a back
office.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.identity.ports import IdentityUnit, PasswordHasher
from allonova.application.kernel.ports import Begin, Clock, Ids, Sealer
from allonova.application.kernel.roads import RoutePlanner
from allonova.domain.carpool.trip import Trip, TripStatus, new_trip
from allonova.domain.carpool.vehicle import Comfort, Vehicle
from allonova.domain.identity.admin_user import AdminUser
from allonova.domain.identity.referral_code import referral_code_of
from allonova.domain.identity.roles import Role
from allonova.domain.identity.user import User
from allonova.domain.kernel.geo import Place, Point
from allonova.domain.kyc.document import KycDocument, KycStatus
from allonova.main.seed_papers import SHOWN, paper_key

DRIVER_PHONE = "+2250700000001"
PASSENGER_PHONE = "+2250700000002"
SECOND_PASSENGER_PHONE = "+2250700000003"
TIMETABLE_PHONE = "+2250700000004"  # drives the trips below, so that the first driver is free at any hour
DEMO_PASSWORD = "demo-allonova"  # noqa: S105 - everybody's, and known to everybody
ADMIN_EMAIL = "{role}@demo.allonova.test"
ABIDJAN = Place(Point(5.3575, -4.0083), "Abidjan, Plateau")
YAMOUSSOUKRO = Place(Point(6.8190, -5.2760), "Yamoussoukro")
DAYS = 7
PEOPLE = (
    (DRIVER_PHONE, "Koffi", "Yao"),
    (PASSENGER_PHONE, "Awa", "Traoré"),
    (SECOND_PASSENGER_PHONE, "Ibrahim", "Koné"),
    (TIMETABLE_PHONE, "Mariam", "Coulibaly"),
)
PLATES = {DRIVER_PHONE: "1234AB01", TIMETABLE_PHONE: "5678CD01"}


class SeedUnit(IdentityUnit, CarpoolUnit, Protocol):
    """A transaction over all that is put in."""


async def seed_demo(
    begin: Begin[SeedUnit],
    *,
    clock: Clock,
    ids: Ids,
    sealer: Sealer,
    hasher: PasswordHasher,
    planner: RoutePlanner,
) -> bool:
    """Put the demo data in. False when it was there already."""
    now = clock.now()
    users = [_user(ids, phone, first, last, now) for phone, first, last in PEOPLE]
    admins = [_admin(ids, role, now) for role in Role]
    for user in users:
        user.password_hash = await hasher.hash(DEMO_PASSWORD)
    for admin in admins:
        admin.password_hash = await hasher.hash(DEMO_PASSWORD)
    drivers = [user for user in users if user.is_driver]
    vehicles = [_vehicle(ids, driver, now) for driver in drivers]
    trips = [await _trip(ids, planner, vehicles[-1], ends, departure) for ends, departure in _timetable(now)]
    async with begin() as unit:
        if await unit.users.find(phone=DRIVER_PHONE) is not None:
            return False
        for user in users:
            await unit.users.add(user)
        for admin in admins:
            await unit.admins.add(admin)
        for driver, vehicle in zip(drivers, vehicles, strict=True):
            for paper in _papers(ids, sealer, driver, now):
                await unit.papers.add(paper)
            await unit.vehicles.add(vehicle)
        for trip in trips:
            await unit.trips.add(trip)
    return True


def _user(ids: Ids, phone: str, first_name: str, last_name: str, now: datetime) -> User:
    return User(
        id=ids.new(),
        phone=phone,
        first_name=first_name,
        last_name=last_name,
        language="fr",
        is_phone_verified=True,
        is_driver=phone in PLATES,
        referral_code=referral_code_of(ids.new()),
        created_at=now,
        updated_at=now,
    )


def _admin(ids: Ids, role: Role, now: datetime) -> AdminUser:
    return AdminUser(id=ids.new(), email=ADMIN_EMAIL.format(role=role), role=role, created_at=now, updated_at=now)


def _timetable(now: datetime) -> list[tuple[tuple[Place, Place], datetime]]:
    """Up in the morning and back in the evening, from tomorrow on."""
    rides = []
    for day in range(1, DAYS + 1):
        date = (now + timedelta(days=day)).date()
        rides.append(((ABIDJAN, YAMOUSSOUKRO), datetime.combine(date, time(7), UTC)))
        rides.append(((YAMOUSSOUKRO, ABIDJAN), datetime.combine(date, time(17), UTC)))
    return rides


def _vehicle(ids: Ids, driver: User, now: datetime) -> Vehicle:
    return Vehicle(
        id=ids.new(),
        user_id=driver.id,
        make="Toyota",
        model="Corolla",
        color="gris",
        plate_number=PLATES[driver.phone or ""],
        seats_total=5,
        comfort_level=Comfort.STANDARD,
        year=2021,
        verified=True,
        created_at=now,
        updated_at=now,
    )


def _papers(ids: Ids, sealer: Sealer, driver: User, now: datetime) -> Sequence[KycDocument]:
    papers = []
    for doc_type in SHOWN:
        id = ids.new()
        papers.append(
            KycDocument(
                id=id,
                user_id=driver.id,
                doc_type=doc_type,
                doc_number=sealer.seal(f"DEMO-{doc_type.upper()}", context=f"kyc_documents.doc_number:{id}"),
                front_url=paper_key(doc_type),
                status=KycStatus.APPROVED,
                reviewed_at=now,
                created_at=now,
                updated_at=now,
            )
        )
    return papers


async def _trip(
    ids: Ids, planner: RoutePlanner, vehicle: Vehicle, ends: tuple[Place, Place], departure: datetime
) -> Trip:
    origin, destination = ends
    reached = await planner.reach([origin.point, destination.point], departure=departure)
    trip = new_trip(
        id=ids.new(),
        driver_id=vehicle.user_id,
        vehicle_id=vehicle.id,
        origin=origin,
        destination=destination,
        departure_time=departure,
        arrival_eta=reached[-1].at,
        distance_m=reached[-1].distance_m,
        price_per_seat=6000,
        seats=4,
        stops=[],
        at=vehicle.created_at,
    )
    trip.status = TripStatus.PUBLISHED
    trip.allow_auto_accept = True
    return trip
