"""What stands in the way of a course on a taxi."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import Conflict
from allonova.domain.kernel.geo import Point

# docs/decisions/0041: towns, as the crow flies; a dispatcher who knows better says `force`.
ROAD_FACTOR = 1.3
SPEED_KM_H = 30
NEIGHBOURS = timedelta(hours=12)  # a course that ends or begins further away has no say: no way takes longer


class ConflitCode(StrEnum):
    """What kind of obstacle."""

    CHEVAUCHEMENT = "chevauchement"
    TRAJET = "trajet"
    HORS_SERVICE = "hors-service"
    SANS_CHAUFFEUR = "sans-chauffeur"


@dataclass(eq=False)
class CommandeConflict(Conflict):
    """The taxi cannot have the course as it is; `conflits` says why, as views. `force` passes over all of them but
    `sans-chauffeur`.
    """

    conflits: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A course on a taxi's day, `[debut, fin)`; a point that nobody knows is None."""

    commande_id: UUID
    reference: str
    debut: datetime
    fin: datetime
    depart: Point | None
    arrivee: Point | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflit:
    """One obstacle. `minutes_manquantes` is how much too tight it is, rounded up."""

    code: ConflitCode
    commande_id: UUID | None = None
    reference: str | None = None
    minutes_manquantes: int | None = None


def travel_time(origin: Point, target: Point) -> timedelta:
    """From one point to another through a town."""
    return timedelta(hours=origin.distance_m(target) * ROAD_FACTOR / 1000 / SPEED_KM_H)


def conflicts(plan: Plan, others: Iterable[Plan]) -> list[Conflit]:
    """Which of a taxi's courses a new one meets, or leaves too little time to drive to; in the order of the day."""
    day = sorted(others, key=lambda each: (each.debut, each.reference))
    found = (_between(plan, other) for other in day if other.commande_id != plan.commande_id)
    return [conflit for conflit in found if conflit is not None]


def _between(plan: Plan, other: Plan) -> Conflit | None:
    first, second = (plan, other) if (plan.debut, plan.fin) <= (other.debut, other.fin) else (other, plan)
    common = min(first.fin, second.fin) - second.debut
    if common > timedelta():
        return _conflit(ConflitCode.CHEVAUCHEMENT, other, common)
    if first.arrivee is None or second.depart is None:
        return None
    missing = travel_time(first.arrivee, second.depart) - (second.debut - first.fin)
    return _conflit(ConflitCode.TRAJET, other, missing) if missing > timedelta() else None


def _conflit(code: ConflitCode, other: Plan, missing: timedelta) -> Conflit:
    minutes = math.ceil(missing / timedelta(minutes=1))
    return Conflit(code=code, commande_id=other.commande_id, reference=other.reference, minutes_manquantes=minutes)
