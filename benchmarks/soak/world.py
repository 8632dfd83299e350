"""People and companies that the load is made by, put in beforehand, and what was acknowledged to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import batched
from typing import Any
from uuid import UUID, uuid4

from allonova.domain.carpool.booking import Booking
from allonova.domain.dispatch.client import Client
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import StaffRole, StaffUser
from allonova.domain.dispatch.taxi import Taxi
from allonova.domain.identity.admin_user import AdminUser
from allonova.domain.identity.roles import Role
from allonova.domain.identity.session import Audience
from allonova.domain.identity.user import User
from tests.e2e.stage import Stage
from tests.support.factories import Driver, Thing, an_admin
from tests.support.nova import a_client, a_colleague, a_societe, a_taxi

LASTING = timedelta(hours=3)  # of a token: nobody logs in again for the load's sake
AT_ONCE = 50
TAXIS, ROOMS = 6, 3


@dataclass(slots=True)
class Kept:
    """What was acknowledged, to be found again at the end."""

    trips: set[str] = field(default_factory=set)
    bookings: dict[str, str] = field(default_factory=dict)
    """Each with the person who made it."""
    pressed: dict[str, str] = field(default_factory=dict)
    """Payments that the payer has paid at his provider, with the method."""
    rides: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    said: dict[str, list[str]] = field(default_factory=dict)
    """Messages of a booking, in their order."""
    orders: dict[str, str] = field(default_factory=dict)
    """References of NOVA, with the mail of whoever ordered."""
    moves: dict[str, dict[str, Any]] = field(default_factory=dict)
    """A card as the last acknowledged change left it."""
    accepted: set[str] = field(default_factory=set)
    photos: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Company:
    """A company of NOVA."""

    societe: Societe
    admin: StaffUser
    client: Client
    taxis: list[Taxi]
    chauffeurs: list[StaffUser]


@dataclass(frozen=True, slots=True)
class World:
    """Everybody. Drivers and passengers are used once each."""

    stage: Stage
    drivers: list[Driver]
    passengers: list[User]
    admin: AdminUser
    company: Company
    rooms: list[Booking]
    kept: Kept = field(default_factory=Kept)

    def user(self, id: UUID) -> dict[str, str]:
        """The header of somebody who rides."""
        return self._bearer(id, Audience.ALLOCAR)

    def back_office(self) -> dict[str, str]:
        """That of the back office."""
        return self._bearer(self.admin.id, Audience.ALLOCAR_ADMIN, role=self.admin.role)

    def staff(self, user: StaffUser) -> dict[str, str]:
        """That of somebody of the company."""
        return self._bearer(user.id, Audience.NOVA, role=user.role.value, tenant=user.societe_id)

    def _bearer(self, id: UUID, audience: Audience, **more: Any) -> dict[str, str]:
        now = self.stage.clock.now()
        token = self.stage.tokens.sign(
            subject=id, session=uuid4(), audience=audience, issued_at=now, expires_at=now + LASTING, **more
        )
        return {"Authorization": f"Bearer {token}"}


async def make_world(stage: Stage, *, drivers: int, passengers: int) -> World:
    """Put them in."""
    some_drivers = [stage.a_driver() for _ in range(drivers)]
    some_passengers = [stage.a_user() for _ in range(passengers)]
    admin = an_admin(Role.SUPER)
    await _keep(stage, [admin, *some_drivers, *some_passengers])
    rooms = [await stage.a_held_booking() for _ in range(ROOMS)]
    return World(stage, some_drivers, some_passengers, admin, await _company(stage), rooms)


async def _keep(stage: Stage, things: Iterable[Thing]) -> None:
    for some in batched(things, AT_ONCE):
        await stage.keep(*some)


async def _company(stage: Stage) -> Company:
    now = stage.clock.now()
    slug = f"taxis-{uuid4().hex[:8]}"
    societe = a_societe(slug=slug, created_at=now, updated_at=now)
    admin, client = a_colleague(societe, email=f"office@{slug}.test"), a_client(societe)
    taxis = [a_taxi(societe) for _ in range(TAXIS)]
    chauffeurs = [
        a_colleague(societe, StaffRole.CHAUFFEUR, taxi_id=taxi.id, email=f"c{number}@{slug}.test")
        for number, taxi in enumerate(taxis)
    ]
    async with stage.units.begin_for(societe.id) as unit:
        await unit.societes.add(societe)
        await unit.clients.add(client)
        for taxi in taxis:
            await unit.taxis.add(taxi)
        for user in (admin, *chauffeurs):
            await unit.staff.add(user)
    return Company(societe, admin, client, taxis, chauffeurs)
