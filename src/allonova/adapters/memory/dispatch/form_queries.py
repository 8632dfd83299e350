"""What the public sees of a course, in memory."""

from __future__ import annotations

from uuid import UUID

from allonova.adapters.memory.dispatch.tables import COMMANDES, TAXI_POSITIONS, TAXIS
from allonova.adapters.memory.store import Rows, stored
from allonova.application.dispatch.form_queries import FormQueries, Seen, Suivi


class MemoryFormQueries:
    """Reads of committed rows, through the eyes of a company: `self._source.of(societe_id)`."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def suivi(self, societe_id: UUID, suivi_hash: str) -> Suivi | None:
        """See FormQueries."""
        source = self._source.of(societe_id)
        commande = next((c for c in source.rows(COMMANDES).values() if c.suivi_hash == suivi_hash), None)
        if commande is None:
            return None
        taxi = source.rows(TAXIS).get(commande.taxi_id)
        seen = source.rows(TAXI_POSITIONS).get(commande.taxi_id)
        return Suivi(
            commande=stored(commande),
            numero=None if taxi is None else taxi.numero,
            plaque=None if taxi is None else taxi.plaque,
            seen=None if seen is None else Seen(seen.chauffeur_id, seen.point, seen.at),
        )


def _conforms(queries: MemoryFormQueries) -> FormQueries:
    return queries
