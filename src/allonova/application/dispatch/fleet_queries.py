"""Taxis, clients and phones: reads of one company each, outside a unit or with the changes of one."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.dispatch.fleet_views import StaffDeviceView, TaxiDetail, TaxiView
from allonova.application.dispatch.views import ClientView
from allonova.application.kernel.listing import ListQuery, Page


class FleetQueries(Protocol):
    """Reads of the fleet. Each takes the company first, and sees no other."""

    async def taxis(self, societe_id: UUID, query: ListQuery) -> Page[TaxiView]:
        """Taxis; conditions: statut, active, q; sort: numero, createdAt."""

    async def taxi(self, societe_id: UUID, id: UUID) -> TaxiView | None:
        """One taxi."""

    async def taxi_detail(self, societe_id: UUID, id: UUID, *, now: datetime) -> TaxiDetail | None:
        """One taxi with its day."""

    async def clients(self, societe_id: UUID, query: ListQuery) -> Page[ClientView]:
        """Customers; conditions: type, active, q; sort: nom, createdAt."""

    async def client(self, societe_id: UUID, id: UUID) -> ClientView | None:
        """One customer."""

    async def devices(self, societe_id: UUID, user_id: UUID, query: ListQuery) -> Page[StaffDeviceView]:
        """Somebody's phones; sort: createdAt."""
