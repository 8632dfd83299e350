"""What a day of the fleet adds up to."""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from datetime import date
from operator import attrgetter
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.stats_queries import Fleet, FleetTaxi, StatsQueries
from allonova.application.dispatch.stats_views import (
    Charge,
    CourseCounts,
    FleetFigures,
    FleetView,
    Occupation,
    TaxiCounts,
)
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.calendrier import WEEK, Jour, hours, jour, local_day
from allonova.domain.dispatch.commande import CommandeStatut
from allonova.domain.dispatch.figures import DRIVEN, Course, DayFacts, mean_wait, minutes, occupied, rate
from allonova.domain.dispatch.staff import Membre
from allonova.domain.dispatch.taxi import TaxiStatut
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class ReportFleet:
    """A day, by default today's where the company is, beside the same day a week before."""

    queries: StatsQueries
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, by: Membre, day: date | None) -> FleetView:
        """The figures."""
        fleet = await self.queries.fleet(by.societe_id)
        day = day or local_day(self.clock.now(), fleet.fuseau)
        shown, past = jour(day, fleet.fuseau), jour(day - WEEK, fleet.fuseau)
        facts = await self.queries.day_facts(by.societe_id, [shown.span, past.span])
        now, then = _figures(shown, facts[0], fleet), _figures(past, facts[1], fleet)
        fields = {field.name: getattr(now, field.name) for field in dataclasses.fields(now)}
        return FleetView(**fields, precedent=dataclasses.replace(then, taxis=None))


def _figures(day: Jour, facts: DayFacts, fleet: Fleet) -> FleetFigures:
    begun = [course for course in facts.courses if course.span.debut >= day.span.debut]
    return FleetFigures(
        date=day.date,
        courses=_counts(begun),
        taux_acceptation=rate(facts.acceptees, facts.repondues),
        minutes_avant_assignation=mean_wait(begun),
        depassements_sla=facts.depassements,
        taxis=_taxis(fleet.taxis),
        occupation=tuple(_occupation(day, facts.courses, fleet.taxis)),
        charge=tuple(_charge(day, begun, fleet.fuseau)),
    )


def _counts(courses: Iterable[Course]) -> CourseCounts:
    found = Counter(course.statut for course in courses)
    return CourseCounts(
        total=found.total(),
        en_attente=found[CommandeStatut.EN_ATTENTE],
        assignee=found[CommandeStatut.ASSIGNEE],
        en_cours=found[CommandeStatut.EN_COURS],
        terminee=found[CommandeStatut.TERMINEE],
        annulee=found[CommandeStatut.ANNULEE],
    )


def _taxis(taxis: Iterable[FleetTaxi]) -> TaxiCounts:
    found = Counter(taxi.statut for taxi in taxis if taxi.active)
    return TaxiCounts(
        disponible=found[TaxiStatut.DISPONIBLE],
        en_course=found[TaxiStatut.EN_COURSE],
        hors_service=found[TaxiStatut.HORS_SERVICE],
    )


def _occupation(day: Jour, courses: Iterable[Course], taxis: Iterable[FleetTaxi]) -> Iterable[Occupation]:
    of_taxi: dict[UUID | None, list[Course]] = {}
    for course in courses:
        if course.statut in DRIVEN:
            of_taxi.setdefault(course.taxi_id, []).append(course)
    for taxi in sorted(taxis, key=attrgetter("numero", "id")):
        if taxi.active or taxi.id in of_taxi:
            taken = occupied(of_taxi.get(taxi.id, ()), day.span)
            taux = rate(minutes(taken), minutes(day.span.length)) or 0.0
            yield Occupation(taxi_id=taxi.id, numero=taxi.numero, minutes=minutes(taken), taux=taux)


def _charge(day: Jour, begun: Iterable[Course], fuseau: str) -> Iterable[Charge]:
    shown = hours(day.date, fuseau)
    since = [instant for _, instant in shown]
    found = Counter(
        bisect_right(since, course.span.debut) - 1 for course in begun if course.statut is not CommandeStatut.ANNULEE
    )
    return (Charge(heure=hour, courses=found[n]) for n, (hour, _) in enumerate(shown))
