"""What finance reads of the books, of wallets and of payouts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Table,
    Text,
    bindparam,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from allonova.adapters.postgres.identity.tables import USERS
from allonova.adapters.postgres.money.stores import PAYOUT_SHELF, TXN
from allonova.adapters.postgres.money.tables import PAYOUTS, WALLET_TXNS, WALLETS
from allonova.adapters.postgres.runner import Reader, Row
from allonova.adapters.postgres.statements import Statement, compile_once
from allonova.application.files.sheets import Terms
from allonova.application.money.payout_ports import PayoutLine
from allonova.application.money.report_ports import EntryLine, ReportQueries, WalletLine
from allonova.domain.money.finance import Flow
from allonova.domain.money.journal import AccountKind, EntryKind

PIECE = 1_000
NOTHING = UUID(int=0)  # before every id there is

# Abidjan keeps UTC all year: its days are UTC's.
_FLOWS = """
SELECT (e.created_at AT TIME ZONE 'UTC')::date AS day, e.kind AS entry, a.kind AS account,
    CASE WHEN a.kind = 'clearing' THEN a.owner ELSE '' END AS provider,
    coalesce(-sum(p.amount) FILTER (WHERE p.amount < 0), 0)::bigint AS debit,
    coalesce(sum(p.amount) FILTER (WHERE p.amount > 0), 0)::bigint AS credit
FROM platform.journal_entries e
JOIN platform.postings p ON p.entry_id = e.id
JOIN platform.accounts a ON a.id = p.account_id
WHERE e.created_at >= $1::timestamptz AND e.created_at < $2::timestamptz
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
_OPENINGS = """
SELECT a.kind AS account, sum(moved.amount)::bigint AS held
FROM (
    SELECT p.account_id, sum(p.amount) AS amount
    FROM platform.postings p JOIN platform.journal_entries e ON e.id = p.entry_id
    WHERE e.created_at < $1::timestamptz GROUP BY p.account_id
) moved
JOIN platform.accounts a ON a.id = moved.account_id GROUP BY a.kind
"""
_COUNT_LINES = """
SELECT count(*) FROM (
    SELECT FROM platform.journal_entries e JOIN platform.postings p ON p.entry_id = e.id
    WHERE e.created_at >= $1::timestamptz AND e.created_at < $2::timestamptz LIMIT $3::bigint
) found
"""
_LINES = """
SELECT e.id AS entry_id, e.created_at, e.kind, e.ref_type, e.ref_id, a.kind AS account, a.owner,
    p.amount::bigint AS amount
FROM (
    SELECT id, created_at, kind, ref_type, ref_id FROM platform.journal_entries
    WHERE (created_at, id) > ($1::timestamptz, $2::uuid) AND created_at < $3::timestamptz
    ORDER BY created_at, id LIMIT $4::int
) e
JOIN platform.postings p ON p.entry_id = e.id
JOIN platform.accounts a ON a.id = p.account_id
ORDER BY e.created_at, e.id, a.kind, a.owner, p.amount
"""

_since, _until = (bindparam(name, type_=DateTime(timezone=True)) for name in ("since", "until"))


def _within(table: Table, *filters: str) -> list[ColumnElement[bool]]:
    """Rows of the period whose columns equal those filters that are given."""
    given = {name: bindparam(name, type_=Text) for name in filters}
    return [
        table.c.created_at >= _since,
        table.c.created_at < _until,
        *(or_(wanted.is_(None), table.c[name] == wanted) for name, wanted in given.items()),
    ]


def _counting(table: Table, *filters: str) -> Statement:
    """How many such rows there are, at most so many."""
    found = select(literal(1)).select_from(table).where(*_within(table, *filters))
    return compile_once(select(func.count()).select_from(found.limit(bindparam("most", type_=BigInteger)).subquery()))


def _paging(query: Select[Any], table: Table, tie: str, *filters: str) -> Statement:
    """A piece of the rows behind an instant and, of those of that instant, behind one of them."""
    after = tuple_(bindparam("at", type_=DateTime(timezone=True)), bindparam("last", type_=table.c[tie].type))
    behind = tuple_(table.c.created_at, table.c[tie]) > after
    # The period begins where this piece does (`since`), or a scan of the index would begin at its first row each time.
    rows = query.where(behind, *_within(table, *filters)).order_by(table.c.created_at, table.c[tie])
    return compile_once(rows.limit(bindparam("piece", type_=Integer)))


