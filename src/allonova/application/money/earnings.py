"""What a driver has earned, as the books have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.money.journal import EntryKind


class EarningKind(StrEnum):
    """Why francs came to a driver, or were taken from him."""

    RIDE = "ride"
    FEE = "fee"
    PENALTY = "penalty"
    REFUND = "refund"
    CHARGEBACK = "chargeback"


KINDS: Mapping[EntryKind, EarningKind] = {
    EntryKind.RIDE_COMPLETED: EarningKind.RIDE,
    EntryKind.BOOKING_CANCELLED: EarningKind.FEE,
    EntryKind.FEE_FROM_WALLET: EarningKind.FEE,
    EntryKind.DRIVER_PENALTY: EarningKind.PENALTY,
    EntryKind.REFUND_OWED: EarningKind.REFUND,
    EntryKind.LOSS_TO_DRIVER: EarningKind.CHARGEBACK,
}
"""Every entry that may move what a driver is owed, but for payouts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarningView:
    """A line of a driver's earnings. Francs: `net` is `gross` without our `commission`; `withheld` is what a penalty, a
    refund or a chargeback took from him, and such a line has nothing else. `booking_id` is null where he gave up a
    whole trip, `trip_id` where it is about one booking.
    """

    kind: EarningKind
    booking_id: UUID | None
    trip_id: UUID | None
    gross: int
    commission: int
    net: int
    withheld: int
    completed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnedTotals:
    """The lines of a period, added up; `payable` is what he is owed now, whatever the period: below zero when more was
    taken than he had earned.
    """

    lines: int = 0
    gross: int = 0
    commission: int = 0
    net: int = 0
    withheld: int = 0
    payable: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Francs of a whole period, on this page or not."""

    gross: int
    commission: int
    net: int
    withheld: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EarningsPage:
    """Where `rides` stand among the lines of the period."""

    page: int
    page_size: int
    total: int
    page_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Earnings:
    """What a driver earned in a period: a page of its lines, their sums, what he is owed now and when drivers are paid
    next. `net` less `withheld` of all lines there ever were, less what was paid out, is `payable`.
    """

    rides: tuple[EarningView, ...]
    pagination: EarningsPage
    totals: Sums
    payable: int
    next_payout_on: date


def earning_view(
    kind: EntryKind,
    *,
    driver_part: int,
    commission: int,
    booking_id: UUID | None,
    trip_id: UUID | None,
    at: datetime,
) -> EarningView:
    """An entry as the driver sees it: `driver_part` went to him, `commission` to us; below zero, it was taken."""
    is_taken = driver_part < 0
    return EarningView(
        kind=KINDS[kind],
        booking_id=booking_id,
        trip_id=trip_id,
        gross=0 if is_taken else driver_part + commission,
        commission=0 if is_taken else commission,
        net=max(0, driver_part),
        withheld=max(0, -driver_part),
        completed_at=at,
    )
