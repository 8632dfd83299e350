"""Reconciliation: what is asked about, what was found."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import bindparam, select

from allonova.adapters.postgres.lists import LongListing
from allonova.adapters.postgres.money.reconciliation_tables import BOOKS_CHECKS, DIFFERENCES, RECONCILIATIONS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.money.reconciliation_ports import Due, Ended, ReconciliationQueries
from allonova.application.money.reconciliation_views import (
    DifferenceView,
    LastChecks,
    books_view,
    difference_view,
    run_view,
)
from allonova.domain.money.payment import Method
from allonova.domain.money.payout import PayoutMethod
from allonova.domain.money.reconciliation import (
    OURS,
    BooksCheck,
    Difference,
    DifferenceStatus,
    Reconciliation,
    Subject,
)

DIFFERENCE_SHELF = Shelf(RowMapper(Difference, DIFFERENCES), {})
RECONCILIATION_SHELF = Shelf(RowMapper(Reconciliation, RECONCILIATIONS), {})
BOOKS_CHECK_SHELF = Shelf(RowMapper(BooksCheck, BOOKS_CHECKS), {})

_OPEN_OF = compile_once(
    DIFFERENCE_SHELF.select(
        DIFFERENCES.c.subject == bindparam("subject"),
        DIFFERENCES.c.subject_id == bindparam("subject_id"),
        DIFFERENCES.c.status == DifferenceStatus.OPEN.value,
    ).order_by(DIFFERENCES.c.kind)
)
_read = DIFFERENCE_SHELF.mapper.reader()


class PostgresDifferences(PostgresStore[Difference]):
    """Differences."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, DIFFERENCE_SHELF)

    async def open_of(self, subject: Subject, subject_id: UUID) -> list[Difference]:
        """Those of an object that stand."""
        statement = _OPEN_OF
        rows = await self._runner.fetch(statement.sql, *statement.args(subject=subject.value, subject_id=subject_id))
        return [_read(row) for row in rows]


# Few are under way at any time: the index over states finds them.
_OPEN_PAYMENTS = """
SELECT id FROM carpool.payments
WHERE status IN ('init', 'authorized') AND method = ANY ($1::text[]) AND created_at <= $2::timestamptz
    AND (
        checked_at IS NULL
        OR checked_at <= CASE WHEN created_at <= $4::timestamptz THEN $5::timestamptz ELSE $3::timestamptz END
    )
ORDER BY checked_at NULLS FIRST, id LIMIT $6::int
"""
_OPEN_REFUNDS = """
SELECT r.id FROM carpool.refunds r JOIN carpool.payments p ON p.id = r.payment_id
WHERE r.status = 'pending' AND r.sent_to = 'provider' AND p.method = ANY ($1::text[])
    AND r.created_at <= $2::timestamptz
    AND (
        r.checked_at IS NULL
        OR r.checked_at <= CASE WHEN r.created_at <= $4::timestamptz THEN $5::timestamptz ELSE $3::timestamptz END
    )
ORDER BY r.checked_at NULLS FIRST, r.id LIMIT $6::int
"""
# What changed lately is found by the index over that; what differs is few, and found by its ids.
_PAYMENTS = """
SELECT id FROM carpool.payments
WHERE (
        updated_at >= $2::timestamptz
        OR id = ANY (ARRAY(
            SELECT subject_id FROM platform.differences WHERE status = 'open' AND subject = 'payment'
        ))
    )
    AND updated_at <= $3::timestamptz AND method = ANY ($1::text[])
    AND (checked_at IS NULL OR checked_at < $4::timestamptz)
ORDER BY checked_at NULLS FIRST, id LIMIT $5::int
"""
_REFUNDS = """
SELECT r.id FROM carpool.refunds r JOIN carpool.payments p ON p.id = r.payment_id
WHERE (
        r.updated_at >= $2::timestamptz
        OR r.id = ANY (ARRAY(
            SELECT subject_id FROM platform.differences WHERE status = 'open' AND subject = 'refund'
        ))
    )
    AND r.updated_at <= $3::timestamptz AND p.method = ANY ($1::text[])
    AND r.status IN ('done', 'pending_manual') AND r.cause = ANY ($6::text[])
    AND (r.sent_to = 'provider' OR r.failure_code IS NOT NULL)
    AND (r.checked_at IS NULL OR r.checked_at < $4::timestamptz)
ORDER BY r.checked_at NULLS FIRST, r.id LIMIT $5::int
"""
_PAYOUTS = """
SELECT id FROM carpool.payouts
WHERE (
        updated_at >= $2::timestamptz
        OR id = ANY (ARRAY(
            SELECT subject_id FROM platform.differences WHERE status = 'open' AND subject = 'payout'
        ))
    )
    AND updated_at <= $3::timestamptz AND method = ANY ($1::text[])
    AND status IN ('done', 'failed') AND provider_url IS NOT NULL
    AND (checked_at IS NULL OR checked_at < $4::timestamptz)
ORDER BY checked_at NULLS FIRST, id LIMIT $5::int
"""

