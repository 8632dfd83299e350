"""Look-ups that cross companies, in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.dispatch.tables import (
    COMMANDES,
    DEMANDES,
    POSITIONS,
    SEMAINES,
    SOCIETES,
    TAXI_POSITIONS,
    USERS,
)
from allonova.adapters.memory.store import MemoryDatabase
from allonova.application.dispatch.ports import Doors, Due, Zone
from allonova.domain.dispatch.commande import CommandeStatut
from allonova.domain.dispatch.demande import DemandeStatut


class MemoryDoors:
    """Committed rows, whosesoever they are."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def of_email(self, email: str) -> UUID | None:
        """See Doors."""
        users = self._database.all_rows(USERS).values()
        return next((user.societe_id for user in users if user.email.lower() == email.lower()), None)

    async def of_user(self, user_id: UUID) -> UUID | None:
        """See Doors."""
        user = self._database.all_rows(USERS).get(user_id)
        return None if user is None else user.societe_id

    async def of_form(self, slug: str | None) -> UUID | None:
        """See Doors."""
        companies = list(self._database.all_rows(SOCIETES).values())
        if slug is not None:
            return next((societe.id for societe in companies if societe.slug == slug), None)
        return companies[0].id if len(companies) == 1 else None

    async def of_suivi(self, reference: str, suivi_hash: str) -> UUID | None:
        """See Doors."""
        commandes = self._database.all_rows(COMMANDES).values()
        wanted = (reference, suivi_hash)
        return next((c.societe_id for c in commandes if (c.reference, c.suivi_hash) == wanted), None)

    async def is_slug_free(self, slug: str) -> bool:
        """See Doors."""
        return all(societe.slug != slug for societe in self._database.all_rows(SOCIETES).values())

    async def known_emails(self, emails: Collection[str]) -> set[str]:
        """See Doors."""
        return {email for email in emails if await self.of_email(email) is not None}

    async def free_slugs(self, slugs: Sequence[str]) -> list[str]:
        """See Doors."""
        return [slug for slug in slugs if await self.is_slug_free(slug)]

    async def zones(self) -> list[Zone]:
        """See Doors."""
        companies = sorted(self._database.all_rows(SOCIETES).values(), key=attrgetter("created_at", "id"))
        kept: dict[UUID, date] = {}
        for week in self._database.all_rows(SEMAINES).values():
            kept[week.societe_id] = max(week.debut, kept.get(week.societe_id, week.debut))
        return [Zone(each.id, each.fuseau, each.created_at, kept.get(each.id)) for each in companies]

    async def overdue_demandes(self, now: datetime, *, limit: int) -> list[Due]:
        """See Doors."""
        demandes = self._database.all_rows(DEMANDES).values()
        over = [d for d in demandes if d.statut is DemandeStatut.PROPOSEE and d.expire_at <= now]
        first = sorted(over, key=attrgetter("expire_at", "id"))[:limit]
        return list(dict.fromkeys(Due(demande.societe_id, demande.commande_id) for demande in first))

    async def waiting_too_long(self, now: datetime, *, limit: int) -> list[Due]:
        """See Doors."""
        allowed = {s.id: timedelta(minutes=s.sla_minutes) for s in self._database.all_rows(SOCIETES).values()}
        late = [
            c
            for c in self._database.all_rows(COMMANDES).values()
            if c.statut is CommandeStatut.EN_ATTENTE
            and c.sla_signale_at is None
            and c.waits_since + allowed[c.societe_id] <= now
        ]
        return [Due(c.societe_id, c.id) for c in sorted(late, key=attrgetter("en_attente_depuis", "id"))[:limit]]

    async def to_dispatch(self, now: datetime, *, limit: int) -> list[Due]:
        """See Doors."""
        waiting = [
            (c.auto_at, c.id, c.societe_id)
            for c in self._database.all_rows(COMMANDES).values()
            if c.statut is CommandeStatut.EN_ATTENTE and c.auto_at is not None and c.auto_at <= now
        ]
        return [Due(societe_id, id) for _, id, societe_id in sorted(waiting)[:limit]]

    async def forget_positions(self, before: datetime, *, limit: int) -> int:
        """See Doors."""
        kept = sorted(self._database.all_rows(POSITIONS).values(), key=attrgetter("at", "id"))
        old = [position.id for position in kept if position.at < before][:limit]
        async with self._database.transaction() as transaction:
            for id in old:
                transaction.remove_anywhere(POSITIONS, id)
            for last in list(transaction.all_rows(TAXI_POSITIONS).values()):
                if last.at < before:
                    transaction.remove_anywhere(TAXI_POSITIONS, last.taxi_id)
        return len(old)


def _conforms(doors: MemoryDoors) -> Doors:
    return doors
