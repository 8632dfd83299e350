"""What there is of one person among a company's rows, in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.dispatch.tables import (
    AUDIT_LOG,
    COMMANDES,
    DEMANDES,
    DEVICES,
    INTERVENTIONS,
    NOTIFICATIONS,
    POSITIONS,
    SEMAINES,
    TAXI_POSITIONS,
)
from allonova.adapters.memory.identity import LINK_TOKENS
from allonova.adapters.memory.rules import Table
from allonova.adapters.memory.store import Transaction, stored
from allonova.application.dispatch.dossier_ports import DossierStore
from allonova.domain.dispatch.audit import AuditEntry
from allonova.domain.dispatch.commande import Commande
from allonova.domain.dispatch.demande import Demande
from allonova.domain.dispatch.intervention import Intervention
from allonova.domain.dispatch.notification import Notification
from allonova.domain.dispatch.semaine import Semaine
from allonova.domain.dispatch.staff import StaffUser
from allonova.domain.dispatch.taxi import Position


class MemoryDossiers:
    """See DossierStore."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def ordered(self, client_id: UUID, *, lock: bool = False) -> list[Commande]:
        """See DossierStore."""
        order = attrgetter("id") if lock else attrgetter("created_at", "id")
        return self._found(COMMANDES, lambda commande: commande.client_id == client_id, order)

    async def interventions(self, commande_ids: Collection[UUID]) -> list[Intervention]:
        """See DossierStore."""
        return self._found(INTERVENTIONS, lambda one: one.commande_id in commande_ids)

    async def forget_orders(self, commande_ids: Collection[UUID], *, mask: str) -> None:
        """See DossierStore."""
        rows, put, noted = self._transaction.rows, self._transaction.put, await self.interventions(commande_ids)
        for intervention in noted:
            put(INTERVENTIONS, replace(intervention, titre=mask, description=mask))
        for demande in [one for one in rows(DEMANDES).values() if one.commande_id in commande_ids]:
            put(DEMANDES, replace(demande, motif=None))
        self._forget_messages({"commandeId": set(commande_ids), "interventionId": {one.id for one in noted}})

    async def driven(self, user_id: UUID) -> list[Commande]:
        """See DossierStore."""
        return self._found(COMMANDES, lambda one: one.chauffeur_id == user_id, attrgetter("date_iso", "id"))

    async def offered(self, user_id: UUID) -> list[Demande]:
        """See DossierStore."""
        return self._found(DEMANDES, lambda one: one.chauffeur_id == user_id)

    async def weeks(self, user_id: UUID) -> list[Semaine]:
        """See DossierStore."""
        return self._found(SEMAINES, lambda one: one.chauffeur_id == user_id, attrgetter("debut"))

    async def places(self, user_id: UUID) -> list[Position]:
        """See DossierStore."""
        return self._found(POSITIONS, lambda one: one.chauffeur_id == user_id, attrgetter("at", "id"))

    async def messages(self, user_id: UUID) -> list[Notification]:
        """See DossierStore."""
        return self._found(NOTIFICATIONS, lambda one: one.user_id == user_id)

    async def deeds(self, user_id: UUID) -> list[AuditEntry]:
        """See DossierStore."""
        return self._found(AUDIT_LOG, lambda one: one.user_id == user_id, attrgetter("ts", "id"))

    async def forget_staff(self, user: StaffUser) -> None:
        """See DossierStore."""
        rows, remove = self._transaction.rows, self._transaction.remove
        owned: tuple[tuple[Table[Any], str], ...] = (
            (DEVICES, "user_id"),
            (NOTIFICATIONS, "user_id"),
            (POSITIONS, "chauffeur_id"),
        )
        for table, owner in owned:
            for row in [row for row in rows(table).values() if getattr(row, owner) == user.id]:
                remove(table, row.id)
        asked, driven = await self.offered(user.id), await self.driven(user.id)
        self._forget_messages({"commandeId": {one.commande_id for one in asked} | {one.id for one in driven}})
        for last in [last for last in rows(TAXI_POSITIONS).values() if last.chauffeur_id == user.id]:
            remove(TAXI_POSITIONS, last.taxi_id)
        for link in [link for link in rows(LINK_TOKENS).values() if link.target == user.email.lower()]:
            if link.purpose.startswith(_STAFF):
                remove(LINK_TOKENS, link.id)
        for demande in asked:
            self._transaction.put(DEMANDES, replace(demande, motif=None))

    def _forget_messages(self, about: Mapping[str, set[UUID]]) -> None:
        named = {(key, str(id)) for key, ids in about.items() for id in ids}
        for message in list(self._transaction.rows(NOTIFICATIONS).values()):
            if named & set(message.data.items()):
                self._transaction.remove(NOTIFICATIONS, message.id)

    def _found[T](
        self, table: Table[T], holds: Callable[[T], bool], order: Callable[[T], Any] = attrgetter("created_at", "id")
    ) -> list[T]:
        found = [row for row in self._transaction.rows(table).values() if holds(row)]
        return [stored(row) for row in sorted(found, key=order)]


_STAFF = "staff_"


def _conforms(dossiers: MemoryDossiers) -> DossierStore:
    return dossiers
