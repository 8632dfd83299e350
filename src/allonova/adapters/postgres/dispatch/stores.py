"""The stores of dispatch. What a statement does not say of the company, row-level security does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from operator import attrgetter
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, func
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.dispatch.plans import (
    COURSES_OF,
    LAST_ASKED,
    LOOK_AGAIN,
    PLANS_BY_TAXI,
    PROMISED_TO,
    read_plan,
)
from allonova.adapters.postgres.dispatch.tables import (
    CLIENTS,
    COMMANDES,
    DEMANDES,
    DEPLACEMENTS,
    DEVICES,
    INTERVENTIONS,
    NOTIFICATIONS,
    SOCIETES,
    TAXIS,
    USERS,
)
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf, locked
from allonova.application.dispatch.ports import REFUSALS
from allonova.domain.dispatch.audit import AuditEntry
from allonova.domain.dispatch.client import Client
from allonova.domain.dispatch.commande import Commande
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

SOCIETE_SHELF = Shelf(RowMapper(Societe, SOCIETES), REFUSALS)
STAFF_SHELF = Shelf(RowMapper(StaffUser, USERS), REFUSALS, folded={"email"})
TAXI_SHELF = Shelf(RowMapper(Taxi, TAXIS), REFUSALS)
CLIENT_SHELF = Shelf(RowMapper(Client, CLIENTS), REFUSALS)
COMMANDE_SHELF = Shelf(RowMapper(Commande, COMMANDES, beside={"client_type"}), REFUSALS)
DEMANDE_SHELF = Shelf(RowMapper(Demande, DEMANDES), REFUSALS)
DEPLACEMENT_SHELF = Shelf(RowMapper(Deplacement, DEPLACEMENTS), REFUSALS)
INTERVENTION_SHELF = Shelf(RowMapper(Intervention, INTERVENTIONS), REFUSALS)
NOTIFICATION_SHELF = Shelf(RowMapper(Notification, NOTIFICATIONS), REFUSALS)
STAFF_DEVICE_SHELF = Shelf(RowMapper(StaffDevice, DEVICES), REFUSALS)

_NEXT_NUMBER = """
INSERT INTO dispatch.compteurs (societe_id, annee, dernier) VALUES ($1, $2, 1)
ON CONFLICT (societe_id, annee) DO UPDATE SET dernier = compteurs.dernier + 1
RETURNING dernier
"""


class PostgresSocietes(PostgresStore[Societe]):
    """The company itself."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, SOCIETE_SHELF)

    async def next_number(self, societe_id: UUID, annee: int) -> int:
        """See SocieteStore."""
        number: int = await self._runner.fetchval(_NEXT_NUMBER, societe_id, annee)
        return number


_ACTIVE = compile_once(
    STAFF_SHELF.select(USERS.c.role == bindparam("role"), USERS.c.active).order_by(USERS.c.created_at, USERS.c.id)
)
_DRIVER = compile_once(
    STAFF_SHELF.select(USERS.c.taxi_id == bindparam("taxi"), USERS.c.active, USERS.c.role == bindparam("role"))
)
_STAFF_HISTORY = """
SELECT EXISTS (SELECT FROM dispatch.commandes WHERE chauffeur_id = $1 OR cree_par = $1)
    OR EXISTS (SELECT FROM dispatch.demandes WHERE chauffeur_id = $1)
    OR EXISTS (SELECT FROM dispatch.deplacements WHERE user_id = $1 OR chauffeur_id = $1)
    OR EXISTS (SELECT FROM dispatch.interventions WHERE cree_par = $1)
    OR EXISTS (SELECT FROM dispatch.positions WHERE chauffeur_id = $1)
    OR EXISTS (SELECT FROM dispatch.taxi_positions WHERE chauffeur_id = $1)
    OR EXISTS (SELECT FROM dispatch.semaines WHERE chauffeur_id = $1)
    OR EXISTS (SELECT FROM dispatch.audit_log WHERE user_id = $1)
"""
# Whoever is about to name the account waits until this transaction ends, and then finds it gone.
_ALONE = "SELECT FROM dispatch.users WHERE id = $1 FOR UPDATE"
_FORGET_STAFF = """
WITH devices AS (DELETE FROM dispatch.devices WHERE user_id = $1),
     notices AS (DELETE FROM dispatch.notifications WHERE user_id = $1)
DELETE FROM dispatch.users WHERE id = $1
"""


