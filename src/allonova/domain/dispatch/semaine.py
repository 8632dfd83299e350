"""A chauffeur's week, kept when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID


@dataclass(slots=True, kw_only=True)
class Semaine:
    """What a chauffeur did from a Monday (`debut`, in the company's zone) to the Sunday. `jours` has the same figures
    for each day, by its ISO date: `{courses, proposees, acceptees, minutes}`.
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
