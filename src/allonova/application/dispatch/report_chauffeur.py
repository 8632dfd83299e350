"""What a chauffeur's week, month or year adds up to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from allonova.application.dispatch.stats_queries import StatsQueries
from allonova.application.dispatch.stats_views import ChauffeurFigures, ChauffeurView, DayCourses
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.calendrier import (
    DAY,
    Period,
    before,
    days,
    first_of,
    jour,
    local_day,
    monday,
    week_of,
)
from allonova.domain.dispatch.figures import rate
from allonova.domain.dispatch.semaine import Bilan
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class ReportChauffeur:
    """The current period up to today, and the one before. Weeks that are kept are taken as they are; all other days are
    counted.
    """

    queries: StatsQueries
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, by: Membre, period: Period) -> ChauffeurView:
        """The caller's own figures."""
        now = self.clock.now()
        # A day more than needed, since nobody knows yet what day it is there.
        earliest = monday(before(period, now.date() - DAY)[0])
        kept = await self.queries.kept_weeks(by.societe_id, by.id, since=earliest)
        today = local_day(now, kept.fuseau)
        first, (past_first, past_last) = first_of(period, today), before(period, today)
        found = {day: week.bilan(day) for week in kept.semaines for day in week_of(week.debut)}
        missing = [jour(day, kept.fuseau) for day in days(past_first, today) if day not in found]
        counted = await self.queries.activity(by.societe_id, missing, chauffeur_id=by.id)
        found |= {each.date: each.bilan for each in counted}
        shown, past = _figures(found, first, today), _figures(found, past_first, past_last)
        fields = {field.name: getattr(shown, field.name) for field in dataclasses.fields(shown)}
        return ChauffeurView(**fields, period=period, precedent=past)


def _figures(found: Mapping[date, Bilan], first: date, last: date) -> ChauffeurFigures:
    each = {day: found.get(day, Bilan()) for day in days(first, last)}
    return ChauffeurFigures(
        du=first,
        au=last,
        courses=sum(bilan.courses for bilan in each.values()),
        taux_acceptation=rate(
            sum(bilan.acceptees for bilan in each.values()), sum(bilan.proposees for bilan in each.values())
        ),
        heures=round(sum(bilan.minutes for bilan in each.values()) / 60, 2),
        jours=tuple(DayCourses(date=day, courses=bilan.courses) for day, bilan in each.items()),
    )
