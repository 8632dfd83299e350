"""Proves the books in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.carpool.disputes import DISPUTES
from allonova.adapters.memory.carpool.tables import BOOKINGS
from allonova.adapters.memory.money.tables import JOURNAL_ENTRIES, PAYMENTS, PAYOUTS, REFUNDS, WALLET_TXNS, WALLETS
from allonova.adapters.memory.store import Rows
from allonova.application.money.ports import BooksQueries, BooksReport
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.money.journal import AccountKind, Entry, EntryKind
from allonova.domain.money.payment import SETTLED, PaymentStatus
from allonova.domain.money.payout import IN_FLIGHT, PayoutStatus
from allonova.domain.money.refund import WAITING, RefundStatus
from allonova.domain.money.wallet import TxnStatus, TxnType

CAME = (EntryKind.BOOKING_PAID, EntryKind.PAYMENT_WITHOUT_BOOKING, EntryKind.WALLET_TOPPED_UP)
DRIVER = AccountKind.DRIVER_PAYABLE
WENT = (EntryKind.REFUND_SENT, EntryKind.REFUND_TO_WALLET)

type Fault = tuple[int, str, str]
"""In which order it is told, the id that it is about, and the line."""


class MemoryBooks:
    """The books, whole."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def verify(self) -> BooksReport:
        """See BooksQueries."""
        entries = sorted(self._source.rows(JOURNAL_ENTRIES).values(), key=attrgetter("id"))
        unbalanced = [entry for entry in entries if _sum(entry) or not entry.postings]
        found: list[Fault] = [
            *((1, str(entry.id), f"entry {entry.id}: does not balance") for entry in unbalanced),
            *self._escrow_faults(entries),
            *self._payment_faults(entries),
            *self._refund_faults(entries),
            *self._wallet_faults(entries),
            *self._payout_faults(entries),
            *self._dispute_faults(entries),
        ]
        return BooksReport(
            len(entries), sum(len(entry.postings) for entry in entries), tuple(line for _, _, line in sorted(found))
        )

    def _escrow_faults(self, entries: list[Entry]) -> Iterator[Fault]:
        """Escrow holds the fare of a paid booking, and nothing of any other."""
        held: Counter[UUID] = Counter()
        payments, bookings = self._source.rows(PAYMENTS), self._source.rows(BOOKINGS)
        for entry in entries:
            if amount := _on(entry, AccountKind.ESCROW):
                payment = payments.get(entry.ref_id) if entry.ref_type == "payment" else None
                held[(payment and payment.booking_id) or entry.ref_id] += amount
        for booking in bookings.values():
            due = booking.amount_total if booking.status is BookingStatus.PAID or booking.is_frozen else 0
            if held[booking.id] != due:
                line = f"booking {booking.id}: escrow holds {held[booking.id]} instead of {due}"
                yield 2, str(booking.id), line
        for ref_id, amount in held.items():
            if amount and ref_id not in bookings:
                yield 3, str(ref_id), f"booking {ref_id}: escrow holds {amount}, but it does not exist"

    def _payment_faults(self, entries: list[Entry]) -> Iterator[Fault]:
        """Whatever was paid is booked, once, and nothing else."""
        came: dict[UUID, list[Entry]] = {}
        for entry in entries:
            if entry.kind in CAME and entry.ref_type == "payment":
                came.setdefault(entry.ref_id, []).append(entry)
        for payment in self._source.rows(PAYMENTS).values():
            booked, id_ = came.get(payment.id, []), str(payment.id)
            if payment.status in SETTLED and not booked:
                yield 4, id_, f"payment {id_}: paid but not booked"
            if len(booked) > 1:
                yield 5, id_, f"payment {id_}: booked twice"
            if payment.status not in SETTLED and booked:
                yield 6, id_, f"payment {id_}: booked but not paid"
            if len(booked) == 1 and (_came(booked[0]), _given(booked[0])) != (payment.amount, payment.discount):
                yield 7, id_, f"payment {id_}: booked with another amount"

    def _refund_faults(self, entries: list[Entry]) -> Iterator[Fault]:
        """What went back is booked; what is owed back waits; payments know of it."""
        refunds, gone = self._source.rows(REFUNDS), Counter[UUID]()
        went = {entry.ref_id: -_on(entry, AccountKind.REFUNDS_DUE) for entry in entries if entry.kind in WENT}
        for refund in refunds.values():
            if refund.status is RefundStatus.DONE:
                gone[refund.payment_id] += refund.amount
                if refund.id not in went:
                    yield 8, str(refund.id), f"refund {refund.id}: done but not booked"
                elif went[refund.id] != refund.amount:
                    yield 10, str(refund.id), f"refund {refund.id}: booked with another amount"
        for ref_id in went:
            known = refunds.get(ref_id)
            if known is None or known.status is not RefundStatus.DONE:
                yield 9, str(ref_id), f"refund {ref_id}: booked but not done"
        yield from self._totals(entries, gone)

    def _totals(self, entries: list[Entry], gone: Counter[UUID]) -> Iterator[Fault]:
        owed = sum(_on(entry, AccountKind.REFUNDS_DUE) for entry in entries)
        waiting = sum(refund.amount for refund in self._source.rows(REFUNDS).values() if refund.status in WAITING)
        if owed != waiting:
            yield 10, "", f"refunds_due: {owed} instead of {waiting}"
        for payment in self._source.rows(PAYMENTS).values():
            id_, back = str(payment.id), gone[payment.id]
            if payment.refunded_amount != back:
                yield 10, id_, f"payment {id_}: {payment.refunded_amount} went back instead of {back}"
            is_whole = payment.refunded_amount == payment.amount
            if payment.amount and (payment.status is PaymentStatus.REFUNDED) != is_whole:
                yield 10, id_, f"payment {id_}: is {payment.status} with {back} of {payment.amount} back"

    def _wallet_faults(self, entries: list[Entry]) -> Iterator[Fault]:
        """Each wallet equals its postings and its lines."""
        held: Counter[str] = Counter()
        for posting in (posting for entry in entries for posting in entry.postings):
            if posting.account.kind is AccountKind.WALLET:
                held[posting.account.owner] += posting.amount
        lines = self._lines()
        for wallet in self._source.rows(WALLETS).values():
            owner, due = str(wallet.user_id), held.pop(str(wallet.user_id), 0)
            if wallet.balance != due:
                yield 11, owner, f"wallet of {owner}: {wallet.balance} instead of {due}"
            if lines[wallet.id] != wallet.balance:
                yield 12, owner, f"wallet of {owner}: its lines say {lines[wallet.id]} instead of {wallet.balance}"
        for owner, amount in held.items():
            if amount:
                yield 11, owner, f"wallet of {owner}: nothing instead of {amount}"

    def _lines(self) -> Counter[UUID]:
        """What the lines of each wallet's statement add up to."""
        lines: Counter[UUID] = Counter()
        for txn in self._source.rows(WALLET_TXNS).values():
            if txn.status is not TxnStatus.FAILED:
                lines[txn.wallet_id] += txn.amount if txn.type is TxnType.CREDIT else -txn.amount
        return lines

    def _payout_faults(self, entries: list[Entry]) -> Iterator[Fault]:
        """What left is booked as it stands."""
        booked = {(entry.kind, entry.ref_id): entry for entry in entries if entry.ref_type == "payout"}
        payouts = self._source.rows(PAYOUTS).values()
        for payout in payouts:
            id_, started = str(payout.id), booked.get((EntryKind.PAYOUT_STARTED, payout.id))
            if started is None or _on(started, AccountKind.PAYOUTS_IN_FLIGHT) != payout.amount:
                yield 13, id_, f"payout {id_}: booked with another amount"
            is_done = (EntryKind.PAYOUT_DONE, payout.id) in booked
            is_returned = (EntryKind.PAYOUT_RETURNED, payout.id) in booked
            if started and (is_done, is_returned) != (
                payout.status is PayoutStatus.DONE,
                payout.status is PayoutStatus.FAILED,
            ):
                yield 13, id_, f"payout {id_}: is {payout.status}, and booked otherwise"
        flying = sum(_on(entry, AccountKind.PAYOUTS_IN_FLIGHT) for entry in entries)
        sending = sum(payout.amount for payout in payouts if payout.status in IN_FLIGHT)
        if flying != sending:
            yield 13, "", f"payouts_in_flight: {flying} instead of {sending}"

    def _dispute_faults(self, entries: list[Entry]) -> Iterator[Fault]:
        """What is argued about goes to nobody; what was decided was done."""
        refunds, payments = self._source.rows(REFUNDS), self._source.rows(PAYMENTS)
        paid = [entry for entry in entries if any(p.account.kind is DRIVER and p.amount > 0 for p in entry.postings)]
        for dispute in self._source.rows(DISPUTES).values():
            booking_id, since = dispute.booking_id, dispute.created_at
            if dispute.is_open and any(e.ref_id == booking_id and e.created_at > since for e in paid):
                yield 14, str(booking_id), f"booking {booking_id}: its driver was paid while it is disputed"
            refund = refunds.get(dispute.refund_id) if dispute.refund_id else None
            if refund and (refund.amount, payments[refund.payment_id].booking_id) != (
                dispute.refund_amount,
                booking_id,
            ):
                line = f"dispute {dispute.id}: gave back {dispute.refund_amount}, and its refund says otherwise"
                yield 15, str(dispute.id), line


def _came(entry: Entry) -> int:
    sources = (AccountKind.CLEARING, AccountKind.WALLET)
    return -sum(p.amount for p in entry.postings if p.account.kind in sources and p.amount < 0)


def _given(entry: Entry) -> int:
    return -_on(entry, AccountKind.PROMO_EXPENSE)


def _sum(entry: Entry) -> int:
    return sum(posting.amount for posting in entry.postings)


def _on(entry: Entry, kind: AccountKind) -> int:
    return sum(posting.amount for posting in entry.postings if posting.account.kind is kind)


def _conforms(books: MemoryBooks) -> BooksQueries:
    return books
