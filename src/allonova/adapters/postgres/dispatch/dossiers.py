"""What there is of one person among a company's rows. What a statement does not say of the company, row-level security
does.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.dispatch.stores import (
    COMMANDE_SHELF,
    DEMANDE_SHELF,
    INTERVENTION_SHELF,
    NOTIFICATION_SHELF,
)
from allonova.adapters.postgres.dispatch.tables import (
    AUDIT_LOG,
    COMMANDES,
    DEMANDES,
    INTERVENTIONS,
    NOTIFICATIONS,
    POSITIONS,
    SEMAINES,
)
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import Statement, compile_once
from allonova.adapters.postgres.store import locked
from allonova.application.dispatch.dossier_ports import DossierStore
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.audit import AuditEntry
from allonova.domain.dispatch.commande import Commande
from allonova.domain.dispatch.demande import Demande
from allonova.domain.dispatch.intervention import Intervention
from allonova.domain.dispatch.notification import Notification
from allonova.domain.dispatch.semaine import Semaine
from allonova.domain.dispatch.staff import StaffUser
from allonova.domain.dispatch.taxi import Position


@wired
class _Read[T]:
    """The rows of one person or of some orders, in an order."""

    mapper: RowMapper[T]
    statement: Statement

    async def all(self, runner: Runner, person: object) -> list[T]:
        rows = await runner.fetch(self.statement.sql, *self.statement.args(person=person))
        return [self.mapper.read(tuple(row)) for row in rows]


def _of[T](mapper: RowMapper[T], owner: ColumnElement[Any], *order: ColumnElement[Any], lock: bool = False) -> _Read[T]:
    """Those whose `owner` is the person that is asked for."""
    return _Read(mapper, _chosen(mapper, owner == bindparam("person", type_=Uuid), *order, lock=lock))


def _chosen(mapper: RowMapper[Any], where: ColumnElement[bool], *order: ColumnElement[Any], lock: bool) -> Statement:
    query = select(*mapper.columns()).where(where).order_by(*order)
    return compile_once(locked(query) if lock else query)


_COMMANDE = COMMANDE_SHELF.mapper
_ORDERED = _of(_COMMANDE, COMMANDES.c.client_id, COMMANDES.c.created_at, COMMANDES.c.id)
_LOCKED = _of(_COMMANDE, COMMANDES.c.client_id, COMMANDES.c.id, lock=True)
_DRIVEN = _of(_COMMANDE, COMMANDES.c.chauffeur_id, COMMANDES.c.date_iso, COMMANDES.c.id)
_OFFERED = _of(DEMANDE_SHELF.mapper, DEMANDES.c.chauffeur_id, DEMANDES.c.created_at, DEMANDES.c.id)
_WEEKS = _of(RowMapper(Semaine, SEMAINES), SEMAINES.c.chauffeur_id, SEMAINES.c.debut)
_PLACES = _of(RowMapper(Position, POSITIONS), POSITIONS.c.chauffeur_id, POSITIONS.c.at, POSITIONS.c.id)
_MESSAGES = _of(NOTIFICATION_SHELF.mapper, NOTIFICATIONS.c.user_id, NOTIFICATIONS.c.created_at, NOTIFICATIONS.c.id)
_DEEDS = _of(RowMapper(AuditEntry, AUDIT_LOG), AUDIT_LOG.c.user_id, AUDIT_LOG.c.ts, AUDIT_LOG.c.id)
_ABOUT = _Read(
    INTERVENTION_SHELF.mapper,
    _chosen(
        INTERVENTION_SHELF.mapper,
        INTERVENTIONS.c.commande_id == any_(bindparam("person", type_=ARRAY(Uuid))),
        INTERVENTIONS.c.created_at,
        INTERVENTIONS.c.id,
        lock=False,
    ),
)

_FORGET_ORDERS = """
WITH noted AS (
    UPDATE dispatch.interventions SET titre = $2, description = $2 WHERE commande_id = ANY ($1::uuid[])
), refused AS (
    UPDATE dispatch.demandes SET motif = NULL WHERE commande_id = ANY ($1::uuid[]) AND motif IS NOT NULL
)
DELETE FROM dispatch.notifications
WHERE data ->> 'commandeId' = ANY (SELECT unnest($1::uuid[])::text) OR data ->> 'interventionId' = ANY (
    SELECT id::text FROM dispatch.interventions WHERE commande_id = ANY ($1::uuid[])
)
"""
_FORGET_STAFF = """
WITH devices AS (
    DELETE FROM dispatch.devices WHERE user_id = $1::uuid
), messages AS (
    DELETE FROM dispatch.notifications WHERE user_id = $1::uuid OR data ->> 'commandeId' = ANY (
        SELECT id::text FROM dispatch.commandes WHERE chauffeur_id = $1::uuid
        UNION SELECT commande_id::text FROM dispatch.demandes WHERE chauffeur_id = $1::uuid
    )
), places AS (
    DELETE FROM dispatch.positions WHERE chauffeur_id = $1::uuid
), now AS (
    DELETE FROM dispatch.taxi_positions WHERE chauffeur_id = $1::uuid
), links AS (
    DELETE FROM platform.link_tokens WHERE target = lower($2::text) AND starts_with(purpose, 'staff_')
)
UPDATE dispatch.demandes SET motif = NULL WHERE chauffeur_id = $1::uuid AND motif IS NOT NULL
"""


class PostgresDossiers:
    """See DossierStore."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def ordered(self, client_id: UUID, *, lock: bool = False) -> list[Commande]:
        """See DossierStore."""
        return await (_LOCKED if lock else _ORDERED).all(self._runner, client_id)

    async def interventions(self, commande_ids: Collection[UUID]) -> list[Intervention]:
        """See DossierStore."""
        return await _ABOUT.all(self._runner, sorted(commande_ids))

    async def forget_orders(self, commande_ids: Collection[UUID], *, mask: str) -> None:
        """See DossierStore."""
        await self._runner.execute(_FORGET_ORDERS, sorted(commande_ids), mask)

    async def driven(self, user_id: UUID) -> list[Commande]:
        """See DossierStore."""
        return await _DRIVEN.all(self._runner, user_id)

    async def offered(self, user_id: UUID) -> list[Demande]:
        """See DossierStore."""
        return await _OFFERED.all(self._runner, user_id)

    async def weeks(self, user_id: UUID) -> list[Semaine]:
        """See DossierStore."""
        return await _WEEKS.all(self._runner, user_id)

    async def places(self, user_id: UUID) -> list[Position]:
        """See DossierStore."""
        return await _PLACES.all(self._runner, user_id)

    async def messages(self, user_id: UUID) -> list[Notification]:
        """See DossierStore."""
        return await _MESSAGES.all(self._runner, user_id)

    async def deeds(self, user_id: UUID) -> list[AuditEntry]:
        """See DossierStore."""
        return await _DEEDS.all(self._runner, user_id)

    async def forget_staff(self, user: StaffUser) -> None:
        """See DossierStore."""
        await self._runner.execute(_FORGET_STAFF, user.id, user.email)


def _conforms(dossiers: PostgresDossiers) -> DossierStore:
    return dossiers
