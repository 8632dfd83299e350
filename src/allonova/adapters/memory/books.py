"""Proves the books in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.carpool.tables import BOOKINGS, JOURNAL_ENTRIES, PAYMENTS
from allonova.adapters.memory.store import Rows
from allonova.application.money.ports import BooksQueries, BooksReport
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.money.journal import AccountKind, Entry, EntryKind
from allonova.domain.money.payment import Payment, PaymentStatus

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
            due = booking.amount_total if booking.status is BookingStatus.PAID else 0
            if held[booking.id] != due:
                yield 2, f"booking {booking.id}: escrow holds {held[booking.id]} instead of {due}"
        for ref_id, amount in held.items():
            if amount and ref_id not in bookings:
                yield 3, f"booking {ref_id}: escrow holds {amount}, but it does not exist"

    def _payment_faults(self, entries: list[Entry]) -> Iterator[tuple[int, str]]:
        """Whatever was paid is booked, and whatever went back."""
        by_ref = {(entry.kind, entry.ref_id): entry for entry in entries}
        spoken_for: set[UUID] = set()
        for payment in self._settled():
            entry = by_ref.get((EntryKind.PAYMENT_WITHOUT_BOOKING, payment.id))
            if entry is None and payment.booking_id is not None and payment.booking_id not in spoken_for:
                entry = by_ref.get((EntryKind.BOOKING_PAID, payment.booking_id))
                spoken_for.add(payment.booking_id)
            if entry is None:
                yield 4, f"payment {payment.id}: paid but not booked"
            elif _on(entry, AccountKind.CLEARING) != -payment.amount:
                yield 5, f"payment {payment.id}: booked with another amount"
            yield from _way_back(payment, by_ref.get((EntryKind.REFUND_SENT, payment.id)))

    def _refund_faults(self, entries: list[Entry]) -> Iterator[tuple[int, str]]:
        """What is owed back is what came for lost seats and has not gone yet."""
        apart = {entry.ref_id for entry in entries if entry.kind is EntryKind.PAYMENT_WITHOUT_BOOKING}
        waiting = [p for p in self._settled() if p.status is PaymentStatus.PAID and p.id in apart]
        owed, due = sum(_on(entry, AccountKind.REFUNDS_DUE) for entry in entries), sum(p.amount for p in waiting)
        if owed != due:
            yield 9, f"refunds_due: {owed} instead of {due}"

    def _settled(self) -> list[Payment]:
        payments = self._source.rows(PAYMENTS).values()
        return sorted((p for p in payments if p.status in SETTLED), key=attrgetter("created_at", "id"))


def _way_back(payment: Payment, sent: Entry | None) -> Iterator[tuple[int, str]]:
    is_back = payment.status is PaymentStatus.REFUNDED
    if is_back and sent is None:
        yield 6, f"payment {payment.id}: refunded but not booked"
    elif sent is not None and not is_back:
        yield 7, f"payment {payment.id}: refund booked but not sent"
    elif sent is not None and _on(sent, AccountKind.REFUNDS_DUE) != -payment.amount:
        yield 8, f"payment {payment.id}: refunded with another amount"


def _sum(entry: Entry) -> int:
    return sum(posting.amount for posting in entry.postings)


def _on(entry: Entry, kind: AccountKind) -> int:
    return sum(posting.amount for posting in entry.postings if posting.account.kind is kind)


def _conforms(books: MemoryBooks) -> BooksQueries:
    return books
