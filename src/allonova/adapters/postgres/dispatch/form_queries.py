"""What the public sees of a course."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, select

from allonova.adapters.postgres.company import Reading
from allonova.adapters.postgres.dispatch.stores import COMMANDE_SHELF
from allonova.adapters.postgres.dispatch.tables import COMMANDES, TAXI_POSITIONS, TAXIS
from allonova.adapters.postgres.runner import Row
from allonova.adapters.postgres.statements import compile_once
from allonova.application.dispatch.form_queries import FormQueries, Seen, Suivi

_SUIVI = compile_once(
    select(
        *COMMANDE_SHELF.mapper.columns("co_"),
        TAXIS.c.numero.label("numero"),
        TAXIS.c.plaque.label("plaque"),
        TAXI_POSITIONS.c.chauffeur_id.label("seen_of"),
        TAXI_POSITIONS.c.point.label("seen_point"),
        TAXI_POSITIONS.c.at.label("seen_at"),
    )
    .select_from(
        COMMANDES.outerjoin(TAXIS, TAXIS.c.id == COMMANDES.c.taxi_id).outerjoin(
            TAXI_POSITIONS, TAXI_POSITIONS.c.taxi_id == COMMANDES.c.taxi_id
        )
    )
    .where(COMMANDES.c.suivi_hash == bindparam("suivi_hash"))
)
_read_commande = COMMANDE_SHELF.mapper.reader("co_")


class PostgresFormQueries:
    """Reads in short transactions of a company, or in the unit that it is given."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def suivi(self, societe_id: UUID, suivi_hash: str) -> Suivi | None:
        """See FormQueries."""
        async with self._reading(societe_id) as runner:
            row = await runner.fetchrow(_SUIVI.sql, *_SUIVI.args(suivi_hash=suivi_hash))
        return None if row is None else _read(row)


def _read(row: Row) -> Suivi:
    seen = None if row["seen_at"] is None else Seen(row["seen_of"], row["seen_point"], row["seen_at"])
    return Suivi(commande=_read_commande(row), numero=row["numero"], plaque=row["plaque"], seen=seen)


def _conforms(queries: PostgresFormQueries) -> FormQueries:
    return queries
