"""What a driver has earned."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from allonova.application.kernel.listing import ListQuery
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.application.money.earnings import Earnings, EarningsPage, Sums
from allonova.application.money.wallet_queries import WalletQueries
from allonova.domain.kernel.errors import DomainError
from allonova.domain.money.payout_account import next_payout_on
from allonova.domain.money.rules import MoneyRulesNow


@wired
class ShowEarnings:
    """One's earnings of a period, with what is owed now."""

    queries: WalletQueries
    clock: Clock
    rules: MoneyRulesNow

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(
        self, *, caller_id: UUID, query: ListQuery, since: datetime | None, until: datetime | None
    ) -> Earnings:
        """`since ≤ t < until`, each as far as it is given."""
        page = await self.queries.earnings(caller_id, query, since=since, until=until)
        totals = await self.queries.earned(caller_id, since=since, until=until)
        return Earnings(
            rides=tuple(page.items),
            pagination=EarningsPage(
                page=query.page,
                page_size=query.page_size,
                total=page.total,
                page_count=-(-page.total // query.page_size),
            ),
            totals=Sums(gross=totals.gross, commission=totals.commission, net=totals.net, withheld=totals.withheld),
            payable=totals.payable,
            next_payout_on=next_payout_on(self.rules().payout_schedule, self.clock.now().date()),
        )
