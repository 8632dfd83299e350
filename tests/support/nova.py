"""Companies as a test plays them: staff with clients, taxis, commandes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from allonova.application.identity.open_session import SessionDesk
from allonova.domain.dispatch.client import Client, ClientType
from allonova.domain.dispatch.commande import Commande, end_of
from allonova.domain.dispatch.demande import Demande
from allonova.domain.dispatch.intervention import Intervention
from allonova.domain.dispatch.notification import Notification
from allonova.domain.dispatch.semaine import Semaine
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import Membre, StaffRole, StaffUser
from allonova.domain.dispatch.taxi import Taxi
from allonova.domain.identity.session import ACCESS_TTL, Audience
from tests.support.api import Api
from tests.support.factories import NOW
from tests.support.wire import ROOT, data

_numbers = itertools.count(1)

type Kept = Societe | Taxi | StaffUser | Client | Commande | Demande | Intervention | Notification | Semaine


def a_societe(**given: Any) -> Societe:
    """A company in Abidjan."""
    number = next(_numbers)
    fields: dict[str, Any] = {
        "id": uuid4(),
        "nom": f"Taxis {number}",
        "slug": f"taxis-{number}",
        "adresse": "Plateau, Abidjan",
        "telephone": "+2252720000000",
        "email": f"office{number}@taxis.test",
        "pays": "CI",
        "fuseau": "Africa/Abidjan",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Societe(**fields | given)


def a_taxi(societe: Societe, **given: Any) -> Taxi:
    """One that is free."""
    number = next(_numbers)
    fields: dict[str, Any] = {
        "id": uuid4(),
        "societe_id": societe.id,
        "numero": f"T{number}",
        "plaque": f"{number:04d} AB 01",
        "vignette": f"V-{number}",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Taxi(**fields | given)


def a_colleague(societe: Societe, role: StaffRole = StaffRole.ADMIN, **given: Any) -> StaffUser:
    """Somebody of staff, without a password."""
    number = next(_numbers)
    fields: dict[str, Any] = {
        "id": uuid4(),
        "societe_id": societe.id,
        "email": f"{role.value}{number}@taxis.test",
        "role": role,
        "name": f"{role.value.capitalize()} {number}",
        "phone": f"+22507{number:08d}",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return StaffUser(**fields | given)


def a_client(societe: Societe, **given: Any) -> Client:
    """A hotel."""
    number = next(_numbers)
    fields: dict[str, Any] = {
        "id": uuid4(),
        "societe_id": societe.id,
        "type": ClientType.HOTEL,
        "nom": f"Hôtel {number}",
        "contact_email": f"client{number}@hotels.test",
        "contact_phone": "+2252721000000",
        "adresse": "Cocody, Abidjan",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Client(**fields | given)


def a_commande(societe: Societe, client: Client, **given: Any) -> Commande:
    """One that waits, for three hours after NOW."""
    number = next(_numbers)
    fields: dict[str, Any] = {
        "id": uuid4(),
        "societe_id": societe.id,
        "reference": f"NV-{NOW.year}-{900_000 + number:06d}",
        "client_id": client.id,
        "prise_en_charge": "Gare du Nord",
        "destination": "Aéroport",
        "date_iso": NOW + timedelta(hours=3),
        "duree_minutes": 60,
        "en_attente_depuis": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }
    fields |= given
    fields.setdefault("fin_iso", end_of(fields["date_iso"], fields["duree_minutes"]))
    return Commande(**fields)


@dataclass(slots=True, kw_only=True)
class Colleague:
    """Somebody of staff with a client: it sends the access token and renews it when it has run out."""

    api: Api
    user: StaffUser
    tokens: dict[str, str]
    expires_at: datetime

    @property
    def id(self) -> UUID:
        """His account."""
        return self.user.id

    @property
    def membre(self) -> Membre:
        """As use cases know him."""
        return Membre(self.user.id, self.user.societe_id, self.user.role)

    @property
    def bearer(self) -> dict[str, str]:
        """The header that says who asks."""
        return {"Authorization": f"Bearer {self.tokens['accessToken']}"}

    async def get(self, path: str, **params: str | int) -> httpx.Response:
        """`GET /api/…`, with a query string."""
        return await self.send("GET", path, params=params or None)

    async def post(self, path: str, body: object = None, *, key: str | None = None) -> httpx.Response:
        """`POST`, with a JSON body unless it is None."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.send("POST", path, json=body, headers=headers)

    async def patch(self, path: str, body: object, *, version: int | None = None, **params: str) -> httpx.Response:
        """`PATCH`, with an `If-Match` for a version."""
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        return await self.send("PATCH", path, json=body, headers=headers, params=params or None)

    async def delete(self, path: str, **params: str) -> httpx.Response:
        """`DELETE`."""
        return await self.send("DELETE", path, params=params or None)

    async def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """Any request; `path` begins with `/api` or `/auth`."""
        if self.api.clock.now() >= self.expires_at:
            body = {"refreshToken": self.tokens["refreshToken"]}
            self.tokens = data(await self.api.http.post(f"{ROOT}/auth/refresh", json=body))
            self.expires_at = self.api.clock.now() + ACCESS_TTL
        return await self.api.http.request(method, ROOT + path, headers={**self.bearer, **(headers or {})}, **more)


