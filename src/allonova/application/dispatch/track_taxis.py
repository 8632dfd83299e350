"""Where taxis are, from the phones of their chauffeurs: shown to the company's boards, kept now and then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from allonova.application.dispatch.frames import TAXI_POSITION, TaxiSeen, planning_of
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.screen_queries import ScreenQueries
from allonova.application.kernel.live import Channels, Frame
from allonova.application.kernel.ports import BeginFor, Clock, Ids
from allonova.application.kernel.tracks import Tracks, loop_time
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import Membre
from allonova.domain.dispatch.taxi import Driving, NoTaxi, Position, TaxiOutOfService, TaxiStatut
from allonova.domain.kernel.errors import DomainError, ServiceUnavailable
from allonova.domain.kernel.geo import Point

log = logging.getLogger(__name__)

KNOWN_S: Final = 5.0
"""How old it may be what a frame is judged by: who drives what, and whether that is in service."""


type TaxiTracks = Tracks[UUID, Position]
"""Where taxis are, by their chauffeurs."""


@wired
class TaxiScreen:
    """Shows positions to their companies' boards."""

    channels: Channels

    async def show(self, fixes: Sequence[tuple[UUID, Position]]) -> None:
        """See Screen."""
        await self.channels.tell_all([_told(where) for _, where in fixes])


def _told(where: Position) -> tuple[Sequence[str], Frame]:
    seen = TaxiSeen(taxi_id=where.taxi_id, lat=where.point.lat, lon=where.point.lon, at=where.at)
    return [planning_of(where.societe_id)], TAXI_POSITION(seen)


@wired
class TaxiKeeper:
    """Stores positions, in one statement a company."""

    begin_for: BeginFor[DispatchUnit]

    async def keep(self, fixes: Sequence[tuple[UUID, Position]]) -> None:
        """See Keeper."""
        by_company: dict[UUID, list[Position]] = {}
        for _, position in fixes:
            by_company.setdefault(position.societe_id, []).append(position)
        for societe_id, positions in by_company.items():
            async with self.begin_for(societe_id) as unit:
                await unit.positions.report_all(positions)


@dataclass(slots=True)
class _Known:
    driving: Mapping[UUID, Driving]
    at: float


class TrackTaxi:
    """Takes a chauffeur's position without waiting for anything. Who drives what is known from a read of a few seconds
    ago, one for all of a company.

    Args:
        now: seconds that pass evenly.
    """

    errors: ClassVar[tuple[type[DomainError], ...]] = (NoTaxi, TaxiOutOfService)

    def __init__(
        self,
        tracks: TaxiTracks,
        screens: ScreenQueries,
        clock: Clock,
        ids: Ids,
        *,
        now: Callable[[], float] = loop_time,
    ) -> None:
        self._tracks = tracks
        self._screens = screens
        self._clock = clock
        self._ids = ids
        self._now = now
        self._known: dict[UUID, _Known] = {}
        self._asking: dict[UUID, asyncio.Task[None]] = {}

    async def prepare(self, societe_id: UUID) -> None:
        """Learn who drives what there, before the first position comes. Raises ServiceUnavailable."""
        if not self._is_fresh(societe_id):
            await asyncio.shield(self._ask(societe_id))
        if societe_id not in self._known:
            raise ServiceUnavailable

    def __call__(self, *, by: Membre, point: Point) -> None:
        """He is there now. Raises NoTaxi or TaxiOutOfService."""
        driving = self._driving(by)
        if driving is None:
            raise NoTaxi
        if driving.statut is TaxiStatut.HORS_SERVICE:
            raise TaxiOutOfService
        position = Position(
            id=self._ids.new(),
            societe_id=by.societe_id,
            taxi_id=driving.taxi_id,
            chauffeur_id=by.id,
            point=point,
            at=self._clock.now(),
        )
        self._tracks.take(by.id, position)

    @property
    def is_learning(self) -> bool:
        """Whether a read is under way."""
        return bool(self._asking)

    def _driving(self, by: Membre) -> Driving | None:
        if not self._is_fresh(by.societe_id):
            _ = self._ask(by.societe_id)  # nobody waits for it
        known = self._known.get(by.societe_id)
        return None if known is None else known.driving.get(by.id)

    def _is_fresh(self, societe_id: UUID) -> bool:
        known = self._known.get(societe_id)
        return known is not None and self._now() - known.at <= KNOWN_S

    def _ask(self, societe_id: UUID) -> asyncio.Task[None]:
        """The read that is under way, or a new one."""
        task = self._asking.get(societe_id)
        if task is None:
            task = asyncio.create_task(self._learn(societe_id), name="who drives what")
            self._asking[societe_id] = task
        return task

    async def _learn(self, societe_id: UUID) -> None:
        known = self._known.get(societe_id)
        try:
            self._known[societe_id] = _Known(await self._screens.driving(societe_id), self._now())
        except Exception as error:  # noqa: BLE001 - whatever it is, what was known stays good, and is asked again
            log.warning("not learned who drives what", extra={"error": type(error).__name__})
            if known is not None:
                known.at = self._now()
        finally:
            del self._asking[societe_id]
