"""Taxis, clients and phones."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.company import Reading
from allonova.adapters.postgres.dispatch.board import cards, read_cards
from allonova.adapters.postgres.dispatch.patterns import patterns
from allonova.adapters.postgres.dispatch.stores import CLIENT_SHELF, STAFF_DEVICE_SHELF, STAFF_SHELF, TAXI_SHELF
from allonova.adapters.postgres.dispatch.tables import (
    CLIENT_NOM,
    CLIENTS,
    COMMANDES,
    DEVICES,
    SOCIETES,
    TAXI_POSITIONS,
    TAXIS,
    USERS,
)
from allonova.adapters.postgres.lists import Condition, Listing, LongListing
from allonova.adapters.postgres.runner import Row
from allonova.adapters.postgres.statements import compile_once
from allonova.application.dispatch.fleet_queries import FleetQueries
from allonova.application.dispatch.fleet_views import (
    StaffDeviceView,
    TaxiDetail,
    TaxiView,
    staff_device_view,
    taxi_detail,
    taxi_view,
)
from allonova.application.dispatch.views import ClientView, client_view
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.dispatch.calendrier import bounds, local_day
from allonova.domain.dispatch.commande import CommandeStatut
from allonova.domain.dispatch.staff import StaffRole
from allonova.domain.kernel.machine import Party

_DRIVER = (USERS.c.taxi_id == TAXIS.c.id) & USERS.c.active & (USERS.c.role == StaffRole.CHAUFFEUR.value)
FLEET = select(
    *TAXI_SHELF.mapper.columns("ta_"),
    *STAFF_SHELF.mapper.columns("us_"),
    TAXI_POSITIONS.c.point.label("seen_point"),
    TAXI_POSITIONS.c.at.label("seen_at"),
).select_from(
    TAXIS.outerjoin(USERS, _DRIVER).outerjoin(TAXI_POSITIONS, TAXI_POSITIONS.c.taxi_id == TAXIS.c.id),
)
_TAXIS = Listing(
    FLEET,
    {
        "id": TAXIS.c.id,
        "numero": TAXIS.c.numero,
        "createdAt": TAXIS.c.created_at,
        "statut": TAXIS.c.statut,
        "active": TAXIS.c.active,
    },
    conditions={"q": Condition(lambda given: TAXIS.c.recherche.like(given.any_()), ARRAY(Text), patterns)},
)
_TAXI = compile_once(
    FLEET.add_columns(SOCIETES.c.fuseau).where(TAXIS.c.id == bindparam("taxi"), SOCIETES.c.id == TAXIS.c.societe_id)
)
_DAY = compile_once(
    cards()
    .where(
        COMMANDES.c.taxi_id == bindparam("taxi"),
        COMMANDES.c.date_iso >= bindparam("start", type_=DateTime(timezone=True)),
        COMMANDES.c.date_iso < bindparam("stop", type_=DateTime(timezone=True)),
        COMMANDES.c.statut != CommandeStatut.ANNULEE.value,
    )
    .order_by(COMMANDES.c.date_iso, COMMANDES.c.id)
)
_CLIENTS = LongListing(
    select(CLIENTS.c.id),
    {
        "id": CLIENTS.c.id,
        "nom": CLIENT_NOM,
        "createdAt": CLIENTS.c.created_at,
        "type": CLIENTS.c.type,
        "active": CLIENTS.c.active,
    },
    shown=select(*CLIENT_SHELF.mapper.columns()),
    conditions={
        "q": Condition(
            lambda given: CLIENTS.c.id.in_(select(func.dispatch.chercher_clients(given))), ARRAY(Text), patterns
        )
    },
)
_CLIENT = compile_once(CLIENT_SHELF.select(CLIENTS.c.id == bindparam("client")))
_DEVICES = Listing(
    STAFF_DEVICE_SHELF.select(DEVICES.c.user_id == bindparam("reader")),
    {"id": DEVICES.c.id, "createdAt": DEVICES.c.created_at},
)
_read_taxi = TAXI_SHELF.mapper.reader("ta_")
_read_driver = STAFF_SHELF.mapper.reader("us_")
_read_client = CLIENT_SHELF.mapper.reader()
_read_device = STAFF_DEVICE_SHELF.mapper.reader()


def show_taxi(row: Row) -> TaxiView:
    """The taxi of a row of `FLEET`."""
    driver = None if row["us_id"] is None else _read_driver(row)
    return taxi_view(_read_taxi(row), driver=driver, point=row["seen_point"], seen_at=row["seen_at"])


class PostgresFleetQueries:
    """Reads in short transactions of a company, or in the unit that it is given."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def taxis(self, societe_id: UUID, query: ListQuery) -> Page[TaxiView]:
        """See FleetQueries."""
        async with self._reading(societe_id) as runner:
            rows, total = await _TAXIS.rows(runner, query)
        return Page([show_taxi(row) for row in rows], total)

    async def taxi(self, societe_id: UUID, id: UUID) -> TaxiView | None:
        """See FleetQueries."""
        async with self._reading(societe_id) as runner:
            row = await runner.fetchrow(_TAXI.sql, *_TAXI.args(taxi=id))
        return None if row is None else show_taxi(row)

    async def taxi_detail(self, societe_id: UUID, id: UUID, *, now: datetime) -> TaxiDetail | None:
        """See FleetQueries."""
        async with self._reading(societe_id) as runner:
            row = await runner.fetchrow(_TAXI.sql, *_TAXI.args(taxi=id))
            if row is None:
                return None
            today = local_day(now, row["fuseau"])
            start, stop = bounds(today, today, row["fuseau"])
            day = await runner.fetch(_DAY.sql, *_DAY.args(taxi=id, start=start, stop=stop, now=now))
        return taxi_detail(show_taxi(row), read_cards(day, Party.ADMIN))

    async def clients(self, societe_id: UUID, query: ListQuery) -> Page[ClientView]:
        """See FleetQueries."""
        async with self._reading(societe_id, replan=True) as runner:
            rows, total = await _CLIENTS.rows(runner, query)
        return Page([client_view(_read_client(row)) for row in rows], total)

    async def client(self, societe_id: UUID, id: UUID) -> ClientView | None:
        """See FleetQueries."""
        async with self._reading(societe_id) as runner:
            row = await runner.fetchrow(_CLIENT.sql, *_CLIENT.args(client=id))
        return None if row is None else client_view(_read_client(row))

    async def devices(self, societe_id: UUID, user_id: UUID, query: ListQuery) -> Page[StaffDeviceView]:
        """See FleetQueries."""
        async with self._reading(societe_id) as runner:
            rows, total = await _DEVICES.rows(runner, query, reader=user_id)
        return Page([staff_device_view(_read_device(row)) for row in rows], total)


def _conforms(queries: PostgresFleetQueries) -> FleetQueries:
    return queries
