"""The company, its staff and their own accounts."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.company import Reading
from allonova.adapters.postgres.dispatch.patterns import patterns
from allonova.adapters.postgres.dispatch.stores import SOCIETE_SHELF, STAFF_SHELF
from allonova.adapters.postgres.dispatch.tables import SOCIETES, USERS
from allonova.adapters.postgres.lists import Condition, Listing
from allonova.adapters.postgres.statements import compile_once
from allonova.application.dispatch.company_queries import CompanyQueries
from allonova.application.dispatch.staff_views import SocieteView, StaffView, societe_view, staff_view
from allonova.application.kernel.listing import ListQuery, Page

_SOCIETE = compile_once(SOCIETE_SHELF.select(SOCIETES.c.id == bindparam("societe")))
_USER = compile_once(STAFF_SHELF.select(USERS.c.id == bindparam("account")))
_USERS = Listing(
    STAFF_SHELF.select(),
    {
        "id": USERS.c.id,
        "role": USERS.c.role,
        "active": USERS.c.active,
        # It begins with the name, folded; by its bytes, as memory compares it.
        "name": USERS.c.recherche.collate("C"),
        "createdAt": USERS.c.created_at,
    },
    conditions={"q": Condition(lambda given: USERS.c.recherche.like(given.any_()), ARRAY(Text), patterns)},
)
_read_societe = SOCIETE_SHELF.mapper.reader()
_read_user = STAFF_SHELF.mapper.reader()


class PostgresCompanyQueries:
    """Reads in short transactions of a company, or in the unit that it is given."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def societe(self, societe_id: UUID) -> SocieteView | None:
        """See CompanyQueries."""
        async with self._reading(societe_id) as runner:
            row = await runner.fetchrow(_SOCIETE.sql, *_SOCIETE.args(societe=societe_id))
        return None if row is None else societe_view(_read_societe(row))

    async def user(self, societe_id: UUID, id: UUID) -> StaffView | None:
        """See CompanyQueries."""
        async with self._reading(societe_id) as runner:
            row = await runner.fetchrow(_USER.sql, *_USER.args(account=id))
        return None if row is None else staff_view(_read_user(row))

    async def users(self, societe_id: UUID, query: ListQuery) -> Page[StaffView]:
        """See CompanyQueries."""
        async with self._reading(societe_id) as runner:
            rows, total = await _USERS.rows(runner, query)
        return Page([staff_view(_read_user(row)) for row in rows], total)


def _conforms(queries: PostgresCompanyQueries) -> CompanyQueries:
    return queries
