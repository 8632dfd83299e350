"""Reads of what is somebody's own, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from allonova.adapters.memory.identity import CONTACT_CHANGES, USERS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.money.tables import JOURNAL_ENTRIES, PAYMENTS, PAYOUT_ACCOUNTS, REFUNDS
from allonova.adapters.memory.store import Rows, stored
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.money.earnings import KINDS, EarnedTotals, EarningView, earning_view
from allonova.application.money.wallet_queries import PayoutFacts, WalletQueries
from allonova.domain.money.journal import COMMISSION, Account, Entry, driver_payable

FIELDS: Mapping[str, Callable[[Entry], Any]] = {"id": lambda e: e.id, "completed_at": lambda e: e.created_at}


class MemoryWalletQueries:
    """See WalletQueries."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def payout_facts(self, user_id: UUID) -> PayoutFacts:
        """See WalletQueries."""
        user = self._source.rows(USERS).get(user_id)
        if user is None:
            return PayoutFacts(None, None, None)
        accounts = [row for row in self._source.rows(PAYOUT_ACCOUNTS).values() if row.user_id == user_id]
        changes = [row.created_at for row in self._source.rows(CONTACT_CHANGES).values() if row.user_id == user_id]
        return PayoutFacts(
            user.phone if user.is_phone_verified else None,
            stored(accounts[0]) if accounts else None,
            max(changes, default=None),
        )

    async def earnings(
        self, driver_id: UUID, query: ListQuery, *, since: datetime | None, until: datetime | None
    ) -> Page[EarningView]:
        """See WalletQueries."""
        lines = self._lines(driver_id, since, until)
        return listed(lines, query, fields=FIELDS, show=lambda entry: self._view(entry, driver_id))

    async def earned(self, driver_id: UUID, *, since: datetime | None, until: datetime | None) -> EarnedTotals:
        """See WalletQueries."""
        views = [self._view(entry, driver_id) for entry in self._lines(driver_id, since, until)]
        return EarnedTotals(
            lines=len(views),
            gross=sum(view.gross for view in views),
            commission=sum(view.commission for view in views),
            net=sum(view.net for view in views),
            withheld=sum(view.withheld for view in views),
            payable=sum(_on(entry, driver_payable(driver_id)) for entry in self._source.rows(JOURNAL_ENTRIES).values()),
        )

    def _lines(self, driver_id: UUID, since: datetime | None, until: datetime | None) -> list[Entry]:
        his = driver_payable(driver_id)
        return [
            entry
            for entry in self._source.rows(JOURNAL_ENTRIES).values()
            if entry.kind in KINDS
            and any(posting.account == his for posting in entry.postings)
            and (since is None or entry.created_at >= since)
            and (until is None or entry.created_at < until)
        ]

    def _view(self, entry: Entry, driver_id: UUID) -> EarningView:
        about = {entry.ref_type: entry.ref_id}
        return earning_view(
            entry.kind,
            driver_part=_on(entry, driver_payable(driver_id)),
            commission=_on(entry, COMMISSION),
            booking_id=about.get("booking", self._refunded_booking(entry)),
            trip_id=about.get("trip"),
            at=entry.created_at,
        )

    def _refunded_booking(self, entry: Entry) -> UUID | None:
        refund = self._source.rows(REFUNDS).get(entry.ref_id) if entry.ref_type == "refund" else None
        return None if refund is None else self._source.rows(PAYMENTS)[refund.payment_id].booking_id


def _on(entry: Entry, account: Account) -> int:
    return sum(posting.amount for posting in entry.postings if posting.account == account)


def _conforms(queries: MemoryWalletQueries) -> WalletQueries:
    return queries
