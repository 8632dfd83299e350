"""Payouts: whom we owe what, and what is on its way."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select

from allonova.adapters.postgres.identity.tables import USERS
from allonova.adapters.postgres.lists import LongListing
from allonova.adapters.postgres.money.stores import BATCH_SHELF, PAYOUT_SHELF
from allonova.adapters.postgres.money.tables import PAYOUT_BATCHES, PAYOUTS
from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, locked
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.money.payout_ports import PayoutLine, PayoutQueries, PayoutStore
from allonova.domain.money.payout import Payout, PayoutBatch, PayoutMethod
from allonova.domain.money.payout_account import DEFAULT_METHOD
from allonova.domain.money.payouts_due import Earner

PAYOUT_TURN = 4_185_370_021  # of those who pay earnings out; any number that nobody else uses

# What was earned before $1, less what left since or was charged at any time. What somebody argues about, or a second
# admin has yet to give back, does not count. A charge counts as withheld unless a
# payout that stands came after it.
_EARNERS = """
WITH last AS (
    SELECT driver_id::text AS owner, max(scheduled_at) AS at FROM carpool.payouts
    WHERE kind = 'earnings' AND status <> 'failed' GROUP BY driver_id
), waiting AS (
    SELECT booking_id FROM carpool.disputes WHERE status IN ('open', 'in_review')
    UNION
    SELECT m.booking_id FROM carpool.refunds r JOIN carpool.payments m ON m.id = r.payment_id
    WHERE r.status = 'awaiting_approval' AND m.booking_id IS NOT NULL
), held AS (
    SELECT booking_id AS ref_id FROM waiting
    UNION
    SELECT r.id FROM waiting w
    JOIN carpool.payments m ON m.booking_id = w.booking_id JOIN carpool.refunds r ON r.payment_id = m.id
), moved AS (
    SELECT a.owner, p.amount,
        (e.created_at < $1::timestamptz OR e.kind IN ('payout_started', 'payout_returned'))
            AND held.ref_id IS NULL AS counts,
        p.amount < 0 AND e.kind <> 'payout_started' AND (last.at IS NULL OR e.created_at > last.at) AS is_charge
    FROM platform.accounts a
    JOIN platform.postings p ON p.account_id = a.id
    JOIN platform.journal_entries e ON e.id = p.entry_id
    LEFT JOIN last ON last.owner = a.owner
    LEFT JOIN held ON held.ref_id = e.ref_id
    WHERE a.kind = 'driver_payable'
), owed AS (
    SELECT owner::uuid AS driver_id, least(sum(amount), sum(amount) FILTER (WHERE counts)) AS payable,
        least(
            sum(amount) FILTER (WHERE NOT is_charge), sum(amount) FILTER (WHERE counts AND NOT is_charge)
        ) AS uncharged
    FROM moved GROUP BY owner
    HAVING sum(amount) > 0 AND sum(amount) FILTER (WHERE counts) > 0
)
SELECT o.driver_id, o.payable::bigint AS payable, (o.uncharged - o.payable)::bigint AS withheld, u.is_active,
    EXISTS (
        SELECT FROM carpool.kyc_documents k
        WHERE k.user_id = u.id AND k.doc_type IN ('cni', 'passport') AND k.status = 'approved'
    ) AS has_identity,
    EXISTS (
        SELECT FROM carpool.contact_changes c WHERE c.user_id = u.id AND c.created_at > $2::timestamptz
    ) AS has_changed,
    t.id AS account_id, t.method, coalesce(t.phone, CASE WHEN u.is_phone_verified THEN u.phone END) AS phone
FROM owed o JOIN carpool.users u ON u.id = o.driver_id LEFT JOIN carpool.payout_accounts t ON t.user_id = u.id
ORDER BY o.driver_id
"""
_OF_BATCH = compile_once(locked(PAYOUT_SHELF.select(PAYOUTS.c.batch_id == bindparam("batch")).order_by(PAYOUTS.c.id)))


class PostgresPayouts(PostgresStore[Payout]):
    """Payouts."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, PAYOUT_SHELF)

    async def take_turn(self) -> None:
        """Nobody else pays earnings out before this transaction ends, and what was paid before is seen."""
        await self._runner.execute("SELECT pg_advisory_xact_lock($1)", PAYOUT_TURN)

    async def earners(self, *, until: datetime, changed_since: datetime) -> list[Earner]:
        """Whoever is owed something that he earned before `until`, in the order of their ids."""
        return [_earner(row) for row in await self._runner.fetch(_EARNERS, until, changed_since)]

    async def of_batch(self, batch_id: UUID) -> list[Payout]:
        """A batch's payouts, locked in the order of their ids."""
        return [_read(row) for row in await self._runner.fetch(_OF_BATCH.sql, *_OF_BATCH.args(batch=batch_id))]


