"""Where taxis are and were, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from allonova.adapters.memory.dispatch.tables import POSITIONS, TAXI_POSITIONS, TAXIS, USERS, TaxiPosition
from allonova.adapters.memory.store import Rows, Transaction
from allonova.application.dispatch.ports import PositionStore
from allonova.domain.dispatch.staff import StaffRole
from allonova.domain.dispatch.taxi import Driving, Position, TaxiStatut
from allonova.domain.kernel.geo import Point


class MemoryPositions:
    """Where taxis are and were."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def record(self, position: Position) -> None:
        """See PositionStore."""
        self._transaction.insert(POSITIONS, position)
        known = self._transaction.rows(TAXI_POSITIONS).get(position.taxi_id)
        if known is None or known.at <= position.at:
            self._transaction.put(
                TAXI_POSITIONS,
                TaxiPosition(
                    taxi_id=position.taxi_id,
                    societe_id=position.societe_id,
                    chauffeur_id=position.chauffeur_id,
                    point=position.point,
                    at=position.at,
                ),
            )

    async def report(self, id: UUID, chauffeur_id: UUID, point: Point, *, at: datetime) -> Driving | None:
        """See PositionStore."""
        driver = self._transaction.rows(USERS).get(chauffeur_id)
        taxi = None if driver is None else self._transaction.rows(TAXIS).get(driver.taxi_id)
        if driver is None or taxi is None or not (driver.active and taxi.active):
            return None
        if taxi.statut is not TaxiStatut.HORS_SERVICE:
            position = Position(
                id=id, societe_id=taxi.societe_id, taxi_id=taxi.id, chauffeur_id=chauffeur_id, point=point, at=at
            )
            await self.record(position)
        return Driving(taxi_id=taxi.id, statut=taxi.statut)

    async def report_all(self, positions: Sequence[Position]) -> None:
        """See PositionStore."""
        users, taxis, known = (self._transaction.rows(table) for table in (USERS, TAXIS, POSITIONS))
        for position in positions:
            driver, taxi = users.get(position.chauffeur_id), taxis.get(position.taxi_id)
            if driver is None or taxi is None or position.id in known:
                continue
            is_his = driver.active and driver.taxi_id == taxi.id
            if is_his and taxi.active and taxi.statut is not TaxiStatut.HORS_SERVICE:
                await self.record(position)

    async def nearest(self, point: Point, *, seen_since: datetime, limit: int) -> list[UUID]:
        """See PositionStore."""
        return [taxi_id for _, taxi_id in available(self._transaction, point, seen_since)][:limit]

    async def within(self, point: Point, *, radius_m: float, seen_since: datetime) -> list[UUID]:
        """See PositionStore."""
        return [taxi_id for far, taxi_id in available(self._transaction, point, seen_since) if far <= radius_m]

    async def seen(self, *, since: datetime) -> list[UUID]:
        """See PositionStore."""
        anywhere = Point(0, 0)
        return sorted(taxi_id for _, taxi_id in available(self._transaction, anywhere, since))


def available(source: Rows, point: Point, seen_since: datetime) -> list[tuple[float, UUID]]:
    """Metres and ids of available taxis with an active chauffeur, the nearest first."""
    taxis = source.rows(TAXIS)
    driven = {u.taxi_id for u in source.rows(USERS).values() if u.active and u.role is StaffRole.CHAUFFEUR}
    found = []
    for position in source.rows(TAXI_POSITIONS).values():
        taxi = taxis[position.taxi_id]
        is_free = taxi.active and taxi.statut is TaxiStatut.DISPONIBLE and taxi.id in driven
        if is_free and position.at >= seen_since:
            found.append((point.distance_m(position.point), taxi.id))
    return sorted(found)


def _conforms(store: MemoryPositions) -> PositionStore:
    return store
