"""A chauffeur's phone says where his taxi is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.kernel.ports import BeginFor, Clock, Ids
from allonova.domain.dispatch.staff import Membre
from allonova.domain.dispatch.taxi import NoTaxi, TaxiOutOfService, TaxiStatut
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.geo import Point


@dataclass(frozen=True, slots=True)
class ReportPosition:
    """Keep where a taxi is, as long as it is in service."""

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = (NoTaxi, TaxiOutOfService)

    async def __call__(self, *, by: Membre, point: Point) -> None:
        """One statement: who drives what, whether it is in service, and both writes. Raises NoTaxi or
        TaxiOutOfService, and has kept nothing then.
        """
        async with self.begin_for(by.societe_id) as unit:
            statut = await unit.positions.report(self.ids.new(), by.id, point, at=self.clock.now())
        if statut is None:
            raise NoTaxi
        if statut is TaxiStatut.HORS_SERVICE:
            raise TaxiOutOfService
