"""Cards, as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    DateTime,
    FromClause,
    Select,
    TableClause,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    column,
    func,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.types import TypeEngine

from allonova.adapters.postgres.company import Reading
from allonova.adapters.postgres.dispatch.board import cards, read_card, read_cards
from allonova.adapters.postgres.dispatch.days import midnight
from allonova.adapters.postgres.dispatch.patterns import patterns
from allonova.adapters.postgres.dispatch.tables import COMMANDES
from allonova.adapters.postgres.dispatch.terms import is_exact, terms
from allonova.adapters.postgres.lists import Condition, Fields, LongListing
from allonova.adapters.postgres.statements import compile_once
from allonova.application.dispatch.board_queries import BoardQueries
from allonova.application.dispatch.views import CommandeView
from allonova.application.kernel.listing import Filter, ListQuery, Op, Page
from allonova.domain.kernel.machine import Party

INSTANT = DateTime(timezone=True)


def _view(name: str) -> TableClause:
    """What commandes are found by: a view that holds the company's own alone."""
    own: Mapping[str, TypeEngine[Any]] = {"id": Uuid(), "societe_id": Uuid(), "reference": Text(), "statut": Text()}
    links: Mapping[str, TypeEngine[Any]] = {link: Uuid() for link in ("client_id", "taxi_id", "chauffeur_id")}
    more: Mapping[str, TypeEngine[Any]] = {"client_type": Text(), "recherche": Text()}
    instants: Mapping[str, TypeEngine[Any]] = {"date_iso": INSTANT, "created_at": INSTANT}
    columns = {**own, **links, **more, **instants}
    return table(name, *(column(each, type_) for each, type_ in columns.items()), schema="dispatch")


REGISTRE, CHERCHE = _view("registre"), _view("registre_cherche")
"""The second has no index by company: for searches whose own index is the best there is."""

_NAMES = {
    "id": "id",
    "reference": "reference",
    "statut": "statut",
    "clientType": "client_type",
    "taxiId": "taxi_id",
    "chauffeurId": "chauffeur_id",
    "dateISO": "date_iso",
    "createdAt": "created_at",
}
_NARROW = frozenset({"taxiId", "chauffeurId", "dateISO"})
"""Filters with an index of their own, which may leave less than a search does."""
_WORD, _PHRASE, _TEXT = "q: word", "q: phrase", "q: text"


def _fields(source: FromClause) -> Fields:
    return {name: source.c[own] for name, own in _NAMES.items()}


type _Given = BindParameter[Any]


@dataclass(frozen=True, slots=True)
class _Search:
    """The conditions of `q` on a view. Their parameters: the tsquery, the (first) pattern, all patterns."""

    view: FromClause

    def word(self, terms: _Given, pattern: _Given, patterns: _Given) -> ColumnElement[bool]:
        """The index alone knows."""
        own = func.dispatch.termes(self.view.c.societe_id, self.view.c.recherche).bool_op("@@")(cast(terms, TSQUERY))
        # An array, which an index takes beside another condition; a sub-select it would not.
        return or_(own, self.view.c.client_id == any_(func.array(_clients(patterns).scalar_subquery())))

    def phrase(self, terms: _Given, pattern: _Given, patterns: _Given) -> ColumnElement[bool]:
        """The first is for the index alone, which leaves less for the second to look at."""
        return self.word(terms, pattern, patterns) & self._reads(self.view.c.recherche.like(pattern), patterns)

    def text(self, terms: _Given, pattern: _Given, patterns: _Given) -> ColumnElement[bool]:
        """Without an index."""
        return self._reads(self.view.c.recherche.like(any_(patterns)), patterns)

    def _reads(self, own: ColumnElement[bool], patterns: _Given) -> ColumnElement[bool]:
        return or_(own, self.view.c.client_id.in_(_clients(patterns)))


def _clients(patterns: _Given) -> Select[Any]:
    return select(func.dispatch.chercher_clients(patterns).label("id"))


def _listing(found: FromClause) -> LongListing:
    """By a view; where many match, in the order of the one with indexes by company."""
    types, search, in_order = (Text(), Text(), ARRAY(Text)), _Search(found), _Search(REGISTRE).text
    return LongListing(
        select(found.c.id),
        _fields(found),
        shown=cards(),
        shown_fields=_fields(COMMANDES),
        walked=(select(REGISTRE.c.id), _fields(REGISTRE)),
        conditions={
            _WORD: Condition(search.word, types, in_order=in_order),
            _PHRASE: Condition(search.phrase, types, in_order=in_order),
            _TEXT: Condition(search.text, types, in_order=in_order),
        },
        midnight=midnight,
    )


_COMMANDES, _SEARCHED = _listing(REGISTRE), _listing(CHERCHE)
_OWN = compile_once(
    cards().where(COMMANDES.c.id == bindparam("commande_id"), COMMANDES.c.chauffeur_id == bindparam("chauffeur_id"))
)


class PostgresBoardQueries:
    """Reads in short transactions of a company, or in the unit that it is given."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def commandes(
        self, societe_id: UUID, query: ListQuery, *, viewer: Party, now: datetime
    ) -> Page[CommandeView]:
        """See BoardQueries."""
        wanted = replace(query, filters=tuple(_searched(societe_id, condition) for condition in query.filters))
        asked = {condition.field for condition in wanted.filters}
        listing = _SEARCHED if asked & {_WORD, _PHRASE} and not asked & _NARROW else _COMMANDES
        async with self._reading(societe_id, replan=True) as runner:
            rows, total = await listing.rows(runner, wanted, shown={"now": now})
        return Page(read_cards(rows, viewer), total)

    async def commande(
        self, societe_id: UUID, id: UUID, *, viewer: Party, now: datetime, chauffeur_id: UUID | None = None
    ) -> CommandeView | None:
        """See BoardQueries."""
        async with self._reading(societe_id) as runner:
            if chauffeur_id is None:
                return await read_card(runner, id, viewer=viewer, now=now)
            rows = await runner.fetch(_OWN.sql, *_OWN.args(commande_id=id, chauffeur_id=chauffeur_id, now=now))
        return next(iter(read_cards(rows, viewer)), None)


def _searched(societe_id: UUID, condition: Filter) -> Filter:
    if condition.field != "q" or condition.op is not Op.EQ:
        return condition
    q = str(condition.value)
    keys = terms(societe_id, q)
    name = _TEXT if keys is None else _WORD if is_exact(q) else _PHRASE
    found = patterns(q)
    return Filter(name, Op.EQ, (keys, found[0], found))


def _conforms(queries: PostgresBoardQueries) -> BoardQueries:
    return queries
