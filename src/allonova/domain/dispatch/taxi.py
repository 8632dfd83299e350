"""Taxis, where they are, and who drives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from allonova.domain.dispatch.recherche import folded
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


@dataclass(eq=False)
class TaxiPromised(Conflict):
    """The taxi still has courses before it; `courses` says which, as views. `force` gives them back to the pool."""

    courses: tuple[object, ...] = ()


@dataclass(eq=False)
class NoTaxi(Conflict):
    """The chauffeur drives no taxi."""


@dataclass(eq=False)
class TaxiOutOfService(Conflict):
    """The taxi is out of service: nobody looks for it."""


def plate(text: str) -> str:
    """A plate as it is kept: `12 ab-34  cd` is `12 AB-34 CD`."""
    return " ".join(text.upper().split())


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxiChange:
    """What is to be otherwise; what is None stays."""

    numero: str | None = None
    plaque: str | None = None
    vignette: str | None = None
    statut: TaxiStatut | None = None


@dataclass(slots=True, kw_only=True)
class Taxi:
    """A vehicle with its licence (`vignette`). `numero` and `plaque` are unique among the company's active ones. One
    that has driven is never deleted, only no longer `active`. `recherche` is what a search looks through.
    """

    id: UUID
    societe_id: UUID
    numero: str
    plaque: str
    vignette: str
    statut: TaxiStatut = TaxiStatut.DISPONIBLE
    active: bool = True
    recherche: str = ""
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        self.plaque = plate(self.plaque)
        if not self.recherche:
            self.index()

    def index(self) -> None:
        """Write down what a search looks through, after a change. A plate is found without its spaces as well."""
        bare = self.plaque.replace(" ", "").replace("-", "")
        self.recherche = folded(self.numero, self.plaque, bare, self.vignette)

    def change(self, change: TaxiChange, at: datetime) -> bool:
        """Take over what a dispatcher says; whether anything is otherwise now.

        Raises:
            InvalidTransition: a taxi with a client aboard stays as it is until it has arrived.
        """
        before = (self.numero, self.plaque, self.vignette, self.statut)
        self.numero = self.numero if change.numero is None else change.numero
        self.plaque = self.plaque if change.plaque is None else plate(change.plaque)
        self.vignette = self.vignette if change.vignette is None else change.vignette
        if change.statut is not None and change.statut is not self.statut:
            action = TaxiAction.WITHDRAW if change.statut is TaxiStatut.HORS_SERVICE else TaxiAction.RETURN
            self.statut = TAXI.go(self.statut, action, Party.ADMIN)
        is_changed = before != (self.numero, self.plaque, self.vignette, self.statut)
        if is_changed:
            self.index()
            self.updated_at = at
        return is_changed

    def withdraw(self, at: datetime) -> None:
        """The company drives it no more. Raises InvalidTransition while a client is aboard."""
        if self.statut is not TaxiStatut.HORS_SERVICE:
            self.statut = TAXI.go(self.statut, TaxiAction.WITHDRAW, Party.ADMIN)
        self.active = False
        self.updated_at = at


@dataclass(frozen=True, slots=True, kw_only=True)
class Driving:
    """The taxi that a chauffeur drives, and how it stands."""

    taxi_id: UUID
    statut: TaxiStatut


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a taxi was."""

    id: UUID
    societe_id: UUID
    taxi_id: UUID
    chauffeur_id: UUID
    point: Point
    at: datetime