class PostgresStaff(PostgresStore[StaffUser]):
    """Accounts of staff."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, STAFF_SHELF)

    async def active_admins(self) -> list[StaffUser]:
        """See StaffStore."""
        return await self._active(StaffRole.ADMIN)

    async def drivers(self) -> list[StaffUser]:
        """See StaffStore."""
        return await self._active(StaffRole.CHAUFFEUR)

    async def _active(self, role: StaffRole) -> list[StaffUser]:
        rows = await self._runner.fetch(_ACTIVE.sql, *_ACTIVE.args(role=role))
        return [await self._entity(row, is_locked=False) for row in rows]

    async def driver_of(self, taxi_id: UUID) -> StaffUser | None:
        """See StaffStore."""
        row = await self._runner.fetchrow(_DRIVER.sql, *_DRIVER.args(taxi=taxi_id, role=StaffRole.CHAUFFEUR))
        return None if row is None else await self._entity(row, is_locked=False)

    async def has_history(self, user_id: UUID) -> bool:
        """See StaffStore."""
        await self._runner.execute(_ALONE, user_id)
        return bool(await self._runner.fetchval(_STAFF_HISTORY, user_id))

    async def remove(self, user: StaffUser) -> None:
        """See StaffStore."""
        await self._runner.execute(_FORGET_STAFF, user.id)


_TAXI_HISTORY = """
SELECT EXISTS (SELECT FROM dispatch.commandes WHERE taxi_id = $1)
    OR EXISTS (SELECT FROM dispatch.demandes WHERE taxi_id = $1)
    OR EXISTS (SELECT FROM dispatch.deplacements WHERE taxi_id = $1)
    OR EXISTS (SELECT FROM dispatch.interventions WHERE taxi_id = $1)
"""
# Whoever writes a row that names it waits for this lock, or this waits for him and then sees the row.
_ALONE_WITH_TAXI = "SELECT FROM dispatch.taxis WHERE id = $1 FOR UPDATE"
_FORGET_TAXI = """
WITH past AS (DELETE FROM dispatch.positions WHERE taxi_id = $1),
     now AS (DELETE FROM dispatch.taxi_positions WHERE taxi_id = $1),
     former AS (UPDATE dispatch.users SET taxi_id = NULL, version = version + 1 WHERE taxi_id = $1)
DELETE FROM dispatch.taxis WHERE id = $1
"""


class PostgresTaxis(PostgresStore[Taxi]):
    """Taxis."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, TAXI_SHELF)

    async def has_history(self, taxi_id: UUID) -> bool:
        """See TaxiStore."""
        await self._runner.execute(_ALONE_WITH_TAXI, taxi_id)
        return bool(await self._runner.fetchval(_TAXI_HISTORY, taxi_id))

    async def remove(self, taxi: Taxi) -> None:
        """See TaxiStore."""
        await self._runner.execute(_FORGET_TAXI, taxi.id)


# The turn is the company's and the address's; whoever has it keeps it to the end of the transaction.
_EMAIL_TURN = """
SELECT pg_advisory_xact_lock(hashtextextended('client:' || dispatch.societe_courante() || ':' || lower($1), 0))
"""
_BY_EMAIL = compile_once(
    CLIENT_SHELF.select(
        func.lower(CLIENTS.c.contact_email) == func.lower(bindparam("email", type_=CLIENTS.c.contact_email.type)),
        CLIENTS.c.active,
    )
    .order_by(CLIENTS.c.created_at, CLIENTS.c.id)
    .limit(1)
)
_ALONE_WITH_CLIENT = "SELECT FROM dispatch.clients WHERE id = $1 FOR UPDATE"
_CLIENT_HISTORY = "SELECT EXISTS (SELECT FROM dispatch.commandes WHERE client_id = $1)"
_FORGET_CLIENT = "DELETE FROM dispatch.clients WHERE id = $1"


