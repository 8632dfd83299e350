"""The company, its staff and their own accounts, in memory."""

from __future__ import annotations

from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.dispatch.tables import SOCIETES, USERS
from allonova.adapters.memory.listing import Conditions, Fields, listed
from allonova.adapters.memory.store import Rows
from allonova.application.dispatch.company_queries import CompanyQueries
from allonova.application.dispatch.staff_views import SocieteView, StaffView, societe_view, staff_view
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.dispatch.recherche import matches
from allonova.domain.dispatch.staff import StaffUser

FIELDS: Fields[StaffUser] = {
    "id": attrgetter("id"),
    "role": attrgetter("role"),
    "active": attrgetter("active"),
    "name": attrgetter("recherche"),
    "createdAt": attrgetter("created_at"),
}
CONDITIONS: Conditions[StaffUser] = {"q": lambda user, q: matches(user.recherche, q)}


class MemoryCompanyQueries:
    """Reads of committed rows, through the eyes of a company: `self._source.of(societe_id)`."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def societe(self, societe_id: UUID) -> SocieteView | None:
        """See CompanyQueries."""
        societe = self._source.of(societe_id).rows(SOCIETES).get(societe_id)
        return None if societe is None else societe_view(societe)

    async def user(self, societe_id: UUID, id: UUID) -> StaffView | None:
        """See CompanyQueries."""
        user = self._source.of(societe_id).rows(USERS).get(id)
        return None if user is None else staff_view(user)

    async def users(self, societe_id: UUID, query: ListQuery) -> Page[StaffView]:
        """See CompanyQueries."""
        users = self._source.of(societe_id).rows(USERS).values()
        return listed(users, query, fields=FIELDS, conditions=CONDITIONS, show=staff_view)


def _conforms(queries: MemoryCompanyQueries) -> CompanyQueries:
    return queries
