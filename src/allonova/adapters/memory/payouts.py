"""Payouts in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.carpool.disputes import DISPUTES
from allonova.adapters.memory.identity import CONTACT_CHANGES, USERS
from allonova.adapters.memory.kyc import KYC_DOCUMENTS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.money.tables import (
    JOURNAL_ENTRIES,
    PAYMENTS,
    PAYOUT_ACCOUNTS,
    PAYOUT_BATCHES,
    PAYOUTS,
    REFUNDS,
)
from allonova.adapters.memory.store import MemoryStore, Rows, Transaction, stored
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.money.payout_ports import PayoutLine, PayoutQueries, PayoutStore
from allonova.domain.kyc.document import IDENTITY_PAPERS, KycStatus
from allonova.domain.money.journal import AccountKind, Entry, EntryKind
from allonova.domain.money.payout import Payout, PayoutBatch, PayoutKind, PayoutStatus
from allonova.domain.money.payout_account import DEFAULT_METHOD
from allonova.domain.money.payouts_due import Earner
from allonova.domain.money.refund import RefundStatus

type Moved = tuple[int, bool, bool]
"""Francs, whether they count for the run's period, and whether they are a charge that no payout has shown yet."""

ON_THE_WAY = (EntryKind.PAYOUT_STARTED, EntryKind.PAYOUT_RETURNED)


