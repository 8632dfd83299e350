"""What sockets show and ask for: each in one statement, with whoever changed it and whoever is to see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Label, ScalarSelect, Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.company import Reading
from allonova.adapters.postgres.dispatch.board import cards, read_card, read_cards
from allonova.adapters.postgres.dispatch.desk_queries import INTERVENTIONS_SHOWN, show_intervention
from allonova.adapters.postgres.dispatch.fleet_queries import FLEET, show_taxi
from allonova.adapters.postgres.dispatch.stores import (
    CLIENT_SHELF,
    COMMANDE_SHELF,
    DEMANDE_SHELF,
    NOTIFICATION_SHELF,
)
from allonova.adapters.postgres.dispatch.tables import (
    CLIENTS,
    COMMANDES,
    DEMANDES,
    INTERVENTIONS,
    NOTIFICATIONS,
    TAXIS,
    USERS,
)
from allonova.adapters.postgres.runner import Row
from allonova.adapters.postgres.statements import compile_once
from allonova.application.dispatch.desk_views import NotificationView, notification_view
from allonova.application.dispatch.frames import Par
from allonova.application.dispatch.screen_queries import (
    CardNews,
    InterventionNews,
    ScreenQueries,
    StaffFacts,
    TaxiNews,
)
from allonova.application.dispatch.views import (
    DemandeView,
    Diffusion,
    commande_view,
    demande_view,
    for_chauffeur,
    without_holder,
)
from allonova.domain.dispatch.demande import DemandeStatut
from allonova.domain.dispatch.staff import StaffRole
from allonova.domain.dispatch.taxi import Driving, TaxiStatut
from allonova.domain.kernel.machine import Party


def _name() -> ScalarSelect[Any]:
    """Of the account `by`."""
    doer = USERS.alias("doer")
    return select(doer.c.name).where(doer.c.id == bindparam("by", type_=Uuid)).scalar_subquery()


def _admins() -> Label[Any]:
    active = USERS.c.active & (USERS.c.role == StaffRole.ADMIN.value)
    return select(func.array_agg(USERS.c.id)).where(active).scalar_subquery().label("admins")


_NOW = bindparam("now", type_=DateTime(timezone=True))
_ASKED, _EACH = DEMANDES.alias("asked"), DEMANDES.alias("each_open")


def _open(figure: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Of all open demandes of the card."""
    is_open = (_EACH.c.statut == DemandeStatut.PROPOSEE.value) & (_EACH.c.expire_at > _NOW)
    return select(figure).where(_EACH.c.commande_id == COMMANDES.c.id, is_open).scalar_subquery()


