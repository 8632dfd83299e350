"""Proves the books in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.carpool.tables import BOOKINGS, JOURNAL_ENTRIES, PAYMENTS, WALLET_TXNS, WALLETS
from allonova.adapters.memory.store import Rows
from allonova.application.money.ports import BooksQueries, BooksReport
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.money.journal import AccountKind, Entry, EntryKind
from allonova.domain.money.payment import Payment, PaymentStatus
from allonova.domain.money.wallet import TxnStatus, TxnType

BACK = (EntryKind.REFUND_SENT, EntryKind.REFUND_TO_WALLET)
SETTLED = (PaymentStatus.PAID, PaymentStatus.REFUNDED)


class MemoryBooks:
    """The books, whole."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def verify(self) -> BooksReport:
        """See BooksQueries. A payment is booked by its booking's entry (one payment for each) or by one of its own."""
        entries = sorted(self._source.rows(JOURNAL_ENTRIES).values(), key=attrgetter("id"))
        lines = [
            *((1, f"entry {entry.id}: does not balance") for entry in entries if _sum(entry) or not entry.postings),
            *self._escrow_faults(entries),
            *self._payment_faults(entries),
            *self._refund_faults(entries),
            *self._wallet_faults(entries),
        ]
        faults = tuple(line for _, line in sorted(lines))
        return BooksReport(len(entries), sum(len(entry.postings) for entry in entries), faults)

    def _escrow_faults(self, entries: list[Entry]) -> Iterator[tuple[int, str]]:
        """Escrow holds the fare of a paid booking, and nothing of any other."""
        held: Counter[UUID] = Counter()
        for entry in entries:
            if entry.ref_type == "booking":
                held[entry.ref_id] += _on(entry, AccountKind.ESCROW)
        bookings = self._source.rows(BOOKINGS)
        for booking in bookings.values():
            due = booking.amount_total if booking.status is BookingStatus.PAID or booking.is_frozen else 0
            if held[booking.id] != due:
                yield 2, f"booking {booking.id}: escrow holds {held[booking.id]} instead of {due}"
        for ref_id, amount in held.items():
            if amount and ref_id not in bookings:
                yield 3, f"booking {ref_id}: escrow holds {amount}, but it does not exist"

    def _payment_faults(self, entries: list[Entry]) -> Iterator[tuple[int, str]]:
        """Whatever was paid is booked, and whatever went back."""
        by_ref: dict[tuple[EntryKind, UUID | None], Entry] = {(entry.kind, entry.ref_id): entry for entry in entries}
        for payment, is_own in self._settled_with_turn(entries):
            entry = by_ref.get((EntryKind.PAYMENT_WITHOUT_BOOKING, payment.id))
            if entry is None and is_own:
                entry = by_ref.get((EntryKind.BOOKING_PAID, payment.booking_id))
            if entry is None:
                yield 4, f"payment {payment.id}: paid but not booked"
            elif _on(entry, AccountKind.CLEARING) != -payment.amount:
                yield 5, f"payment {payment.id}: booked with another amount"
            yield from _way_back(payment, [by_ref[kind, payment.id] for kind in BACK if (kind, payment.id) in by_ref])
            part = by_ref.get((EntryKind.BOOKING_CANCELLED, payment.booking_id)) if is_own else None
            yield from _gone_back(payment, 0 if part is None else _on(part, AccountKind.WALLET))

    def _refund_faults(self, entries: list[Entry]) -> Iterator[tuple[int, str]]:
        """What is owed back came for lost seats, or for a booking that was cancelled, and has not gone yet."""
        apart = {entry.ref_id for entry in entries if entry.kind is EntryKind.PAYMENT_WITHOUT_BOOKING}
        cancelled = {
            entry.ref_id
            for entry in entries
            if entry.kind is EntryKind.BOOKING_CANCELLED and _on(entry, AccountKind.REFUNDS_DUE)
        }
        waiting = sum(
            payment.amount
            for payment, is_own in self._settled_with_turn(entries)
            if payment.status is PaymentStatus.PAID
            and (payment.id in apart or (is_own and payment.booking_id in cancelled))
        )
        owed = sum(_on(entry, AccountKind.REFUNDS_DUE) for entry in entries)
        if owed != waiting:
            yield 9, f"refunds_due: {owed} instead of {waiting}"

    def _wallet_faults(self, entries: list[Entry]) -> Iterator[tuple[int, str]]:
        """Each wallet equals its postings and its lines."""
        held: Counter[str] = Counter()
        for posting in (posting for entry in entries for posting in entry.postings):
            if posting.account.kind is AccountKind.WALLET:
                held[posting.account.owner] += posting.amount
        lines = self._lines()
        for wallet in self._source.rows(WALLETS).values():
            due = held.pop(str(wallet.user_id), 0)
            if wallet.balance != due:
                yield 11, f"wallet of {wallet.user_id}: {wallet.balance} instead of {due}"
            if lines[wallet.id] != wallet.balance:
                yield 12, f"wallet of {wallet.user_id}: its lines say {lines[wallet.id]} instead of {wallet.balance}"
        yield from ((11, f"wallet of {owner}: nothing instead of {amount}") for owner, amount in held.items() if amount)

    def _lines(self) -> Counter[UUID]:
        """What the lines of each wallet's statement add up to."""
        lines: Counter[UUID] = Counter()
        for txn in self._source.rows(WALLET_TXNS).values():
            if txn.status is TxnStatus.DONE:
                lines[txn.wallet_id] += txn.amount if txn.type is TxnType.CREDIT else -txn.amount
        return lines

    def _settled_with_turn(self, entries: list[Entry]) -> Iterator[tuple[Payment, bool]]:
        """Payments that came, the oldest first, and whether each is the one that its booking's entries are about."""
        apart = {entry.ref_id for entry in entries if entry.kind is EntryKind.PAYMENT_WITHOUT_BOOKING}
        spoken_for: set[UUID] = set()
        settled = [payment for payment in self._source.rows(PAYMENTS).values() if payment.status in SETTLED]
        for payment in sorted(settled, key=attrgetter("created_at", "id")):
            is_own = payment.id not in apart and payment.booking_id is not None and payment.booking_id not in spoken_for
            if is_own and payment.booking_id is not None:
                spoken_for.add(payment.booking_id)
            yield payment, is_own


def _way_back(payment: Payment, went: list[Entry]) -> Iterator[tuple[int, str]]:
    is_back = payment.status is PaymentStatus.REFUNDED
    amount = -sum(_on(entry, AccountKind.REFUNDS_DUE) for entry in went)
    if is_back and not went:
        yield 6, f"payment {payment.id}: refunded but not booked"
    elif went and not is_back:
        yield 7, f"payment {payment.id}: refund booked but not sent"
    elif went and amount != payment.amount:
        yield 8, f"payment {payment.id}: refunded with another amount"


def _gone_back(payment: Payment, part: int) -> Iterator[tuple[int, str]]:
    due = payment.amount if payment.status is PaymentStatus.REFUNDED else part
    if payment.refunded_amount != due:
        yield 10, f"payment {payment.id}: {payment.refunded_amount} went back instead of {due}"


def _sum(entry: Entry) -> int:
    return sum(posting.amount for posting in entry.postings)


def _on(entry: Entry, kind: AccountKind) -> int:
    return sum(posting.amount for posting in entry.postings if posting.account.kind is kind)


def _conforms(books: MemoryBooks) -> BooksQueries:
    return books