def _earner(row: Row) -> Earner:
    method = row["method"]
    return Earner(
        driver_id=row["driver_id"],
        payable=row["payable"],
        withheld=row["withheld"],
        is_active=row["is_active"],
        has_identity=row["has_identity"],
        has_changed=row["has_changed"],
        account_id=row["account_id"],
        method=DEFAULT_METHOD if method is None else PayoutMethod(method),
        phone=row["phone"],
    )


_FIELDS = {name: PAYOUTS.c[name] for name in ("id", "status", "method", "kind", "batch_id", "driver_id", "created_at")}
_SHOWN = select(*PAYOUT_SHELF.mapper.columns())
_ALL = LongListing(select(PAYOUTS.c.id), _FIELDS, shown=_SHOWN)
_OWN = LongListing(select(PAYOUTS.c.id).where(PAYOUTS.c.driver_id == bindparam("driver")), _FIELDS, shown=_SHOWN)
_BATCHES = LongListing(
    select(PAYOUT_BATCHES.c.id),
    {name: PAYOUT_BATCHES.c[name] for name in ("id", "status", "created_at")},
    shown=select(*BATCH_SHELF.mapper.columns()),
)
_BATCH = compile_once(BATCH_SHELF.select(PAYOUT_BATCHES.c.id == bindparam("batch")))
_LINES = (
    select(*PAYOUT_SHELF.mapper.columns("p_"), USERS.c.first_name, USERS.c.last_name)
    .join_from(PAYOUTS, USERS, USERS.c.id == PAYOUTS.c.driver_id)
    .where(PAYOUTS.c.batch_id == bindparam("batch"))
    .order_by(PAYOUTS.c.driver_id)
    .limit(bindparam("most"))
)
_FIRST_LINES = compile_once(_LINES)
_NEXT_LINES = compile_once(_LINES.where(PAYOUTS.c.driver_id > bindparam("after", type_=PAYOUTS.c.driver_id.type)))
# Few are under way at any time: the index over states finds them.
_UNSETTLED = """
SELECT id FROM carpool.payouts
WHERE status IN ('scheduled', 'processing') AND coalesce(checked_at, updated_at) <= $1::timestamptz
ORDER BY coalesce(checked_at, updated_at), id LIMIT $2::int
"""
_read = PAYOUT_SHELF.mapper.reader()
_read_line = PAYOUT_SHELF.mapper.reader("p_")
_read_batch = BATCH_SHELF.mapper.reader()


class PostgresPayoutQueries:
    """See PayoutQueries."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def payouts(self, query: ListQuery) -> Page[Payout]:
        """Fields: id, status, method, kind, batch_id, driver_id, created_at."""
        rows, total = await _ALL.rows(self._runner, query)
        return Page([_read(row) for row in rows], total)

    async def payouts_of(self, driver_id: UUID, query: ListQuery) -> Page[Payout]:
        """Somebody's own; the same fields."""
        rows, total = await _OWN.rows(self._runner, query, found={"driver": driver_id})
        return Page([_read(row) for row in rows], total)

    async def batches(self, query: ListQuery) -> Page[PayoutBatch]:
        """Fields: id, status, created_at."""
        rows, total = await _BATCHES.rows(self._runner, query)
        return Page([_read_batch(row) for row in rows], total)

    async def batch(self, id: UUID) -> PayoutBatch | None:
        """One of them."""
        row = await self._runner.fetchrow(_BATCH.sql, *_BATCH.args(batch=id))
        return None if row is None else _read_batch(row)

    async def lines(self, batch_id: UUID, *, after: UUID | None, limit: int) -> list[PayoutLine]:
        """A batch's payouts in the order of their drivers' ids, from behind one of these drivers on."""
        statement = _FIRST_LINES if after is None else _NEXT_LINES
        given = {} if after is None else {"after": after}
        rows = await self._runner.fetch(statement.sql, *statement.args(batch=batch_id, most=limit, **given))
        return [
            PayoutLine(payout=_read_line(row), first_name=row["first_name"], last_name=row["last_name"]) for row in rows
        ]

    async def unsettled(self, *, before: datetime, limit: int) -> list[UUID]:
        """Scheduled and sent payouts of which nothing was heard since then, the longest first."""
        return [row["id"] for row in await self._runner.fetch(_UNSETTLED, before, limit)]


def _conforms_store(store: PostgresPayouts) -> PayoutStore:
    return store


def _conforms(queries: PostgresPayoutQueries) -> PayoutQueries:
    return queries