@dataclass(slots=True, kw_only=True)
class Office:
    """A company with an admin and two taxis, each with its chauffeur, and a client."""

    api: Api
    societe: Societe
    admin: Colleague
    taxis: list[Taxi] = field(default_factory=list)
    chauffeurs: list[Colleague] = field(default_factory=list)
    client: Client

    async def keep(self, *things: Kept) -> None:
        """Put things of the company into the store, in this order."""
        await keep_in(self.api, self.societe, *things)

    async def hire(self, role: StaffRole = StaffRole.CHAUFFEUR, **given: Any) -> Colleague:
        """Somebody more of staff, logged in."""
        user = a_colleague(self.societe, role, **given)
        await self.keep(user)
        return await enter(self.api, user)

    async def equip(self, **given: Any) -> tuple[Taxi, Colleague]:
        """One more taxi with its chauffeur."""
        taxi = a_taxi(self.societe, **given)
        await self.keep(taxi)
        chauffeur = await self.hire(taxi_id=taxi.id)
        self.taxis.append(taxi)
        self.chauffeurs.append(chauffeur)
        return taxi, chauffeur

    async def commande(self, **given: Any) -> Commande:
        """One that waits in the pool, put into the store."""
        commande = a_commande(self.societe, self.client, **given)
        await self.keep(commande)
        return commande


async def keep_in(api: Api, societe: Societe, *things: Kept) -> None:
    """Put things of a company into the store, in this order."""
    async with api.service.platform.dispatch.begin_for(societe.id) as unit:
        stores: dict[type[Any], Any] = {
            Societe: unit.societes,
            Taxi: unit.taxis,
            StaffUser: unit.staff,
            Client: unit.clients,
            Commande: unit.commandes,
            Demande: unit.demandes,
            Intervention: unit.interventions,
            Notification: unit.notices,
        }
        for thing in things:
            if isinstance(thing, Semaine):
                await unit.semaines.add_missing([thing])
            else:
                await stores[type(thing)].add(thing)


async def enter(api: Api, user: StaffUser) -> Colleague:
    """Somebody of staff who is logged in, without the long way there."""
    outside, now = api.service.outside, api.clock.now()
    desk = SessionDesk(api.clock, outside.ids, outside.secrets, outside.tokens)
    async with api.service.platform.dispatch.begin_for(user.societe_id) as unit:
        pair = await desk.open(unit, user.id, Audience.NOVA, role=user.role.value, tenant=user.societe_id)
    tokens = {"accessToken": pair.access_token, "refreshToken": pair.refresh_token}
    return Colleague(api=api, user=user, tokens=tokens, expires_at=now + ACCESS_TTL)


async def an_office(api: Api, *, taxis: int = 2, **given: Any) -> Office:
    """A company that works."""
    societe = a_societe(**given)
    admin, client = a_colleague(societe), a_client(societe)
    await keep_in(api, societe, societe, admin, client)
    office = Office(api=api, societe=societe, admin=await enter(api, admin), client=client)
    for _ in range(taxis):
        await office.equip()
    return office
