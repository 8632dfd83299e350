"""How the francs of a booking move through the books (money.md, The books)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allonova.domain.carpool.booking import Booking
from allonova.domain.money.journal import (
    COMMISSION,
    ESCROW,
    PENALTIES,
    REFUNDS_DUE,
    Account,
    Entry,
    EntryKind,
    Posting,
    clearing,
    driver_payable,
    move,
    wallet,
)
from allonova.domain.money.payment import Payment


def booking_paid(entry_id: UUID, payment: Payment, booking: Booking, at: datetime) -> Entry:
    """The provider has the money; we keep it in escrow until the ride is done."""
    postings = move(clearing(payment.method), (ESCROW, payment.amount))
    return _of_booking(entry_id, EntryKind.BOOKING_PAID, booking, postings, at)


def payment_without_booking(entry_id: UUID, payment: Payment, at: datetime) -> Entry:
    """Money came for seats that are gone: it is owed back."""
    postings = move(clearing(payment.method), (REFUNDS_DUE, payment.amount))
    return _of_payment(entry_id, EntryKind.PAYMENT_WITHOUT_BOOKING, payment, postings, at)


def refund_sent(entry_id: UUID, payment: Payment, at: datetime) -> Entry:
    """What was owed back left by the provider."""
    postings = move(REFUNDS_DUE, (clearing(payment.method), payment.amount))
    return _of_payment(entry_id, EntryKind.REFUND_SENT, payment, postings, at)


def ride_completed(entry_id: UUID, booking: Booking, driver_id: UUID, at: datetime) -> Entry:
    """The ride is done: the fare leaves escrow, the commission to us, the rest to the driver."""
    driver_part = booking.amount_total - booking.fees
    postings = move(ESCROW, (driver_payable(driver_id), driver_part), (COMMISSION, booking.fees))
    return _of_booking(entry_id, EntryKind.RIDE_COMPLETED, booking, postings, at)


def booking_cancelled(
    entry_id: UUID, booking: Booking, driver_id: UUID, *, fee: int, commission: int, refund_to: Account, at: datetime
) -> Entry:
    """The fare leaves escrow: the fee as a fare is shared, the rest to where the passenger's money goes back."""
    shares = (driver_payable(driver_id), fee - commission), (COMMISSION, commission)
    return _of_booking(
        entry_id,
        EntryKind.BOOKING_CANCELLED,
        booking,
        move(ESCROW, *shares, (refund_to, booking.amount_total - fee)),
        at,
    )


def fee_from_wallet(
    entry_id: UUID, booking: Booking, driver_id: UUID, *, fee: int, commission: int, at: datetime
) -> Entry:
    """The passenger's wallet pays the fee, so that his payment can go back whole."""
    shares = (driver_payable(driver_id), fee - commission), (COMMISSION, commission)
    postings = move(wallet(booking.passenger_id), *shares)
    return _of_booking(entry_id, EntryKind.FEE_FROM_WALLET, booking, postings, at)


def refund_to_wallet(entry_id: UUID, payment: Payment, at: datetime) -> Entry:
    """The provider cannot give it back: it waits in the payer's wallet."""
    postings = move(REFUNDS_DUE, (wallet(payment.user_id), payment.amount))
    return _of_payment(entry_id, EntryKind.REFUND_TO_WALLET, payment, postings, at)


def driver_penalty(entry_id: UUID, driver_id: UUID, amount: int, *, ref_type: str, ref_id: UUID, at: datetime) -> Entry:
    """Withheld from what the driver earns next; `ref_type` is what he cancelled, a booking or a whole trip."""
    return Entry(
        id=entry_id,
        kind=EntryKind.DRIVER_PENALTY,
        ref_type=ref_type,
        ref_id=ref_id,
        postings=move(driver_payable(driver_id), (PENALTIES, amount)),
        created_at=at,
    )


def _of_booking(
    entry_id: UUID, kind: EntryKind, booking: Booking, postings: tuple[Posting, ...], at: datetime
) -> Entry:
    return Entry(id=entry_id, kind=kind, ref_type="booking", ref_id=booking.id, postings=postings, created_at=at)


def _of_payment(
    entry_id: UUID, kind: EntryKind, payment: Payment, postings: tuple[Posting, ...], at: datetime
) -> Entry:
    return Entry(id=entry_id, kind=kind, ref_type="payment", ref_id=payment.id, postings=postings, created_at=at)
