"""A chauffeur's week, kept when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Bilan:
    """What a chauffeur did on a day (docs/decisions/0043)."""

    courses: int = 0
    proposees: int = 0
    acceptees: int = 0
    minutes: int = 0


@dataclass(slots=True, kw_only=True)
class Semaine:
    """What a chauffeur did from a Monday (`debut`, in the company's zone) to the Sunday. `jours` has the same figures
    for each day, by its ISO date, as a Bilan has them.
    """

    id: UUID
    societe_id: UUID
    chauffeur_id: UUID
    debut: date
    courses: int
    proposees: int
    acceptees: int
    minutes: int
    jours: dict[str, dict[str, int]] = field(default_factory=dict)
    created_at: datetime

    def bilan(self, day: date) -> Bilan:
        """One of its days."""
        return Bilan(**self.jours.get(day.isoformat(), {}))
