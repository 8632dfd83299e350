"""Figures, as they are shown. What each counts: docs/decisions/0043."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from allonova.application.dispatch.wire import wire
from allonova.domain.dispatch.calendrier import Period


@wire
class CourseCounts:
    """The day's courses by how they stand."""

    total: int
    en_attente: int
    assignee: int
    en_cours: int
    terminee: int
    annulee: int


@wire
class TaxiCounts:
    """The taxis by what they are doing."""

    disponible: int
    en_course: int
    hors_service: int


@wire
class Occupation:
    """How much of the day a taxi's courses take: planned minutes, and their share of the day's."""

    taxi_id: UUID
    numero: str
    minutes: int
    taux: float


@wire
class Charge:
    """How many courses begin while the clock shows that hour."""

    heure: int
    courses: int


@wire
class FleetFigures:
    """A day of the fleet. `taxis` are as they stand now; of an earlier day nobody knows."""

    date: dt.date
    courses: CourseCounts
    taux_acceptation: float | None
    minutes_avant_assignation: float | None
    depassements_sla: int
    taxis: TaxiCounts | None
    occupation: tuple[Occupation, ...]
    charge: tuple[Charge, ...]


@wire
class FleetView(FleetFigures):
    """A day of the fleet, beside the same day a week before."""

    precedent: FleetFigures


@wire
class DayCourses:
    """How many courses ended on a day."""

    date: dt.date
    courses: int


@wire
class ChauffeurFigures:
    """A chauffeur's days from `du` to `au`, both included. `heures` are those with a client."""

    du: dt.date
    au: dt.date
    courses: int
    taux_acceptation: float | None
    heures: float
    jours: tuple[DayCourses, ...]


@wire
class ChauffeurView(ChauffeurFigures):
    """A period up to today, beside the whole one before."""

    period: Period
    precedent: ChauffeurFigures
