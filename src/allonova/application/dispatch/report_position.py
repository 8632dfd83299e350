"""A chauffeur's phone says where his taxi is."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.track_taxis import TaxiTracks
from allonova.application.kernel.ports import BeginFor, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import Membre
from allonova.domain.dispatch.taxi import NoTaxi, Position, TaxiOutOfService, TaxiStatut
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.geo import Point


@wired
class ReportPosition:
    """Keep where a taxi is, as long as it is in service, and show it to the boards."""

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    ids: Ids
    tracks: TaxiTracks

    errors: ClassVar[tuple[type[DomainError], ...]] = (NoTaxi, TaxiOutOfService)

    async def __call__(self, *, by: Membre, point: Point) -> None:
        """One statement: who drives what, whether it is in service, and both writes. Raises NoTaxi or
        TaxiOutOfService, and has kept nothing then.
        """
        id, now = self.ids.new(), self.clock.now()
        async with self.begin_for(by.societe_id) as unit:
            driving = await unit.positions.report(id, by.id, point, at=now)
        if driving is None:
            raise NoTaxi
        if driving.statut is TaxiStatut.HORS_SERVICE:
            raise TaxiOutOfService
        position = Position(
            id=id, societe_id=by.societe_id, taxi_id=driving.taxi_id, chauffeur_id=by.id, point=point, at=now
        )
        self.tracks.take(by.id, position)  # kept again under the same id, it is the same
