"""The company, its staff and their own accounts: reads outside a unit, of one company each."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from allonova.application.dispatch.staff_views import SocieteView, StaffView
from allonova.application.kernel.listing import ListQuery, Page


class CompanyQueries(Protocol):
    """Reads of the company and its staff. Each takes the company first, and sees no other."""

    async def societe(self, societe_id: UUID) -> SocieteView | None:
        """The company itself."""

    async def user(self, societe_id: UUID, id: UUID) -> StaffView | None:
        """Somebody of staff."""

    async def users(self, societe_id: UUID, query: ListQuery) -> Page[StaffView]:
        """Staff. Filters: `role`, `active`, `q` (name, e-mail, phone). Sort: `name`, `createdAt`."""
