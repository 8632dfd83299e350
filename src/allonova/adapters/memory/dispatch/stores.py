"""The stores of dispatch in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.dispatch.tables import (
    AUDIT_LOG,
    CLIENTS,
    COMMANDES,
    COMPTEURS,
    DEMANDES,
    DEPLACEMENTS,
    DEVICES,
    INTERVENTIONS,
    NOTIFICATIONS,
    POSITIONS,
    SEMAINES,
    SOCIETES,
    TAXI_POSITIONS,
    TAXIS,
    USERS,
    Compteur,
)
from allonova.adapters.memory.store import MemoryStore, Transaction, stored
from allonova.domain.dispatch.audit import AuditEntry
from allonova.domain.dispatch.client import Client
from allonova.domain.dispatch.commande import PROMISED, Commande, CommandeStatut
from allonova.domain.dispatch.conflits import Plan
from allonova.domain.dispatch.demande import Demande
from allonova.domain.dispatch.deplacement import Deplacement
from allonova.domain.dispatch.device import StaffDevice
from allonova.domain.dispatch.intervention import Intervention
from allonova.domain.dispatch.notification import Notification
from allonova.domain.dispatch.semaine import Semaine
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import StaffRole, StaffUser
from allonova.domain.dispatch.taxi import Taxi

OLDEST_FIRST = attrgetter("created_at", "id")


class MemorySocietes(MemoryStore[Societe]):
    """The company itself."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, SOCIETES)

    async def next_number(self, societe_id: UUID, annee: int) -> int:
        """See SocieteStore."""
        before = self._transaction.rows(COMPTEURS).get((societe_id, annee))
        number = 1 if before is None else before.dernier + 1
        self._transaction.put(COMPTEURS, Compteur(societe_id=societe_id, annee=annee, dernier=number))
        return number


class MemoryStaff(MemoryStore[StaffUser]):
    """Accounts of staff."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, USERS)

    async def active_admins(self) -> list[StaffUser]:
        """See StaffStore."""
        return self._active(StaffRole.ADMIN)

    async def drivers(self) -> list[StaffUser]:
        """See StaffStore."""
        return self._active(StaffRole.CHAUFFEUR)

    def _active(self, role: StaffRole) -> list[StaffUser]:
        found = [user for user in self._rows().values() if user.active and user.role is role]
        return [stored(user) for user in sorted(found, key=OLDEST_FIRST)]

    async def driver_of(self, taxi_id: UUID) -> StaffUser | None:
        """See StaffStore."""
        return next((user for user in self._active(StaffRole.CHAUFFEUR) if user.taxi_id == taxi_id), None)

    async def has_history(self, user_id: UUID) -> bool:
        """See StaffStore."""
        rows = self._transaction.rows
        return (
            any(user_id in (c.chauffeur_id, c.cree_par) for c in rows(COMMANDES).values())
            or any(demande.chauffeur_id == user_id for demande in rows(DEMANDES).values())
            or any(user_id in (move.user_id, move.chauffeur_id) for move in rows(DEPLACEMENTS).values())
            or any(intervention.cree_par == user_id for intervention in rows(INTERVENTIONS).values())
            or any(position.chauffeur_id == user_id for position in rows(POSITIONS).values())
            or any(position.chauffeur_id == user_id for position in rows(TAXI_POSITIONS).values())
            or any(semaine.chauffeur_id == user_id for semaine in rows(SEMAINES).values())
            or any(entry.user_id == user_id for entry in rows(AUDIT_LOG).values())
        )

    async def remove(self, user: StaffUser) -> None:
        """See StaffStore."""
        for device in list(self._transaction.rows(DEVICES).values()):
            if device.user_id == user.id:
                self._transaction.remove(DEVICES, device.id)
        for notice in list(self._transaction.rows(NOTIFICATIONS).values()):
            if notice.user_id == user.id:
                self._transaction.remove(NOTIFICATIONS, notice.id)
        self._transaction.remove(USERS, user.id)


class MemoryTaxis(MemoryStore[Taxi]):
    """Taxis."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, TAXIS)

    async def has_history(self, taxi_id: UUID) -> bool:
        """See TaxiStore."""
        rows = self._transaction.rows
        return (
            any(commande.taxi_id == taxi_id for commande in rows(COMMANDES).values())
            or any(demande.taxi_id == taxi_id for demande in rows(DEMANDES).values())
            or any(move.taxi_id == taxi_id for move in rows(DEPLACEMENTS).values())
            or any(intervention.taxi_id == taxi_id for intervention in rows(INTERVENTIONS).values())
        )

    async def remove(self, taxi: Taxi) -> None:
        """See TaxiStore."""
        for position in list(self._transaction.rows(POSITIONS).values()):
            if position.taxi_id == taxi.id:
                self._transaction.remove(POSITIONS, position.id)
        self._transaction.remove(TAXI_POSITIONS, taxi.id)
        for user in list(self._transaction.rows(USERS).values()):
            if user.taxi_id == taxi.id:
                former = stored(user)
                former.taxi_id, former.version = None, former.version + 1
                self._transaction.put(USERS, former)
        self._transaction.remove(TAXIS, taxi.id)


