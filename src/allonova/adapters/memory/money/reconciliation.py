"""Reconciliation in memory: what is asked about, what was found."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.money.tables import PAYMENTS, PAYOUTS, REFUNDS
from allonova.adapters.memory.rules import Table, Unique
from allonova.adapters.memory.store import MemoryStore, Rows, Transaction, stored
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.money.reconciliation_ports import Due, Ended, ReconciliationQueries
from allonova.application.money.reconciliation_views import (
    DifferenceView,
    LastChecks,
    books_view,
    difference_view,
    run_view,
)
from allonova.domain.money.payment import Method, Payment
from allonova.domain.money.payout import Payout, PayoutMethod, PayoutStatus
from allonova.domain.money.reconciliation import (
    OURS,
    BooksCheck,
    Difference,
    DifferenceStatus,
    Reconciliation,
    Subject,
)
from allonova.domain.money.refund import Refund, RefundStatus, RefundTo

DIFFERENCES = Table(
    name="differences",
    row=Difference,
    uniques=(
        Unique(
            "uq_differences_open",
            ("subject", "subject_id", "kind"),
            where=lambda difference: difference.status is DifferenceStatus.OPEN,
        ),
    ),
    money=("our_amount", "their_amount"),
)
RECONCILIATIONS = Table(
    name="reconciliations", row=Reconciliation, uniques=(Unique("uq_reconciliations_tick", ("tick",)),)
)
BOOKS_CHECKS = Table(name="books_checks", row=BooksCheck, uniques=(Unique("uq_books_checks_tick", ("tick",)),))

NEVER = datetime.min.replace(tzinfo=UTC)
FIELDS = {
    name: attrgetter(name) for name in ("id", "kind", "status", "provider", "subject", "subject_id", "created_at")
}


class MemoryDifferences(MemoryStore[Difference]):
    """Differences."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, DIFFERENCES)

    async def open_of(self, subject: Subject, subject_id: UUID) -> list[Difference]:
        """See DifferenceStore."""
        standing = [row for row in self._rows().values() if row.status is DifferenceStatus.OPEN]
        mine = [stored(row) for row in standing if (row.subject, row.subject_id) == (subject, subject_id)]
        return sorted(mine, key=attrgetter("kind"))


class MemoryReconciliationQueries:
    """See ReconciliationQueries."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def open_payments(self, due: Due, methods: Collection[Method]) -> list[UUID]:
        """See ReconciliationQueries."""
        rows = [row for row in self._source.rows(PAYMENTS).values() if row.is_open and row.method in methods]
        return _first((row for row in rows if _is_due(row, due)), due.limit)

    async def open_refunds(self, due: Due, methods: Collection[Method]) -> list[UUID]:
        """See ReconciliationQueries."""
        rows = [row for row in self._source.rows(REFUNDS).values() if row.status is RefundStatus.PENDING]
        there = [row for row in rows if row.sent_to is RefundTo.PROVIDER and self._method(row) in methods]
        return _first((row for row in there if _is_due(row, due)), due.limit)

    async def payments_to_compare(self, ended: Ended, methods: Collection[Method]) -> list[UUID]:
        """See ReconciliationQueries."""
        rows = [row for row in self._source.rows(PAYMENTS).values() if row.method in methods]
        return self._sought(Subject.PAYMENT, rows, ended)

    async def refunds_to_compare(self, ended: Ended, methods: Collection[Method]) -> list[UUID]:
        """See ReconciliationQueries."""
        rows = [row for row in self._source.rows(REFUNDS).values() if self._method(row) in methods]
        return self._sought(Subject.REFUND, [row for row in rows if _was_to_go_there(row)], ended)

    async def payouts_to_compare(self, ended: Ended, methods: Collection[PayoutMethod]) -> list[UUID]:
        """See ReconciliationQueries."""
        rows = [row for row in self._source.rows(PAYOUTS).values() if row.method in methods]
        over = [row for row in rows if row.status in (PayoutStatus.DONE, PayoutStatus.FAILED)]
        return self._sought(Subject.PAYOUT, [row for row in over if row.provider_url is not None], ended)

    async def last_checks(self) -> LastChecks:
        """See ReconciliationQueries."""
        runs = self._source.rows(RECONCILIATIONS).values()
        checks = self._source.rows(BOOKS_CHECKS).values()
        return LastChecks(
            run=run_view(max(runs, key=attrgetter("started_at"))) if runs else None,
            books=books_view(stored(max(checks, key=attrgetter("created_at")))) if checks else None,
        )

    async def differences(self, query: ListQuery) -> Page[DifferenceView]:
        """See ReconciliationQueries."""
        return listed(self._source.rows(DIFFERENCES).values(), query, fields=FIELDS, show=difference_view)

    def _method(self, refund: Refund) -> Method:
        return self._source.rows(PAYMENTS)[refund.payment_id].method

    def _sought(
        self, subject: Subject, rows: Iterable[Payment] | Iterable[Refund] | Iterable[Payout], ended: Ended
    ) -> list[UUID]:
        standing = [row for row in self._source.rows(DIFFERENCES).values() if row.status is DifferenceStatus.OPEN]
        differing = {row.subject_id for row in standing if row.subject is subject}
        found = [row for row in rows if row.id in differing or row.updated_at >= ended.since]
        by_then = [row for row in found if row.updated_at <= ended.until]
        return _first((row for row in by_then if (row.checked_at or NEVER) < ended.asked_before), ended.limit)


def _is_due(row: Payment | Refund, due: Due) -> bool:
    asked_by = due.old_asked_by if row.created_at <= due.old_from else due.asked_by
    return row.created_at <= due.made_by and (row.checked_at or NEVER) <= asked_by


def _was_to_go_there(refund: Refund) -> bool:
    is_over = refund.status in (RefundStatus.DONE, RefundStatus.PENDING_MANUAL) and refund.cause in OURS
    return is_over and (refund.sent_to is RefundTo.PROVIDER or refund.failure_code is not None)


def _first(rows: Iterable[Any], limit: int) -> list[UUID]:
    ranked = sorted(rows, key=lambda row: (row.checked_at or NEVER, row.id))
    return [row.id for row in ranked[:limit]]


def _conforms(queries: MemoryReconciliationQueries) -> ReconciliationQueries:
    return queries
