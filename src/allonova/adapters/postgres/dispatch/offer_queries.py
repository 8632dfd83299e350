"""What a chauffeur's own screens show."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, DateTime, Text, Uuid, and_, any_, bindparam, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.company import Reading
from allonova.adapters.postgres.dispatch.board import cards, read_cards
from allonova.adapters.postgres.dispatch.days import midnight
from allonova.adapters.postgres.dispatch.patterns import patterns
from allonova.adapters.postgres.dispatch.stores import DEMANDE_SHELF
from allonova.adapters.postgres.dispatch.tables import CLIENTS, COMMANDES, DEMANDES, SOCIETES
from allonova.adapters.postgres.lists import Condition, Conditions, Fields, Listing, LongListing
from allonova.adapters.postgres.statements import compile_once
from allonova.application.dispatch.offer_queries import OfferQueries
from allonova.application.dispatch.views import CommandeView, DemandeView, demande_view
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.dispatch.demande import DemandeStatut
from allonova.domain.kernel.machine import Party

INSTANT = DateTime(timezone=True)

_read_demande = DEMANDE_SHELF.mapper.reader()
_DEMANDES = Listing(
    DEMANDE_SHELF.select(
        DEMANDES.c.chauffeur_id == bindparam("chauffeur_id"),
        DEMANDES.c.statut == DemandeStatut.PROPOSEE.value,
        DEMANDES.c.expire_at > bindparam("now", type_=INSTANT),
    ),
    {"id": DEMANDES.c.id, "expireAt": DEMANDES.c.expire_at},
)
_CARDS = compile_once(cards().where(COMMANDES.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))

_ZONE = select(SOCIETES.c.fuseau).where(SOCIETES.c.id == func.dispatch.societe_courante()).scalar_subquery()


def _is_on_day_of(now: ColumnElement[Any]) -> ColumnElement[bool]:
    today = cast(func.timezone(_ZONE, now), Date)
    return and_(COMMANDES.c.date_iso >= midnight(today), COMMANDES.c.date_iso < midnight(today + 1))


def _has_words(wanted: ColumnElement[Any]) -> ColumnElement[bool]:
    """The card's own words, or its client's. A chauffeur's own courses are few: no index is needed."""
    of_client = select(CLIENTS.c.id).where(
        CLIENTS.c.id == COMMANDES.c.client_id, CLIENTS.c.recherche.like(any_(wanted))
    )
    return or_(COMMANDES.c.recherche.like(any_(wanted)), of_client.exists())


_COURSE_FIELDS: Fields = {"id": COMMANDES.c.id, "dateISO": COMMANDES.c.date_iso, "statut": COMMANDES.c.statut}
_COURSE_CONDITIONS: Conditions = {
    "aujourdhui": Condition(_is_on_day_of, INSTANT),
    "q": Condition(_has_words, ARRAY(Text), patterns),
}
_COURSES = LongListing(
    select(COMMANDES.c.id).where(COMMANDES.c.chauffeur_id == bindparam("chauffeur_id")),
    _COURSE_FIELDS,
    shown=cards(),
    conditions=_COURSE_CONDITIONS,
    midnight=midnight,
)


class PostgresOfferQueries:
    """Reads in short transactions of a company, or in the unit that it is given."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def demandes(
        self, societe_id: UUID, chauffeur_id: UUID, query: ListQuery, *, now: datetime
    ) -> Page[DemandeView]:
        """See OfferQueries."""
        async with self._reading(societe_id) as runner:
            rows, total = await _DEMANDES.rows(runner, query, chauffeur_id=chauffeur_id, now=now)
            demandes = [_read_demande(row) for row in rows]
            ids = [demande.commande_id for demande in demandes]
            found = await runner.fetch(_CARDS.sql, *_CARDS.args(ids=ids, now=now)) if ids else []
        shown = {card.id: card for card in read_cards(found, Party.CHAUFFEUR)}
        return Page([demande_view(demande, shown[demande.commande_id]) for demande in demandes], total)

    async def courses(
        self, societe_id: UUID, chauffeur_id: UUID, query: ListQuery, *, now: datetime
    ) -> Page[CommandeView]:
        """See OfferQueries."""
        async with self._reading(societe_id, replan=True) as runner:
            rows, total = await _COURSES.rows(runner, query, found={"chauffeur_id": chauffeur_id}, shown={"now": now})
        return Page(read_cards(rows, Party.CHAUFFEUR), total)


def _conforms(queries: PostgresOfferQueries) -> OfferQueries:
    return queries
