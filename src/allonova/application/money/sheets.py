"""The tables of money that can be taken away: the books, wallets' statements, payouts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from allonova.application.files.sheets import Rows, Sheet, Terms
from allonova.application.kernel.wired import wired
from allonova.application.money.export_payouts import COLUMNS, payout_row
from allonova.application.money.payout_desk import PayoutDesk
from allonova.application.money.payout_views import masked_phone
from allonova.application.money.report_ports import ReportQueries


@wired
class EntriesSheet:
    """Every posting with its entry. Amounts into an account are positive."""

    queries: ReportQueries
    columns: ClassVar[Sequence[str]] = (
        *("at", "entry_id", "kind", "ref_type", "ref_id", "account", "owner", "amount"),
    )

    async def count(self, terms: Terms, *, most: int) -> int:
        """See Sheet."""
        return await self.queries.count_entry_lines(terms, most=most)

    async def rows(self, terms: Terms) -> Rows:
        """See Sheet."""
        async for lines in self.queries.entry_lines(terms):
            yield [
                (
                    *(line.created_at, line.entry_id, line.kind, line.ref_type, line.ref_id),
                    *(line.account, line.owner, line.amount),
                )
                for line in lines
            ]


@wired
class WalletSheet:
    """Every line of every wallet's statement. Amounts have no sign: `type` says which way they went."""

    queries: ReportQueries
    columns: ClassVar[Sequence[str]] = (
        *("at", "txn_id", "wallet_id", "user_id", "type", "source", "amount", "status", "balance_after", "ref"),
    )

    async def count(self, terms: Terms, *, most: int) -> int:
        """See Sheet."""
        return await self.queries.count_wallet_lines(terms, most=most)

    async def rows(self, terms: Terms) -> Rows:
        """See Sheet."""
        async for lines in self.queries.wallet_lines(terms):
            yield [
                (
                    *(line.txn.created_at, line.txn.id, line.txn.wallet_id, line.user_id, line.txn.type),
                    *(line.txn.source, line.txn.amount, line.txn.status, line.txn.balance_after, line.txn.ref),
                )
                for line in lines
            ]


@wired
class PayoutsSheet:
    """Every payout and withdrawal; of numbers the end alone, unless the terms show them."""

    queries: ReportQueries
    desk: PayoutDesk
    columns: ClassVar[Sequence[str]] = ("kind", *COLUMNS)

    async def count(self, terms: Terms, *, most: int) -> int:
        """See Sheet."""
        return await self.queries.count_payout_lines(terms, most=most)

    async def rows(self, terms: Terms) -> Rows:
        """See Sheet."""
        shown: Callable[[str], str] = str if terms.shows_phones else masked_phone
        async for lines in self.queries.payout_lines(terms):
            yield [(line.payout.kind, *payout_row(line, shown(self.desk.phone_of(line.payout)))) for line in lines]


def _conforms(entries: EntriesSheet, wallets: WalletSheet, payouts: PayoutsSheet) -> tuple[Sheet, Sheet, Sheet]:
    return entries, wallets, payouts
