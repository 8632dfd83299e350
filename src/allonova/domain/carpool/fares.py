"""How the francs of a booking move through the books (money.md, The books)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allonova.domain.carpool.booking import Booking
from allonova.domain.money.journal import (
    COMMISSION,
    ESCROW,
    REFUNDS_DUE,
    Entry,
    EntryKind,
    clearing,
    driver_payable,
    move,
)
from allonova.domain.money.payment import Payment


def booking_paid(entry_id: UUID, payment: Payment, booking: Booking, at: datetime) -> Entry:
    """The provider has the money; we keep it in escrow until the ride is done."""
    return Entry(
        id=entry_id,
        kind=EntryKind.BOOKING_PAID,
        ref_type="booking",
        ref_id=booking.id,
        postings=move(clearing(payment.method), (ESCROW, payment.amount)),
        created_at=at,
    )


def payment_without_booking(entry_id: UUID, payment: Payment, at: datetime) -> Entry:
    """Money came for seats that are gone: it is owed back."""
    return Entry(
        id=entry_id,
        kind=EntryKind.PAYMENT_WITHOUT_BOOKING,
        ref_type="payment",
        ref_id=payment.id,
        postings=move(clearing(payment.method), (REFUNDS_DUE, payment.amount)),
        created_at=at,
    )


def refund_sent(entry_id: UUID, payment: Payment, at: datetime) -> Entry:
    """What was owed back left by the provider."""
    return Entry(
        id=entry_id,
        kind=EntryKind.REFUND_SENT,
        ref_type="payment",
        ref_id=payment.id,
        postings=move(REFUNDS_DUE, (clearing(payment.method), payment.amount)),
        created_at=at,
    )


def ride_completed(entry_id: UUID, booking: Booking, driver_id: UUID, at: datetime) -> Entry:
    """The ride is done: the fare leaves escrow, the commission to us, the rest to the driver."""
    driver_part = booking.amount_total - booking.fees
    return Entry(
        id=entry_id,
        kind=EntryKind.RIDE_COMPLETED,
        ref_type="booking",
        ref_id=booking.id,
        postings=move(ESCROW, (driver_payable(driver_id), driver_part), (COMMISSION, booking.fees)),
        created_at=at,
    )
