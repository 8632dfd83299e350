"""What finance reads of the books, of wallets and of payouts, in memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import batched, islice
from operator import attrgetter
from typing import Protocol

from allonova.adapters.memory.identity import USERS
from allonova.adapters.memory.money.tables import JOURNAL_ENTRIES, PAYOUTS, WALLET_TXNS, WALLETS
from allonova.adapters.memory.store import Rows, stored
from allonova.application.files.sheets import Terms
from allonova.application.money.payout_ports import PayoutLine
from allonova.application.money.report_ports import EntryLine, ReportQueries, WalletLine
from allonova.domain.money.finance import Flow
from allonova.domain.money.journal import AccountKind, Entry, EntryKind

PIECE = 1_000


type _Moved = tuple[date, EntryKind, AccountKind, str]


class _Dated(Protocol):
    @property
    def created_at(self) -> datetime: ...


def _in_period[T: _Dated](rows: Iterable[T], terms: Terms) -> list[T]:
    """Those that were made in the period and whose fields equal the filters, the oldest first."""
    found = [row for row in rows if terms.since <= row.created_at < terms.until]
    return [row for row in found if all(getattr(row, name) == value for name, value in terms.filters.items())]


class MemoryReportQueries:
    """See ReportQueries."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def flows(self, since: datetime, until: datetime) -> list[Flow]:
        """See ReportQueries."""
        moved: defaultdict[_Moved, list[int]] = defaultdict(list)
        for entry in _in_period(self._source.rows(JOURNAL_ENTRIES).values(), Terms(since=since, until=until)):
            for posting in entry.postings:
                account = posting.account
                provider = account.owner if account.kind is AccountKind.CLEARING else ""
                moved[entry.created_at.date(), entry.kind, account.kind, provider].append(posting.amount)
        return [
            Flow(
                day=day,
                entry=kind,
                account=account,
                provider=provider,
                debit=-sum(amount for amount in amounts if amount < 0),
                credit=sum(amount for amount in amounts if amount > 0),
            )
            for (day, kind, account, provider), amounts in sorted(moved.items())
        ]

    async def openings(self, at: datetime) -> Mapping[AccountKind, int]:
        """See ReportQueries."""
        held: Counter[AccountKind] = Counter()
        for entry in self._source.rows(JOURNAL_ENTRIES).values():
            if entry.created_at < at:
                for posting in entry.postings:
                    held[posting.account.kind] += posting.amount
        return held

    async def count_entry_lines(self, terms: Terms, *, most: int) -> int:
        """See ReportQueries."""
        return min(most, sum(len(entry.postings) for entry in self._entries(terms)))

    async def entry_lines(self, terms: Terms) -> AsyncIterator[Sequence[EntryLine]]:
        """See ReportQueries."""
        for entries in batched(self._entries(terms), PIECE):
            yield [line for entry in entries for line in _lines(entry)]

    async def count_wallet_lines(self, terms: Terms, *, most: int) -> int:
        """See ReportQueries."""
        return len(list(islice(_in_period(self._source.rows(WALLET_TXNS).values(), terms), most)))

    async def wallet_lines(self, terms: Terms) -> AsyncIterator[Sequence[WalletLine]]:
        """See ReportQueries."""
        txns = sorted(_in_period(self._source.rows(WALLET_TXNS).values(), terms), key=attrgetter("created_at"))
        wallets = self._source.rows(WALLETS)
        for piece in batched(txns, PIECE):
            yield [WalletLine(wallets[txn.wallet_id].user_id, stored(txn)) for txn in piece]

    async def count_payout_lines(self, terms: Terms, *, most: int) -> int:
        """See ReportQueries."""
        return len(list(islice(_in_period(self._source.rows(PAYOUTS).values(), terms), most)))

    async def payout_lines(self, terms: Terms) -> AsyncIterator[Sequence[PayoutLine]]:
        """See ReportQueries."""
        payouts = sorted(_in_period(self._source.rows(PAYOUTS).values(), terms), key=attrgetter("created_at", "id"))
        users = self._source.rows(USERS)
        for piece in batched(payouts, PIECE):
            yield [
                PayoutLine(
                    payout=stored(row),
                    first_name=users[row.driver_id].first_name,
                    last_name=users[row.driver_id].last_name,
                )
                for row in piece
            ]

    def _entries(self, terms: Terms) -> list[Entry]:
        found = _in_period(self._source.rows(JOURNAL_ENTRIES).values(), terms)
        return sorted(found, key=attrgetter("created_at", "id"))


def _lines(entry: Entry) -> list[EntryLine]:
    lines = [
        EntryLine(
            entry_id=entry.id,
            created_at=entry.created_at,
            kind=entry.kind,
            ref_type=entry.ref_type,
            ref_id=entry.ref_id,
            account=posting.account.kind,
            owner=posting.account.owner,
            amount=posting.amount,
        )
        for posting in entry.postings
    ]
    return sorted(lines, key=attrgetter("account", "owner", "amount"))


def _conforms(queries: MemoryReportQueries) -> ReportQueries:
    return queries
