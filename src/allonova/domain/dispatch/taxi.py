"""Taxis, where they are, and who drives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import Conflict
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Machine, Party, step

FRESH = timedelta(minutes=2)  # nova.md, automatic dispatch: an older position says nothing about now
POSITIONS_KEPT = timedelta(days=7)  # nova.md, Endpoints


class TaxiStatut(StrEnum):
    """What a taxi is doing."""

    DISPONIBLE = "disponible"
    EN_COURSE = "en-course"
    HORS_SERVICE = "hors-service"


class TaxiAction(StrEnum):
    """What becomes of it. A course starts and ends by the commande."""

    START = "start"
    END = "end"
    WITHDRAW = "withdraw"
    RETURN = "return"


T, A = TaxiStatut, TaxiAction

TAXI = Machine[TaxiStatut, TaxiAction](
    "taxi",
    T.DISPONIBLE,
    {
        (T.DISPONIBLE, A.START): step(T.EN_COURSE, Party.CHAUFFEUR, Party.ADMIN),
        (T.EN_COURSE, A.END): step(T.DISPONIBLE, Party.CHAUFFEUR, Party.ADMIN),
        (T.DISPONIBLE, A.WITHDRAW): step(T.HORS_SERVICE, Party.ADMIN),
        (T.HORS_SERVICE, A.RETURN): step(T.DISPONIBLE, Party.ADMIN),
    },
)


@dataclass(eq=False)
class PlaqueTaken(Conflict):
    """Another taxi of the company has this plate."""


@dataclass(eq=False)
class NumeroTaken(Conflict):
    """Another taxi of the company has this number."""


@dataclass(slots=True, kw_only=True)
class Taxi:
    """A vehicle with its licence (`vignette`). `numero` and `plaque` are unique among the company's active ones. One
    that has driven is never deleted, only no longer `active`.
    """

    id: UUID
    societe_id: UUID
    numero: str
    plaque: str
    vignette: str
    statut: TaxiStatut = TaxiStatut.DISPONIBLE
    active: bool = True
    version: int = 1
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a taxi was."""

    id: UUID
    societe_id: UUID
    taxi_id: UUID
    chauffeur_id: UUID
    point: Point
    at: datetime