class MemoryClients(MemoryStore[Client]):
    """Customers."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, CLIENTS)

    async def by_email(self, email: str) -> Client | None:
        """See ClientStore."""
        found = [c for c in self._rows().values() if c.active and (c.contact_email or "").lower() == email.lower()]
        return stored(min(found, key=OLDEST_FIRST)) if found else None

    async def has_history(self, client_id: UUID) -> bool:
        """See ClientStore."""
        return any(commande.client_id == client_id for commande in self._transaction.rows(COMMANDES).values())

    async def remove(self, client: Client) -> None:
        """See ClientStore."""
        self._transaction.remove(CLIENTS, client.id)


class MemoryCommandes(MemoryStore[Commande]):
    """Orders."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, COMMANDES)

    async def plans(self, taxi_id: UUID, *, start: datetime, end: datetime, now: datetime) -> list[Plan]:
        """See CommandeStore."""
        offered = self._offered(taxi_id, now)
        found = (c for c in self._rows().values() if (c.taxi_id == taxi_id and c.statut in PROMISED) or c.id in offered)
        return _plans(found, start, end)

    async def plans_by_taxi(
        self, taxi_ids: Collection[UUID], *, start: datetime, end: datetime, now: datetime
    ) -> dict[UUID, list[Plan]]:
        """See CommandeStore."""
        found = {taxi_id: await self.plans(taxi_id, start=start, end=end, now=now) for taxi_id in taxi_ids}
        return {taxi_id: plans for taxi_id, plans in found.items() if plans}

    async def courses_of(self, taxi_id: UUID, chauffeur_id: UUID, *, start: datetime, end: datetime) -> list[Plan]:
        """See CommandeStore."""
        promised = (c for c in self._rows().values() if c.statut in PROMISED)
        mine = (c for c in promised if c.taxi_id == taxi_id or c.chauffeur_id == chauffeur_id)
        return _plans(mine, start, end)

    async def look_again(self, commande_id: UUID, at: datetime | None) -> None:
        """See CommandeStore."""
        commande = stored(self._rows()[commande_id])
        commande.auto_at = at
        self._transaction.put(COMMANDES, commande)

    async def mark_wait(self, commande: Commande, *, at: datetime) -> None:
        """See CommandeStore."""
        standing = stored(self._rows()[commande.id])
        standing.sla_signale_at = commande.sla_signale_at = at
        self._transaction.put(COMMANDES, standing)

    async def promised_to(self, taxi_ids: Collection[UUID], *, now: datetime) -> dict[UUID, set[UUID]]:
        """See CommandeStore."""
        assigned = [c for c in self._rows().values() if c.statut is CommandeStatut.ASSIGNEE]
        return {id: {c.id for c in assigned if c.taxi_id == id} | self._offered(id, now) for id in taxi_ids}

    def _offered(self, taxi_id: UUID, now: datetime) -> set[UUID]:
        demandes = self._transaction.rows(DEMANDES).values()
        return {d.commande_id for d in demandes if d.taxi_id == taxi_id and d.is_open(now)}


