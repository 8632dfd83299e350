"""Cards of the board, each with its client, its taxi and its open demandes, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Select, bindparam, select

from allonova.adapters.postgres.dispatch.stores import CLIENT_SHELF, COMMANDE_SHELF, DEMANDE_SHELF
from allonova.adapters.postgres.dispatch.tables import CLIENTS, COMMANDES, DEMANDES, TAXIS
from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.dispatch.ports import BoardReads
from allonova.application.dispatch.views import CommandeView, DemandeView, commande_view, demande_view
from allonova.domain.dispatch.demande import DemandeStatut
from allonova.domain.kernel.machine import Party

OPEN = (
    (DEMANDES.c.commande_id == COMMANDES.c.id)
    & (DEMANDES.c.statut == DemandeStatut.PROPOSEE.value)
    & (DEMANDES.c.expire_at > bindparam("now", type_=DateTime(timezone=True)))
)


def cards() -> Select[tuple[object, ...]]:
    """A row for each open demande of a commande, one at least. The caller says which commandes, and gives `now`."""
    return select(
        *COMMANDE_SHELF.mapper.columns("co_"),
        *CLIENT_SHELF.mapper.columns("cl_"),
        TAXIS.c.numero.label("numero"),
        *DEMANDE_SHELF.mapper.columns("de_"),
    ).select_from(
        COMMANDES.join(CLIENTS, CLIENTS.c.id == COMMANDES.c.client_id)
        .outerjoin(TAXIS, TAXIS.c.id == COMMANDES.c.taxi_id)
        .outerjoin(DEMANDES, OPEN)
    )


_read_commande = COMMANDE_SHELF.mapper.reader("co_")
_read_client = CLIENT_SHELF.mapper.reader("cl_")
_read_demande = DEMANDE_SHELF.mapper.reader("de_")


def read_cards(rows: Sequence[Row], viewer: Party) -> list[CommandeView]:
    """The cards of such rows, in their order."""
    by_id: dict[UUID, list[Row]] = {}
    for row in rows:
        by_id.setdefault(row["co_id"], []).append(row)
    return [
        commande_view(
            _read_commande(group[0]),
            _read_client(group[0]),
            numero=group[0]["numero"],
            demandes=[_read_demande(row) for row in group if row["de_id"] is not None],
            viewer=viewer,
        )
        for group in by_id.values()
    ]


_CARD = compile_once(cards().where(COMMANDES.c.id == bindparam("commande_id")))
_DEMANDE = compile_once(DEMANDE_SHELF.select(DEMANDES.c.id == bindparam("demande_id")))
_read_bare_demande = DEMANDE_SHELF.mapper.reader()


async def read_card(runner: Runner, id: UUID, *, viewer: Party, now: datetime) -> CommandeView | None:
    """One card."""
    found = read_cards(await runner.fetch(_CARD.sql, *_CARD.args(commande_id=id, now=now)), viewer)
    return found[0] if found else None


class PostgresBoardReads:
    """Cards inside a unit."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def commande(self, id: UUID, *, viewer: Party, now: datetime) -> CommandeView | None:
        """See BoardReads."""
        return await read_card(self._runner, id, viewer=viewer, now=now)

    async def demande(self, id: UUID, *, now: datetime) -> DemandeView | None:
        """See BoardReads."""
        row = await self._runner.fetchrow(_DEMANDE.sql, *_DEMANDE.args(demande_id=id))
        if row is None:
            return None
        demande = _read_bare_demande(row)
        card = await read_card(self._runner, demande.commande_id, viewer=Party.CHAUFFEUR, now=now)
        return None if card is None else demande_view(demande, card)


def _conforms(reads: PostgresBoardReads) -> BoardReads:
    return reads
