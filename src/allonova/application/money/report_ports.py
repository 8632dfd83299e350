"""What finance reads of the books and of what moved beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.files.sheets import Terms
from allonova.application.money.payout_ports import PayoutLine
from allonova.domain.money.finance import Flow
from allonova.domain.money.journal import AccountKind, EntryKind
from allonova.domain.money.wallet import WalletTxn


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """A posting with its entry. `owner` is the provider of a clearing account, the person of a payable or a wallet."""

    entry_id: UUID
    created_at: datetime
    kind: EntryKind
    ref_type: str
    ref_id: UUID
    account: AccountKind
    owner: str
    amount: int


@dataclass(frozen=True, slots=True)
class WalletLine:
    """A line of somebody's statement."""

    user_id: UUID
    txn: WalletTxn


class ReportQueries(Protocol):
    """Reads outside a transaction. What is long comes in pieces, the oldest first, each a statement of its own that
    begins behind the last one: who is slow to take them keeps no connection.
    """

    async def flows(self, since: datetime, until: datetime) -> Sequence[Flow]:
        """What moved from `since` to before `until`, by day, in the order of their days."""

    async def openings(self, at: datetime) -> Mapping[AccountKind, int]:
        """What each kind of account held before that instant; those that never held anything may be missing."""

    async def count_entry_lines(self, terms: Terms, *, most: int) -> int:
        """How many postings there are, at most so many."""

    def entry_lines(self, terms: Terms) -> AsyncIterator[Sequence[EntryLine]]:
        """Those postings; an entry's stay together."""

    async def count_wallet_lines(self, terms: Terms, *, most: int) -> int:
        """How many lines of statements there are, at most so many; filters: type, source, status."""

    def wallet_lines(self, terms: Terms) -> AsyncIterator[Sequence[WalletLine]]:
        """Those lines."""

    async def count_payout_lines(self, terms: Terms, *, most: int) -> int:
        """How many payouts and withdrawals were made then, at most so many; filters: kind, method, status."""

    def payout_lines(self, terms: Terms) -> AsyncIterator[Sequence[PayoutLine]]:
        """Those payouts."""
