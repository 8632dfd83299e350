"""Figures of the fleet and of chauffeurs: reads outside a unit, of one company each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from allonova.domain.dispatch.calendrier import Jour, Span
from allonova.domain.dispatch.figures import Activite, DayFacts
from allonova.domain.dispatch.semaine import Semaine
from allonova.domain.dispatch.taxi import TaxiStatut


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetTaxi:
    """A taxi as figures name it."""

    id: UUID
    numero: str
    statut: TaxiStatut
    active: bool


@dataclass(frozen=True, slots=True)
class Fleet:
    """A company's clock and its taxis, given up ones as well."""

    fuseau: str
    taxis: tuple[FleetTaxi, ...]


@dataclass(frozen=True, slots=True)
class KeptWeeks:
    """A company's clock and the weeks of a chauffeur that are kept, the oldest first."""

    fuseau: str
    semaines: tuple[Semaine, ...]


class StatsQueries(Protocol):
    """Reads of figures. Each takes the company first, and sees no other."""

    async def fleet(self, societe_id: UUID) -> Fleet:
        """The company's clock and its taxis. Raises NotFound."""

    async def day_facts(self, societe_id: UUID, spans: Sequence[Span]) -> list[DayFacts]:
        """What there is of each day, in the order of `spans`."""

    async def kept_weeks(self, societe_id: UUID, chauffeur_id: UUID, *, since: date) -> KeptWeeks:
        """The company's clock, and of one chauffeur the weeks that begin on that day or later. Raises NotFound."""

    async def activity(
        self, societe_id: UUID, jours: Sequence[Jour], *, chauffeur_id: UUID | None = None
    ) -> list[Activite]:
        """Days on which chauffeurs did something, of one or of all; in the order of ids and days."""
