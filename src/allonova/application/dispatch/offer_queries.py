"""What a chauffeur's own screens show: reads outside a unit, of one company each."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.dispatch.views import CommandeView, DemandeView
from allonova.application.kernel.listing import ListQuery, Page


class OfferQueries(Protocol):
    """Reads of a chauffeur's offers and courses. Each takes the company first, and sees no other."""

    async def demandes(
        self, societe_id: UUID, chauffeur_id: UUID, query: ListQuery, *, now: datetime
    ) -> Page[DemandeView]:
        """What he may still answer; can be ordered by `expireAt`."""

    async def courses(
        self, societe_id: UUID, chauffeur_id: UUID, query: ListQuery, *, now: datetime
    ) -> Page[CommandeView]:
        """The courses that he has or had. Filters: `dateISO` (also by days of the company's zone), `statut`, `q`, and
        `aujourdhui`: of the company's day on which that instant lies. Can be ordered by `dateISO` and `statut`.
        """