_LAST = RECONCILIATION_SHELF.select().order_by(RECONCILIATIONS.c.started_at.desc()).limit(1).subquery("run")
_PROOF = BOOKS_CHECK_SHELF.select().order_by(BOOKS_CHECKS.c.created_at.desc()).limit(1).subquery("proof")
_ONE = select(bindparam("one", 1, required=False).label("one")).subquery("one")
_LAST_CHECKS = compile_once(
    select(
        *RECONCILIATION_SHELF.mapper.columns("r_", _LAST), *BOOKS_CHECK_SHELF.mapper.columns("b_", _PROOF)
    ).select_from(_ONE.outerjoin(_LAST, _ONE.c.one == _ONE.c.one).outerjoin(_PROOF, _ONE.c.one == _ONE.c.one))
)
_read_run = RECONCILIATION_SHELF.mapper.reader("r_")
_read_proof = BOOKS_CHECK_SHELF.mapper.reader("b_")

_FIELDS = {
    name: DIFFERENCES.c[name] for name in ("id", "kind", "status", "provider", "subject", "subject_id", "created_at")
}
_LIST = LongListing(select(DIFFERENCES.c.id), _FIELDS, shown=select(*DIFFERENCE_SHELF.mapper.columns()))


class PostgresReconciliationQueries:
    """See ReconciliationQueries."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def open_payments(self, due: Due, methods: Collection[Method]) -> list[UUID]:
        """Payments under way."""
        return await self._under_way(_OPEN_PAYMENTS, due, methods)

    async def open_refunds(self, due: Due, methods: Collection[Method]) -> list[UUID]:
        """Refunds under way at providers."""
        return await self._under_way(_OPEN_REFUNDS, due, methods)

    async def payments_to_compare(self, ended: Ended, methods: Collection[Method]) -> list[UUID]:
        """Payments that last changed then, and those that differ."""
        return await self._ended(_PAYMENTS, ended, methods)

    async def refunds_to_compare(self, ended: Ended, methods: Collection[Method]) -> list[UUID]:
        """Refunds that were to go to their providers by our will, whatever became of it."""
        return await self._ended(_REFUNDS, ended, methods, list(OURS))

    async def payouts_to_compare(self, ended: Ended, methods: Collection[PayoutMethod]) -> list[UUID]:
        """Payouts that were sent."""
        return await self._ended(_PAYOUTS, ended, methods)

    async def last_checks(self) -> LastChecks:
        """The last run and the last proof of the books."""
        row = await self._runner.fetchrow(_LAST_CHECKS.sql, *_LAST_CHECKS.args())
        if row is None:
            raise RuntimeError("no row")
        return LastChecks(
            run=None if row["r_id"] is None else run_view(_read_run(row)),
            books=None if row["b_id"] is None else books_view(_read_proof(row)),
        )

    async def differences(self, query: ListQuery) -> Page[DifferenceView]:
        """Fields: id, kind, status, provider, subject, subject_id, created_at."""
        rows, total = await _LIST.rows(self._runner, query)
        return Page([difference_view(_read(row)) for row in rows], total)

    async def _under_way(self, sql: str, due: Due, methods: Collection[Method]) -> list[UUID]:
        asked = (due.asked_by, due.old_from, due.old_asked_by)
        rows = await self._runner.fetch(sql, list(methods), due.made_by, *asked, due.limit)
        return [row["id"] for row in rows]

    async def _ended(self, sql: str, ended: Ended, methods: Collection[str], *more: list[str]) -> list[UUID]:
        given = (ended.since, ended.until, ended.asked_before, ended.limit)
        return [row["id"] for row in await self._runner.fetch(sql, list(methods), *given, *more)]


def _conforms(queries: PostgresReconciliationQueries) -> ReconciliationQueries:
    return queries
