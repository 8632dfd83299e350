"""How the francs of a booking move through the books (money.md, The books)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.domain.carpool.booking import Booking
from allonova.domain.kernel.money import share_of
from allonova.domain.money.journal import (
    COMMISSION,
    ESCROW,
    LOSS,
    PENALTIES,
    PROMO_EXPENSE,
    REFUNDS_DUE,
    Account,
    AccountKind,
    Entry,
    EntryKind,
    Posting,
    driver_payable,
    gather,
    move,
    wallet,
)
from allonova.domain.money.movements import about, came_from
from allonova.domain.money.payment import Payment


def booking_paid(entry_id: UUID, payment: Payment, at: datetime) -> Entry:
    """The fare is here, a promo's part of it too; we keep it in escrow until the ride is done."""
    postings = gather(ESCROW, (came_from(payment), payment.amount), (PROMO_EXPENSE, payment.discount))
    return about("payment", payment.id, entry_id, EntryKind.BOOKING_PAID, postings, at)


def payment_without_booking(entry_id: UUID, payment: Payment, at: datetime) -> Entry:
    """Money came for seats that are gone: it is owed back."""
    postings = move(came_from(payment), (REFUNDS_DUE, payment.amount))
    return about("payment", payment.id, entry_id, EntryKind.PAYMENT_WITHOUT_BOOKING, postings, at)


def ride_completed(entry_id: UUID, booking: Booking, driver_id: UUID, at: datetime) -> Entry:
    """The ride is done: the fare leaves escrow, the commission to us, the rest to the driver."""
    driver_part = booking.amount_total - booking.fees
    postings = move(ESCROW, (driver_payable(driver_id), driver_part), (COMMISSION, booking.fees))
    return _of_booking(entry_id, EntryKind.RIDE_COMPLETED, booking, postings, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """How a fare is shared when its booking ends without a ride: the fee (of which `commission` is ours), what the
    passenger gets back, and what goes back to the promo.
    """

    fee: int
    commission: int
    back: int
    promo_back: int

    @classmethod
    def of(cls, payment: Payment, *, withheld: int, commission: int) -> Parting:
        """`withheld` francs of the fare are kept: from what the passenger paid, beyond that from the promo's part."""
        from_payer = min(withheld, payment.amount)
        return cls(
            fee=withheld,
            commission=commission,
            back=payment.amount - from_payer,
            promo_back=payment.discount - (withheld - from_payer),
        )


def kept_of_escrow(booking: Booking, payment: Payment, amount: int | None) -> int:
    """How much of a fare in escrow stays when `amount` francs of what its passenger paid go back, None for all of them:
    the rest of his money. With nothing back the fare is the driver's as if he had driven, a promo's part too; else the
    promo's part goes back as well.
    """
    if amount is None:
        return 0
    return payment.amount - payment.refunded_amount - amount if amount else booking.amount_total


def booking_cancelled(
    entry_id: UUID, booking: Booking, driver_id: UUID, parting: Parting, at: datetime, *, gone: int = 0
) -> Entry:
    """The fare leaves escrow: the fee as a fare is shared, the rest to where it came from. `gone` francs of what the
    payer gets were taken back before, as our loss, which they make good.
    """
    postings = move(
        ESCROW,
        (driver_payable(driver_id), parting.fee - parting.commission),
        (COMMISSION, parting.commission),
        (REFUNDS_DUE, parting.back - gone),
        (LOSS, gone),
        (PROMO_EXPENSE, parting.promo_back),
    )
    return _of_booking(entry_id, EntryKind.BOOKING_CANCELLED, booking, postings, at)


def fee_from_wallet(
    entry_id: UUID, booking: Booking, driver_id: UUID, *, fee: int, commission: int, at: datetime
) -> Entry:
    """The passenger's wallet pays the fee, so that his payment can go back whole."""
    shares = (driver_payable(driver_id), fee - commission), (COMMISSION, commission)
    postings = move(wallet(booking.passenger_id), *shares)
    return _of_booking(entry_id, EntryKind.FEE_FROM_WALLET, booking, postings, at)


def driver_penalty(entry_id: UUID, driver_id: UUID, amount: int, *, ref_type: str, ref_id: UUID, at: datetime) -> Entry:
    """Withheld from what the driver earns next; `ref_type` is what he cancelled, a booking or a whole trip."""
    postings = move(driver_payable(driver_id), (PENALTIES, amount))
    return about(ref_type, ref_id, entry_id, EntryKind.DRIVER_PENALTY, postings, at)


@dataclass(frozen=True, slots=True)
class Kept:
    """What driver and platform got of a booking's money."""

    driver_part: int
    commission: int

    @property
    def whole(self) -> int:
        """Both together."""
        return self.driver_part + self.commission

    @classmethod
    def of(cls, entry: Entry | None) -> Kept:
        """By the entry that emptied its escrow."""
        found = {posting.account.kind: posting.amount for posting in entry.postings} if entry else {}
        return cls(found.get(AccountKind.DRIVER_PAYABLE, 0), found.get(AccountKind.COMMISSION, 0))


def share_back(
    amount: int, *, kept: int, commission: int, driver_id: UUID, before: int = 0
) -> tuple[tuple[Account, int], ...]:
    """Who gives back `amount` of the `kept` francs of a fare or a fee, of which `commission` is ours, after `before`
    francs have gone back already: each his share, the remainder the driver; in however many parts, not more than that.
    """
    ours = share_of(before + amount, commission, kept) - share_of(before, commission, kept)
    return (driver_payable(driver_id), amount - ours), (COMMISSION, ours)


def _of_booking(
    entry_id: UUID, kind: EntryKind, booking: Booking, postings: tuple[Posting, ...], at: datetime
) -> Entry:
    return about("booking", booking.id, entry_id, kind, postings, at)