WALLET_FILTERS = ("type", "source", "status")
PAYOUT_FILTERS = ("kind", "method", "status")
_COUNT_TXNS = _counting(WALLET_TXNS, *WALLET_FILTERS)
_TXNS = _paging(
    select(*TXN.columns(), WALLET_TXNS.c.seq, WALLETS.c.user_id).join_from(
        WALLET_TXNS, WALLETS, WALLETS.c.id == WALLET_TXNS.c.wallet_id
    ),
    WALLET_TXNS,
    "seq",
    *WALLET_FILTERS,
)
_COUNT_PAYOUTS = _counting(PAYOUTS, *PAYOUT_FILTERS)
_PAYOUTS = _paging(
    select(*PAYOUT_SHELF.mapper.columns("p_"), USERS.c.first_name, USERS.c.last_name).join_from(
        PAYOUTS, USERS, USERS.c.id == PAYOUTS.c.driver_id
    ),
    PAYOUTS,
    "id",
    *PAYOUT_FILTERS,
)
_read_txn = TXN.reader()
_read_payout = PAYOUT_SHELF.mapper.reader("p_")


class PostgresReportQueries:
    """See ReportQueries."""

    def __init__(self, runner: Reader) -> None:
        self._runner = runner

    async def flows(self, since: datetime, until: datetime) -> list[Flow]:
        """What moved from `since` to before `until`, by day, in the order of their days."""
        return [_flow(row) for row in await self._runner.fetch(_FLOWS, since, until)]

    async def openings(self, at: datetime) -> Mapping[AccountKind, int]:
        """What each kind of account held before that instant."""
        return {AccountKind(row["account"]): row["held"] for row in await self._runner.fetch(_OPENINGS, at)}

    async def count_entry_lines(self, terms: Terms, *, most: int) -> int:
        """How many postings there are, at most so many."""
        return int(await self._runner.fetchval(_COUNT_LINES, terms.since, terms.until, most))

    async def entry_lines(self, terms: Terms) -> AsyncIterator[Sequence[EntryLine]]:
        """Those postings, the oldest first; an entry's stay together."""
        at, last = terms.since, NOTHING
        while rows := await self._runner.fetch(_LINES, at, last, terms.until, PIECE):
            at, last = rows[-1]["created_at"], rows[-1]["entry_id"]
            yield [_line(row) for row in rows]

    async def count_wallet_lines(self, terms: Terms, *, most: int) -> int:
        """How many lines of statements there are, at most so many; filters: type, source, status."""
        return await self._count(_COUNT_TXNS, terms, WALLET_FILTERS, most)

    async def wallet_lines(self, terms: Terms) -> AsyncIterator[Sequence[WalletLine]]:
        """Those lines, the oldest first."""
        async for rows in self._pieces(_TXNS, terms, WALLET_FILTERS, ("created_at", "seq"), 0):
            yield [WalletLine(row["user_id"], _read_txn(row)) for row in rows]

    async def count_payout_lines(self, terms: Terms, *, most: int) -> int:
        """How many payouts and withdrawals were made then, at most so many; filters: kind, method, status."""
        return await self._count(_COUNT_PAYOUTS, terms, PAYOUT_FILTERS, most)

    async def payout_lines(self, terms: Terms) -> AsyncIterator[Sequence[PayoutLine]]:
        """Those payouts, the oldest first."""
        async for rows in self._pieces(_PAYOUTS, terms, PAYOUT_FILTERS, ("p_created_at", "p_id"), NOTHING):
            yield [
                PayoutLine(payout=_read_payout(row), first_name=row["first_name"], last_name=row["last_name"])
                for row in rows
            ]

    async def _count(self, statement: Statement, terms: Terms, filters: Sequence[str], most: int) -> int:
        args = statement.args(**_given(terms, filters), most=most)
        return int(await self._runner.fetchval(statement.sql, *args))

    async def _pieces(
        self, statement: Statement, terms: Terms, filters: Sequence[str], names: tuple[str, str], first: object
    ) -> AsyncIterator[Sequence[Row]]:
        """Piece by piece, each beginning behind the last row of the one before; `names` are those of its place."""
        given, at, last = _given(terms, filters), terms.since, first
        while rows := await self._runner.fetch(statement.sql, *statement.args(**given, at=at, last=last, piece=PIECE)):
            at, last = (rows[-1][name] for name in names)
            yield rows


def _given(terms: Terms, filters: Sequence[str]) -> dict[str, object]:
    """The parameters of a period and its filters."""
    return {"since": terms.since, "until": terms.until} | {name: terms.filters.get(name) for name in filters}


def _flow(row: Row) -> Flow:
    return Flow(
        day=row["day"],
        entry=EntryKind(row["entry"]),
        account=AccountKind(row["account"]),
        provider=row["provider"],
        debit=row["debit"],
        credit=row["credit"],
    )


def _line(row: Row) -> EntryLine:
    return EntryLine(
        entry_id=row["entry_id"],
        created_at=row["created_at"],
        kind=EntryKind(row["kind"]),
        ref_type=row["ref_type"],
        ref_id=row["ref_id"],
        account=AccountKind(row["account"]),
        owner=row["owner"],
        amount=row["amount"],
    )


def _conforms(queries: PostgresReportQueries) -> ReportQueries:
    return queries
