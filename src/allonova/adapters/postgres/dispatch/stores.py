"""The stores of dispatch. What a statement does not say of the company, row-level security does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, func
from sqlalchemy.dialects.postgresql import ARRAY

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
from allonova.domain.dispatch.taxi import Position, Taxi
from allonova.domain.kernel.geo import Point

SOCIETE_SHELF = Shelf(RowMapper(Societe, SOCIETES), REFUSALS)
STAFF_SHELF = Shelf(RowMapper(StaffUser, USERS), REFUSALS, folded={"email"})
TAXI_SHELF = Shelf(RowMapper(Taxi, TAXIS), REFUSALS)
CLIENT_SHELF = Shelf(RowMapper(Client, CLIENTS), REFUSALS)
COMMANDE_SHELF = Shelf(RowMapper(Commande, COMMANDES), REFUSALS)
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
        return bool(await self._runner.fetchval(_STAFF_HISTORY, user_id))

    async def remove(self, user: StaffUser) -> None:
        """See StaffStore."""
        await self._runner.execute(_FORGET_STAFF, user.id)


_LOCK_TAXIS = compile_once(
    locked(TAXI_SHELF.select(TAXIS.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))).order_by(TAXIS.c.id))
)
_TAXI_HISTORY = """
SELECT EXISTS (SELECT FROM dispatch.commandes WHERE taxi_id = $1)
    OR EXISTS (SELECT FROM dispatch.demandes WHERE taxi_id = $1)
    OR EXISTS (SELECT FROM dispatch.deplacements WHERE taxi_id = $1)
    OR EXISTS (SELECT FROM dispatch.interventions WHERE taxi_id = $1)
"""
_FORGET_TAXI = """
WITH past AS (DELETE FROM dispatch.positions WHERE taxi_id = $1),
     now AS (DELETE FROM dispatch.taxi_positions WHERE taxi_id = $1)
DELETE FROM dispatch.taxis WHERE id = $1
"""


class PostgresTaxis(PostgresStore[Taxi]):
    """Taxis."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, TAXI_SHELF)

    async def lock_all(self, ids: Collection[UUID]) -> list[Taxi]:
        """See TaxiStore."""
        rows = await self._runner.fetch(_LOCK_TAXIS.sql, *_LOCK_TAXIS.args(ids=sorted(ids)))
        return [await self._entity(row, is_locked=True) for row in rows]

    async def has_history(self, taxi_id: UUID) -> bool:
        """See TaxiStore."""
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
        return bool(await self._runner.fetchval(_CLIENT_HISTORY, client_id))

    async def remove(self, client: Client) -> None:
        """See ClientStore."""
        await self._runner.execute(_FORGET_CLIENT, client.id)


_PLANS = """
SELECT c.id, c.reference, c.date_iso, c.fin_iso, c.prise_en_charge_point, c.destination_point
FROM dispatch.commandes AS c
WHERE c.date_iso < $3 AND c.fin_iso > $2
  AND ((c.taxi_id = $1 AND c.statut IN ('assignee', 'en-cours'))
    OR c.id IN (SELECT commande_id FROM dispatch.demandes
                WHERE taxi_id = $1 AND statut = 'proposee' AND expire_at > $4))
ORDER BY c.date_iso, c.id
"""
_PROMISED_TO = """
SELECT id FROM dispatch.commandes WHERE taxi_id = $1 AND statut = 'assignee'
UNION
SELECT commande_id FROM dispatch.demandes WHERE taxi_id = $1 AND statut = 'proposee' AND expire_at > $2
ORDER BY 1
"""


class PostgresCommandes(PostgresStore[Commande]):
    """Orders."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, COMMANDE_SHELF)

    async def plans(self, taxi_id: UUID, *, start: datetime, end: datetime, now: datetime) -> list[Plan]:
        """See CommandeStore."""
        rows = await self._runner.fetch(_PLANS, taxi_id, start, end, now)
        return [
            Plan(commande_id=row[0], reference=row[1], debut=row[2], fin=row[3], depart=row[4], arrivee=row[5])
            for row in rows
        ]

    async def promised_to(self, taxi_id: UUID, *, now: datetime) -> list[UUID]:
        """See CommandeStore."""
        return [row[0] for row in await self._runner.fetch(_PROMISED_TO, taxi_id, now)]


_OF_COMMANDE = compile_once(
    locked(
        DEMANDE_SHELF.select(DEMANDES.c.commande_id == bindparam("commande")).order_by(
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
        rows = await self._runner.fetch(_OF_COMMANDE.sql, *_OF_COMMANDE.args(commande=commande_id))
        return [await self._entity(row, is_locked=True) for row in rows]


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


_RECORD = """
WITH history AS (
    INSERT INTO dispatch.positions (id, societe_id, taxi_id, chauffeur_id, point, at) VALUES ($1, $2, $3, $4, $5, $6)
)
INSERT INTO dispatch.taxi_positions (taxi_id, societe_id, chauffeur_id, point, at) VALUES ($3, $2, $4, $5, $6)
ON CONFLICT (taxi_id) DO UPDATE SET chauffeur_id = excluded.chauffeur_id, point = excluded.point, at = excluded.at
    WHERE taxi_positions.at <= excluded.at
"""
_AVAILABLE = """
FROM dispatch.taxi_positions AS p
JOIN dispatch.taxis AS t ON t.id = p.taxi_id AND t.active AND t.statut = 'disponible'
WHERE p.at >= $2
  AND EXISTS (SELECT FROM dispatch.users AS u WHERE u.taxi_id = t.id AND u.active AND u.role = 'chauffeur')
"""
# `<->` walks the index from the point outwards: it reads as many taxis as it gives, and those it passes over.
_NEAREST = f"SELECT p.taxi_id {_AVAILABLE} ORDER BY p.point <-> $1::geography, p.taxi_id LIMIT $3"
_WITHIN = (
    f"SELECT p.taxi_id {_AVAILABLE} AND ST_DWithin(p.point, $1::geography, $3) "
    "ORDER BY p.point <-> $1::geography, p.taxi_id"
)


class PostgresPositions:
    """Where taxis are and were."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def record(self, position: Position) -> None:
        """See PositionStore."""
        await self._runner.execute(
            _RECORD,
            position.id,
            position.societe_id,
            position.taxi_id,
            position.chauffeur_id,
            position.point,
            position.at,
        )

    async def nearest(self, point: Point, *, seen_since: datetime, limit: int) -> list[UUID]:
        """See PositionStore."""
        return [row[0] for row in await self._runner.fetch(_NEAREST, point, seen_since, limit)]

    async def within(self, point: Point, *, radius_m: float, seen_since: datetime) -> list[UUID]:
        """See PositionStore."""
        return [row[0] for row in await self._runner.fetch(_WITHIN, point, seen_since, radius_m)]


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

    async def add(self, entry: AuditEntry) -> None:
        """See TrailStore."""
        await self._runner.execute(
            _APPEND,
            entry.id,
            entry.societe_id,
            entry.user_id,
            entry.action,
            entry.entity,
            entry.entity_id,
            entry.payload,
            entry.ts,
        )
