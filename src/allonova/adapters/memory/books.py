"""Proves the books in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from allonova.adapters.memory.carpool.tables import BOOKINGS, JOURNAL_ENTRIES, PAYMENTS
from allonova.adapters.memory.store import Rows
from allonova.application.money.ports import BooksQueries, BooksReport
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.money.journal import ESCROW, REFUNDS_DUE, Account, AccountKind, Entry, EntryKind
from allonova.domain.money.payment import Payment, PaymentStatus


class MemoryBooks:
    """The books, whole."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def verify(self) -> BooksReport:
        """See BooksQueries."""
        entries = list(self._source.rows(JOURNAL_ENTRIES).values())
        by_ref = {(entry.kind, entry.ref_type, entry.ref_id): entry for entry in entries}
        faults = (
            *(f"entry {entry.id}: does not balance" for entry in entries if _sum(entry)),
            *self._escrow_faults(entries),
            *self._payment_faults(by_ref),
            *self._refund_faults(entries, by_ref),
        )
        return BooksReport(len(entries), sum(len(entry.postings) for entry in entries), faults)

    def _escrow_faults(self, entries: list[Entry]) -> Iterator[str]:
        """Escrow holds the fare of a paid booking, and nothing of any other."""
        held: Counter[UUID] = Counter()
        for entry in entries:
            if entry.ref_type == "booking":
                held[entry.ref_id] += _on(entry, ESCROW)
        for booking in self._source.rows(BOOKINGS).values():
            due = booking.amount_total if booking.status is BookingStatus.PAID else 0
            if held[booking.id] != due:
                yield f"booking {booking.id}: escrow holds {held[booking.id]} instead of {due}"

    def _payment_faults(self, by_ref: dict[tuple[EntryKind, str, UUID], Entry]) -> Iterator[str]:
        """Whatever was paid is booked, and whatever went back."""
        for payment in self._source.rows(PAYMENTS).values():
            if payment.status not in (PaymentStatus.PAID, PaymentStatus.REFUNDED):
                continue
            entry = _arrival(payment, by_ref)
            if entry is None:
                yield f"payment {payment.id}: paid but not booked"
            elif _on_kind(entry, AccountKind.CLEARING) != -payment.amount:
                yield f"payment {payment.id}: booked with another amount"
            sent = (EntryKind.REFUND_SENT, "payment", payment.id) in by_ref
            if sent is not (payment.status is PaymentStatus.REFUNDED):
                yield f"payment {payment.id}: {'refund booked but not sent' if sent else 'refunded but not booked'}"

    def _refund_faults(self, entries: list[Entry], by_ref: dict[tuple[EntryKind, str, UUID], Entry]) -> Iterator[str]:
        owed = sum(_on(entry, REFUNDS_DUE) for entry in entries)
        waiting = sum(
            payment.amount
            for payment in self._source.rows(PAYMENTS).values()
            if payment.status is PaymentStatus.PAID
            and (EntryKind.PAYMENT_WITHOUT_BOOKING, "payment", payment.id) in by_ref
        )
        if owed != waiting:
            yield f"refunds_due: {owed} instead of {waiting}"


def _sum(entry: Entry) -> int:
    return sum(posting.amount for posting in entry.postings)


def _on(entry: Entry, account: Account) -> int:
    return sum(posting.amount for posting in entry.postings if posting.account == account)


def _on_kind(entry: Entry, kind: AccountKind) -> int:
    return sum(posting.amount for posting in entry.postings if posting.account.kind is kind)


def _arrival(payment: Payment, by_ref: dict[tuple[EntryKind, str, UUID], Entry]) -> Entry | None:
    """The entry by which the payment's money came in."""
    apart = by_ref.get((EntryKind.PAYMENT_WITHOUT_BOOKING, "payment", payment.id))
    if apart is not None or payment.booking_id is None:
        return apart
    return by_ref.get((EntryKind.BOOKING_PAID, "booking", payment.booking_id))


def _conforms(books: MemoryBooks) -> BooksQueries:
    return books