class MemoryPayouts(MemoryStore[Payout]):
    """Payouts."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, PAYOUTS)

    async def take_turn(self) -> None:
        """See PayoutStore. Units are serial."""

    async def earners(self, *, until: datetime, changed_since: datetime) -> list[Earner]:
        """See PayoutStore."""
        owed = {owner: _owed(moved) for owner, moved in self._moved(until).items()}
        return [
            self._earner(UUID(owner), payable, uncharged - payable, changed_since)
            for owner, (payable, uncharged) in sorted(owed.items())
            if payable > 0
        ]

    async def of_batch(self, batch_id: UUID) -> list[Payout]:
        """See PayoutStore."""
        found = [stored(payout) for payout in self._rows().values() if payout.batch_id == batch_id]
        return sorted(found, key=attrgetter("id"))

    def _moved(self, until: datetime) -> Mapping[str, list[Moved]]:
        last, held = self._last(), self._held()
        found: defaultdict[str, list[Moved]] = defaultdict(list)
        for entry in self._transaction.rows(JOURNAL_ENTRIES).values():
            for posting in entry.postings:
                if posting.account.kind is AccountKind.DRIVER_PAYABLE:
                    owner, is_earlier = posting.account.owner, entry.created_at < until or entry.kind in ON_THE_WAY
                    counts = is_earlier and entry.ref_id not in held
                    is_charge = posting.amount < 0 and _is_charge(entry, last.get(owner))
                    found[owner].append((posting.amount, counts, is_charge))
        return found

    def _held(self) -> set[UUID]:
        """Bookings that somebody argues about, or of which a second admin has yet to give back, and their refunds."""
        rows = self._transaction.rows
        of_payment = {payment.id: payment.booking_id for payment in rows(PAYMENTS).values()}
        refunds = rows(REFUNDS).values()
        waiting = {one.booking_id for one in rows(DISPUTES).values() if one.is_open}
        asked = {of_payment[one.payment_id] for one in refunds if one.status is RefundStatus.AWAITING_APPROVAL}
        found = waiting | {booking_id for booking_id in asked if booking_id is not None}
        return found | {refund.id for refund in refunds if of_payment[refund.payment_id] in found}

    def _last(self) -> dict[str, datetime]:
        """When each was last paid."""
        last: dict[str, datetime] = {}
        for payout in self._rows().values():
            if payout.kind is PayoutKind.EARNINGS and payout.status is not PayoutStatus.FAILED:
                owner = str(payout.driver_id)
                last[owner] = max(payout.scheduled_at, last.get(owner, payout.scheduled_at))
        return last

    def _earner(self, driver_id: UUID, payable: int, withheld: int, changed_since: datetime) -> Earner:
        rows = self._transaction.rows
        user = rows(USERS)[driver_id]
        account = next((row for row in rows(PAYOUT_ACCOUNTS).values() if row.user_id == driver_id), None)
        own = user.phone if user.is_phone_verified else None
        return Earner(
            driver_id=driver_id,
            payable=payable,
            withheld=withheld,
            is_active=user.is_active,
            has_identity=any(
                paper.user_id == driver_id and paper.doc_type in IDENTITY_PAPERS and paper.status is KycStatus.APPROVED
                for paper in rows(KYC_DOCUMENTS).values()
            ),
            has_changed=any(
                change.user_id == driver_id and change.created_at > changed_since
                for change in rows(CONTACT_CHANGES).values()
            ),
            account_id=account.id if account else None,
            method=account.method if account else DEFAULT_METHOD,
            phone=account.phone if account else own,
        )


def _is_charge(entry: Entry, last: datetime | None) -> bool:
    return entry.kind is not EntryKind.PAYOUT_STARTED and (last is None or entry.created_at > last)


def _owed(moved: Sequence[Moved]) -> tuple[int, int]:
    """What is owed, and what would be without the charges."""

    def least(rows: Iterable[Moved]) -> int:
        kept = list(rows)
        return min(sum(amount for amount, _, _ in kept), sum(amount for amount, counts, _ in kept if counts))

    return least(moved), least(row for row in moved if not row[2])


class MemoryPayoutQueries:
    """See PayoutQueries."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def payouts(self, query: ListQuery) -> Page[Payout]:
        """See PayoutQueries."""
        return _listed(self._source.rows(PAYOUTS).values(), query)

    async def payouts_of(self, driver_id: UUID, query: ListQuery) -> Page[Payout]:
        """See PayoutQueries."""
        return _listed([row for row in self._source.rows(PAYOUTS).values() if row.driver_id == driver_id], query)

    async def batches(self, query: ListQuery) -> Page[PayoutBatch]:
        """See PayoutQueries."""
        fields = {name: attrgetter(name) for name in ("id", "status", "created_at")}
        return listed(self._source.rows(PAYOUT_BATCHES).values(), query, fields=fields, show=stored)

    async def batch(self, id: UUID) -> PayoutBatch | None:
        """See PayoutQueries."""
        found = self._source.rows(PAYOUT_BATCHES).get(id)
        return None if found is None else stored(found)

    async def lines(self, batch_id: UUID, *, after: UUID | None, limit: int) -> list[PayoutLine]:
        """See PayoutQueries."""
        rows = [row for row in self._source.rows(PAYOUTS).values() if row.batch_id == batch_id]
        behind = [row for row in rows if after is None or row.driver_id > after]
        users = self._source.rows(USERS)
        return [
            PayoutLine(
                payout=stored(row), first_name=users[row.driver_id].first_name, last_name=users[row.driver_id].last_name
            )
            for row in sorted(behind, key=attrgetter("driver_id"))[:limit]
        ]

    async def unsettled(self, *, before: datetime, limit: int) -> list[UUID]:
        """See PayoutQueries."""
        open_ = (PayoutStatus.SCHEDULED, PayoutStatus.PROCESSING)
        heard = {
            row.id: row.checked_at or row.updated_at
            for row in self._source.rows(PAYOUTS).values()
            if row.status in open_
        }
        waiting = sorted((at, id) for id, at in heard.items() if at <= before)
        return [id for _, id in waiting[:limit]]


FIELDS = {name: attrgetter(name) for name in ("id", "status", "method", "kind", "batch_id", "driver_id", "created_at")}


def _listed(rows: Iterable[Payout], query: ListQuery) -> Page[Payout]:
    return listed(rows, query, fields=FIELDS, show=stored)


def _conforms_store(store: MemoryPayouts) -> PayoutStore:
    return store


def _conforms(queries: MemoryPayoutQueries) -> PayoutQueries:
    return queries