_CARD = compile_once(
    cards().add_columns(_name().label("par"), _admins()).where(COMMANDES.c.id == bindparam("commande_id"))
)
# Of a broadcast each phone is shown one row, not a row for each of the others.
_DEMANDES = compile_once(
    select(
        *DEMANDE_SHELF.mapper.columns("as_", _ASKED),
        *COMMANDE_SHELF.mapper.columns("co_"),
        *CLIENT_SHELF.mapper.columns("cl_"),
        TAXIS.c.numero.label("numero"),
        _open(func.count()).label("asked"),
        _open(func.max(_EACH.c.expire_at)).label("until"),
    )
    .select_from(
        _ASKED.join(COMMANDES, COMMANDES.c.id == _ASKED.c.commande_id)
        .join(CLIENTS, CLIENTS.c.id == COMMANDES.c.client_id)
        .outerjoin(TAXIS, TAXIS.c.id == COMMANDES.c.taxi_id)
    )
    .where(_ASKED.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
)
_TAXI = compile_once(FLEET.add_columns(_name().label("par")).where(TAXIS.c.id == bindparam("taxi_id")))
_NAME = compile_once(select(_name().label("par")))
_NOTIFICATION = compile_once(NOTIFICATION_SHELF.select(NOTIFICATIONS.c.id == bindparam("notification_id")))
_INTERVENTION = compile_once(
    INTERVENTIONS_SHOWN.add_columns(_admins()).where(INTERVENTIONS.c.id == bindparam("intervention_id"))
)
_STAFF = compile_once(select(USERS.c.name, USERS.c.role, USERS.c.active).where(USERS.c.id == bindparam("user_id")))
_DRIVING = compile_once(
    select(USERS.c.id, TAXIS.c.id, TAXIS.c.statut)
    .join_from(USERS, TAXIS, TAXIS.c.id == USERS.c.taxi_id)
    .where(USERS.c.active, TAXIS.c.active)
)
_HAS = compile_once(select(COMMANDES.c.id).where(COMMANDES.c.id == bindparam("commande_id")))
_read_asked = DEMANDE_SHELF.mapper.reader("as_")
_read_commande = COMMANDE_SHELF.mapper.reader("co_")
_read_client = CLIENT_SHELF.mapper.reader("cl_")
_read_notification = NOTIFICATION_SHELF.mapper.reader()


class PostgresScreenQueries:
    """Reads in short transactions of a company."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def card(self, societe_id: UUID, id: UUID, *, by: UUID | None, now: datetime) -> CardNews | None:
        """See ScreenQueries."""
        async with self._reading(societe_id) as runner:
            rows = await runner.fetch(_CARD.sql, *_CARD.args(commande_id=id, by=by, now=now))
        if not rows:
            return None
        return CardNews(
            card=read_cards(rows, Party.ADMIN)[0],
            course=read_cards(rows, Party.CHAUFFEUR)[0],
            par=_par(by, rows[0]),
            admins=tuple(rows[0]["admins"] or ()),
        )

    async def demandes(self, societe_id: UUID, ids: Sequence[UUID], *, now: datetime) -> list[DemandeView]:
        """See ScreenQueries."""
        async with self._reading(societe_id) as runner:
            rows = await runner.fetch(_DEMANDES.sql, *_DEMANDES.args(ids=list(ids), now=now))
        return [_demande(row, now) for row in rows]

    async def taxi(self, societe_id: UUID, id: UUID, *, by: UUID | None) -> TaxiNews:
        """See ScreenQueries."""
        async with self._reading(societe_id) as runner:
            row = await runner.fetchrow(_TAXI.sql, *_TAXI.args(taxi_id=id, by=by))
            named = row or await runner.fetchrow(_NAME.sql, *_NAME.args(by=by))
        return TaxiNews(taxi=None if row is None else show_taxi(row), par=_par(by, named))

    async def notification(self, societe_id: UUID, id: UUID) -> NotificationView | None:
        """See ScreenQueries."""
        async with self._reading(societe_id) as runner:
            row = await runner.fetchrow(_NOTIFICATION.sql, *_NOTIFICATION.args(notification_id=id))
        return None if row is None else notification_view(_read_notification(row))

    async def intervention(self, societe_id: UUID, id: UUID, *, now: datetime) -> InterventionNews | None:
        """See ScreenQueries."""
        waiting = None
        async with self._reading(societe_id) as runner:
            row = await runner.fetchrow(_INTERVENTION.sql, *_INTERVENTION.args(intervention_id=id))
            if row is not None and row["in_attente_depuis"] is not None:
                waiting = await read_card(runner, row["in_commande_id"], viewer=Party.ADMIN, now=now)
        if row is None:
            return None
        return InterventionNews(intervention=show_intervention(row), waiting=waiting, admins=tuple(row["admins"] or ()))

    async def staff(self, societe_id: UUID, id: UUID) -> StaffFacts | None:
        """See ScreenQueries."""
        async with self._reading(societe_id) as runner:
            row = await runner.fetchrow(_STAFF.sql, *_STAFF.args(user_id=id))
        return None if row is None else StaffFacts(name=row[0], role=StaffRole(row[1]), active=row[2])

    async def driving(self, societe_id: UUID) -> Mapping[UUID, Driving]:
        """See ScreenQueries."""
        async with self._reading(societe_id) as runner:
            rows = await runner.fetch(_DRIVING.sql)
        return {row[0]: Driving(taxi_id=row[1], statut=TaxiStatut(row[2])) for row in rows}

    async def has_commande(self, societe_id: UUID, id: UUID) -> bool:
        """See ScreenQueries."""
        async with self._reading(societe_id) as runner:
            return await runner.fetchval(_HAS.sql, *_HAS.args(commande_id=id)) is not None


def _demande(row: Row, now: datetime) -> DemandeView:
    demande, commande = _read_asked(row), _read_commande(row)
    own = [demande] if demande.is_open(now) else []
    shown = commande_view(commande, _read_client(row), numero=row["numero"], demandes=own, viewer=Party.CHAUFFEUR)
    if row["asked"] > len(own):
        asked = Diffusion(demandes=row["asked"], expire_at=row["until"])
        is_offered_alone = commande.taxi_id is not None
        shown = without_holder(shown) if is_offered_alone else replace(shown, demande=None, diffusion=asked)
    return demande_view(demande, for_chauffeur(shown, demande.chauffeur_id))


def _par(by: UUID | None, row: Row | None) -> Par | None:
    return None if by is None or row is None or row["par"] is None else Par(id=by, name=row["par"])


def _conforms(queries: PostgresScreenQueries) -> ScreenQueries:
    return queries
