"""What the public sees of a course: reads outside a unit, of one company each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.domain.dispatch.commande import Commande
from allonova.domain.kernel.geo import Point


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a taxi was seen, and whose phone said so."""

    chauffeur_id: UUID
    point: Point
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Suivi:
    """A commande with the taxi that it stands on, and where that taxi was seen last."""

    commande: Commande
    numero: str | None
    plaque: str | None
    seen: Seen | None


class FormQueries(Protocol):
    """Reads for the public form. Each takes the company first, and sees no other."""

    async def suivi(self, societe_id: UUID, suivi_hash: str) -> Suivi | None:
        """The commande whose follow-up token has this hash."""