class PostgresClients(PostgresStore[Client]):
    """Customers."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, CLIENT_SHELF)

    async def by_email(self, email: str) -> Client | None:
        """See ClientStore."""
        await self._runner.execute(_EMAIL_TURN, email)
        row = await self._runner.fetchrow(_BY_EMAIL.sql, *_BY_EMAIL.args(email=email))
        return None if row is None else await self._entity(row, is_locked=False)

    async def has_history(self, client_id: UUID) -> bool:
        """See ClientStore."""
        await self._runner.execute(_ALONE_WITH_CLIENT, client_id)
        return bool(await self._runner.fetchval(_CLIENT_HISTORY, client_id))

    async def remove(self, client: Client) -> None:
        """See ClientStore."""
        await self._runner.execute(_FORGET_CLIENT, client.id)


_MARK_WAIT = "UPDATE dispatch.commandes SET sla_signale_at = $2 WHERE id = $1"


class PostgresCommandes(PostgresStore[Commande]):
    """Orders."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, COMMANDE_SHELF)

    async def plans(self, taxi_id: UUID, *, start: datetime, end: datetime, now: datetime) -> list[Plan]:
        """See CommandeStore."""
        return (await self.plans_by_taxi([taxi_id], start=start, end=end, now=now)).get(taxi_id, [])

    async def plans_by_taxi(
        self, taxi_ids: Collection[UUID], *, start: datetime, end: datetime, now: datetime
    ) -> dict[UUID, list[Plan]]:
        """See CommandeStore."""
        found: dict[UUID, list[Plan]] = {}
        for row in await self._runner.fetch(PLANS_BY_TAXI, sorted(taxi_ids), start, end, now):
            found.setdefault(row["on_taxi"], []).append(read_plan(row))
        return found

    async def courses_of(self, taxi_id: UUID, chauffeur_id: UUID, *, start: datetime, end: datetime) -> list[Plan]:
        """See CommandeStore."""
        return [read_plan(row) for row in await self._runner.fetch(COURSES_OF, taxi_id, chauffeur_id, start, end)]

    async def look_again(self, commande_id: UUID, at: datetime | None) -> None:
        """See CommandeStore."""
        await self._runner.execute(LOOK_AGAIN, commande_id, at)

    async def mark_wait(self, commande: Commande, *, at: datetime) -> None:
        """See CommandeStore."""
        await self._runner.execute(_MARK_WAIT, commande.id, at)
        commande.sla_signale_at = at

    async def promised_to(self, taxi_ids: Collection[UUID], *, now: datetime) -> dict[UUID, set[UUID]]:
        """See CommandeStore."""
        promised: dict[UUID, set[UUID]] = {taxi_id: set() for taxi_id in taxi_ids}
        for taxi_id, commande_id in await self._runner.fetch(PROMISED_TO, sorted(promised), now) if promised else []:
            promised[taxi_id].add(commande_id)
        return promised


_OF_COMMANDES = compile_once(
    locked(
        DEMANDE_SHELF.select(DEMANDES.c.commande_id == any_(bindparam("commandes", type_=ARRAY(Uuid)))).order_by(
            DEMANDES.c.created_at, DEMANDES.c.id
        )
    )
)


class PostgresDemandes(PostgresStore[Demande]):
    """Offers."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, DEMANDE_SHELF)

    async def of_commande(self, commande_id: UUID) -> list[Demande]:
        """See DemandeStore."""
        return (await self.of_commandes([commande_id])).get(commande_id, [])

    async def of_commandes(self, commande_ids: Collection[UUID]) -> dict[UUID, list[Demande]]:
        """See DemandeStore."""
        found: dict[UUID, list[Demande]] = {}
        for row in await self._runner.fetch(_OF_COMMANDES.sql, *_OF_COMMANDES.args(commandes=sorted(commande_ids))):
            demande = await self._entity(row, is_locked=True)
            found.setdefault(demande.commande_id, []).append(demande)
        return found

    async def last_asked(self, chauffeur_ids: Collection[UUID]) -> dict[UUID, datetime]:
        """See DemandeStore."""
        return {row[0]: row[1] for row in await self._runner.fetch(LAST_ASKED, sorted(chauffeur_ids))}


_LAST_MOVE = compile_once(
    locked(
        DEPLACEMENT_SHELF.select(
            DEPLACEMENTS.c.commande_id == bindparam("commande"), DEPLACEMENTS.c.user_id == bindparam("mover")
        )
        .order_by(DEPLACEMENTS.c.created_at.desc(), DEPLACEMENTS.c.id.desc())
        .limit(1)
    )
)


class PostgresDeplacements(PostgresStore[Deplacement]):
    """Moves."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, DEPLACEMENT_SHELF)

    async def last_of(self, commande_id: UUID, user_id: UUID) -> Deplacement | None:
        """See DeplacementStore."""
        row = await self._runner.fetchrow(_LAST_MOVE.sql, *_LAST_MOVE.args(commande=commande_id, mover=user_id))
        return None if row is None else await self._entity(row, is_locked=True)


