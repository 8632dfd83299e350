"""Keep the weeks of chauffeurs when they are over."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.ports import DispatchUnit, Doors, Zone
from allonova.application.dispatch.stats_queries import StatsQueries
from allonova.application.kernel.ports import BeginFor, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.calendrier import WEEK, jour, local_day, midnight, monday, week_of
from allonova.domain.dispatch.figures import Activite
from allonova.domain.dispatch.semaine import Bilan, Semaine
from allonova.domain.kernel.errors import DomainError

log = logging.getLogger(__name__)

CATCH_UP = 8
"""Weeks that are kept belatedly (docs/decisions/0044). Those before are counted whenever somebody asks."""


@wired
class KeepWeeks:
    """A job: each chauffeur's week, as soon as the next one has begun where his company is. A tick that was missed is
    made up for by the next one. Each company in its own transaction, so that one that fails stops no other.
    """

    begin_for: BeginFor[DispatchUnit]
    doors: Doors
    queries: StatsQueries
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many weeks were kept."""
        now = self.clock.now()
        return sum([await self._kept(zone, now) for zone in await self.doors.zones()])

    async def _kept(self, zone: Zone, now: datetime) -> int:
        try:
            mondays = missing(zone, now)
            return await self._keep(zone, mondays, now) if mondays else 0
        except Exception:
            log.exception("weeks not kept", extra={"societe_id": str(zone.societe_id)})
            return 0

    async def _keep(self, zone: Zone, mondays: Sequence[date], now: datetime) -> int:
        jours = [jour(day, zone.fuseau) for debut in mondays for day in week_of(debut)]
        # What is over does not change any more, so it may be read before the unit.
        found = await self.queries.activity(zone.societe_id, jours)
        did: dict[tuple[UUID, date], dict[date, Activite]] = {}
        for each in found:
            did.setdefault((each.chauffeur_id, monday(each.date)), {})[each.date] = each
        async with self.begin_for(zone.societe_id) as unit:
            drivers = await unit.staff.drivers()
            for debut in mondays:
                end = midnight(debut + WEEK, zone.fuseau)
                for driver in drivers:
                    if driver.created_at < end:
                        did.setdefault((driver.id, debut), {})
            # In one order, so that workers who write the same weeks wait for each other and not in a circle.
            weeks = [self._week(zone.societe_id, *key, activity, now) for key, activity in sorted(did.items())]
            return await unit.semaines.add_missing(weeks)

    def _week(
        self, societe_id: UUID, chauffeur_id: UUID, debut: date, did: Mapping[date, Activite], now: datetime
    ) -> Semaine:
        each = {day: did[day].bilan if day in did else Bilan() for day in week_of(debut)}
        return Semaine(
            id=self.ids.new(),
            societe_id=societe_id,
            chauffeur_id=chauffeur_id,
            debut=debut,
            courses=sum(bilan.courses for bilan in each.values()),
            proposees=sum(bilan.proposees for bilan in each.values()),
            acceptees=sum(bilan.acceptees for bilan in each.values()),
            minutes=sum(bilan.minutes for bilan in each.values()),
            jours={day.isoformat(): asdict(bilan) for day, bilan in each.items()},
            created_at=now,
        )


def missing(zone: Zone, now: datetime) -> list[date]:
    """The Mondays of weeks that are over there and not kept, the oldest first: since the company came, and of the last
    ones alone.
    """
    current = monday(local_day(now, zone.fuseau))
    first = max(monday(local_day(zone.since, zone.fuseau)), current - CATCH_UP * WEEK)
    if zone.semaine is not None:
        first = max(first, zone.semaine + WEEK)
    return [first + n * WEEK for n in range((current - first) // WEEK)]
