"""What was paid to oneself."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.kernel.wired import wired
from allonova.application.money.payout_desk import PayoutDesk
from allonova.application.money.payout_ports import PayoutQueries
from allonova.application.money.payout_views import PayoutView, payout_view
from allonova.domain.kernel.errors import DomainError


@wired
class ShowPayouts:
    """One's own payouts and withdrawals, with the numbers that they went to."""

    queries: PayoutQueries
    desk: PayoutDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, *, caller_id: UUID, query: ListQuery) -> Page[PayoutView]:
        """A page of them."""
        page = await self.queries.payouts_of(caller_id, query)
        return Page([payout_view(payout, self.desk.phone_of(payout)) for payout in page.items], page.total)