def _plans(commandes: Iterable[Commande], start: datetime, end: datetime) -> list[Plan]:
    """Those that touch `[start, end)`, in the order of the day."""
    found = [c for c in commandes if c.date_iso < end and c.fin_iso > start]
    return [
        Plan(
            commande_id=c.id,
            reference=c.reference,
            debut=c.date_iso,
            fin=c.fin_iso,
            depart=c.prise_en_charge_point,
            arrivee=c.destination_point,
        )
        for c in sorted(found, key=attrgetter("date_iso", "id"))
    ]


class MemoryDemandes(MemoryStore[Demande]):
    """Offers."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, DEMANDES)

    async def of_commande(self, commande_id: UUID) -> list[Demande]:
        """See DemandeStore."""
        return (await self.of_commandes([commande_id])).get(commande_id, [])

    async def of_commandes(self, commande_ids: Collection[UUID]) -> dict[UUID, list[Demande]]:
        """See DemandeStore."""
        found: dict[UUID, list[Demande]] = {}
        for demande in sorted(self._rows().values(), key=OLDEST_FIRST):
            if demande.commande_id in commande_ids:
                found.setdefault(demande.commande_id, []).append(stored(demande))
        return found

    async def last_asked(self, chauffeur_ids: Collection[UUID]) -> dict[UUID, datetime]:
        """See DemandeStore."""
        wanted = set(chauffeur_ids)
        mine = (demande for demande in self._rows().values() if demande.chauffeur_id in wanted)
        return {demande.chauffeur_id: demande.created_at for demande in sorted(mine, key=OLDEST_FIRST)}


class MemoryDeplacements(MemoryStore[Deplacement]):
    """Moves."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, DEPLACEMENTS)

    async def last_of(self, commande_id: UUID, user_id: UUID) -> Deplacement | None:
        """See DeplacementStore."""
        found = [m for m in self._rows().values() if (m.commande_id, m.user_id) == (commande_id, user_id)]
        return stored(max(found, key=OLDEST_FIRST)) if found else None


class MemoryInterventions(MemoryStore[Intervention]):
    """Interventions."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, INTERVENTIONS)

    async def remove(self, intervention: Intervention) -> None:
        """See InterventionStore."""
        self._transaction.remove(INTERVENTIONS, intervention.id)


class MemoryNotifications(MemoryStore[Notification]):
    """Messages in the application."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, NOTIFICATIONS)

    async def read_all(self, user_id: UUID, *, at: datetime) -> int:
        """See NotificationStore."""
        unread = [n for n in self._rows().values() if n.user_id == user_id and n.lu_at is None]
        for notification in unread:
            mine = stored(notification)
            mine.lu_at, mine.version = at, mine.version + 1
            self._transaction.put(NOTIFICATIONS, mine)
        return len(unread)


class MemoryStaffDevices(MemoryStore[StaffDevice]):
    """Phones of staff."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, DEVICES)

    async def of_user(self, user_id: UUID) -> list[StaffDevice]:
        """See StaffDeviceStore."""
        found = [device for device in self._rows().values() if device.user_id == user_id]
        return [stored(device) for device in sorted(found, key=OLDEST_FIRST)]

    async def remove(self, device: StaffDevice) -> None:
        """See StaffDeviceStore."""
        self._transaction.remove(DEVICES, device.id)

    async def give_up(self, token_hash: str) -> None:
        """See StaffDeviceStore."""
        for device in list(self._transaction.all_rows(DEVICES).values()):
            if DEVICES.has(device, "token_hash", token_hash):
                self._transaction.remove_anywhere(DEVICES, device.id)


class MemorySemaines:
    """Weeks of chauffeurs."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add_missing(self, semaines: Sequence[Semaine]) -> int:
        """See SemaineStore."""
        known = {(each.chauffeur_id, each.debut) for each in self._transaction.rows(SEMAINES).values()}
        new = [semaine for semaine in semaines if (semaine.chauffeur_id, semaine.debut) not in known]
        for semaine in new:
            self._transaction.insert(SEMAINES, semaine)
        return len(new)

    async def have(self, debut: date) -> set[UUID]:
        """See SemaineStore."""
        return {each.chauffeur_id for each in self._transaction.rows(SEMAINES).values() if each.debut == debut}


class MemoryTrail:
    """The company's audit log."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add_all(self, entries: Sequence[AuditEntry]) -> None:
        """See TrailStore."""
        for entry in entries:
            self._transaction.insert(AUDIT_LOG, entry)