_FORGET_INTERVENTION = "DELETE FROM dispatch.interventions WHERE id = $1"


class PostgresInterventions(PostgresStore[Intervention]):
    """Interventions."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, INTERVENTION_SHELF)

    async def remove(self, intervention: Intervention) -> None:
        """See InterventionStore."""
        await self._runner.execute(_FORGET_INTERVENTION, intervention.id)


_READ_ALL = """
UPDATE dispatch.notifications SET lu_at = $2, version = version + 1 WHERE user_id = $1 AND lu_at IS NULL
"""


class PostgresNotifications(PostgresStore[Notification]):
    """Messages in the application."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, NOTIFICATION_SHELF)

    async def read_all(self, user_id: UUID, *, at: datetime) -> int:
        """See NotificationStore."""
        return int((await self._runner.execute(_READ_ALL, user_id, at)).rpartition(" ")[2])


_DEVICES_OF = compile_once(
    STAFF_DEVICE_SHELF.select(DEVICES.c.user_id == bindparam("owner")).order_by(DEVICES.c.created_at, DEVICES.c.id)
)
_FORGET_DEVICE = "DELETE FROM dispatch.devices WHERE id = $1"


class PostgresStaffDevices(PostgresStore[StaffDevice]):
    """Phones of staff."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, STAFF_DEVICE_SHELF)

    async def of_user(self, user_id: UUID) -> list[StaffDevice]:
        """See StaffDeviceStore."""
        rows = await self._runner.fetch(_DEVICES_OF.sql, *_DEVICES_OF.args(owner=user_id))
        return [await self._entity(row, is_locked=False) for row in rows]

    async def remove(self, device: StaffDevice) -> None:
        """See StaffDeviceStore."""
        await self._runner.execute(_FORGET_DEVICE, device.id)

    async def give_up(self, token_hash: str) -> None:
        """See StaffDeviceStore."""
        await self._runner.execute("SELECT dispatch.give_up_device($1)", token_hash)


_ADD_SEMAINES = """
INSERT INTO dispatch.semaines
    (id, societe_id, chauffeur_id, debut, courses, proposees, acceptees, minutes, jours, created_at)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::date[], $5::int[], $6::int[], $7::int[], $8::int[], $9::jsonb[],
    $10::timestamptz[]
)
ON CONFLICT (chauffeur_id, debut) DO NOTHING
"""
_HAVE = "SELECT chauffeur_id FROM dispatch.semaines WHERE debut = $1"


class PostgresSemaines:
    """Weeks of chauffeurs."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def add_missing(self, semaines: Sequence[Semaine]) -> int:
        """See SemaineStore."""
        columns: list[list[object]] = [
            [getattr(semaine, name) for semaine in semaines]
            for name in (
                *("id", "societe_id", "chauffeur_id", "debut", "courses", "proposees", "acceptees", "minutes"),
                *("jours", "created_at"),
            )
        ]
        return int((await self._runner.execute(_ADD_SEMAINES, *columns)).rpartition(" ")[2])

    async def have(self, debut: date) -> set[UUID]:
        """See SemaineStore."""
        return {row[0] for row in await self._runner.fetch(_HAVE, debut)}


_APPEND = """
INSERT INTO dispatch.audit_log (id, societe_id, user_id, action, entity, entity_id, payload, ts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


class PostgresTrail:
    """The company's audit log."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def add_all(self, entries: Sequence[AuditEntry]) -> None:
        """See TrailStore."""
        columns = attrgetter("id", "societe_id", "user_id", "action", "entity", "entity_id", "payload", "ts")
        await self._runner.executemany(_APPEND, [columns(entry) for entry in entries])
