"""A passenger's seats on a stretch of a trip, from the wish to the arrival."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from allonova.domain.carpool.rules import CHECKIN_CLOSES, CHECKIN_OPENS, PENDING_TTL
from allonova.domain.carpool.seats import Ride
from allonova.domain.kernel.changes import PROVIDER, SYSTEM, Actor, Change
from allonova.domain.kernel.errors import Conflict, OtpInvalid, RateLimited
from allonova.domain.kernel.machine import Machine, Party, step
from allonova.domain.kernel.money import CURRENCY


class BookingStatus(StrEnum):
    """What the API shows."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    PAID = "paid"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class BookingStage(StrEnum):
    """The states of the machine: `paid` has three, told apart by the instants of check-in and start."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    PAID = "paid"
    CHECKED_IN = "checked_in"
    STARTED = "started"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class BookingAction(StrEnum):
    """The rows of allocar.md's action table."""

    ACCEPT = "accept"
    EXPIRE = "expire"
    REJECT = "reject"
    PAY = "pay"
    CHECKIN = "checkin"
    START_RIDE = "start-ride"
    END_RIDE = "end-ride"
    COMPLETE = "complete"
    CANCEL = "cancel"
    NO_SHOW = "no-show"
    DRIVER_NO_SHOW = "driver-no-show"


G, A = BookingStage, BookingAction
_SIDES = (Party.PASSENGER, Party.DRIVER, Party.ADMIN)

# allocar.md, Bookings. `expire` from accepted is the end of the hold.
BOOKING = Machine[BookingStage, BookingAction](
    "booking",
    (G.PENDING, G.ACCEPTED),
    {
        (G.PENDING, A.ACCEPT): step(G.ACCEPTED, Party.DRIVER),
        (G.PENDING, A.EXPIRE): step(G.CANCELLED, Party.SYSTEM),
        (G.ACCEPTED, A.EXPIRE): step(G.CANCELLED, Party.SYSTEM),
        (G.PENDING, A.REJECT): step(G.CANCELLED, Party.DRIVER),
        (G.ACCEPTED, A.PAY): step(G.PAID, Party.PROVIDER, Party.PASSENGER),
        (G.PAID, A.CHECKIN): step(G.CHECKED_IN, Party.DRIVER),
        (G.CHECKED_IN, A.CHECKIN): step(G.CHECKED_IN, Party.DRIVER),
        (G.STARTED, A.CHECKIN): step(G.STARTED, Party.DRIVER),
        (G.CHECKED_IN, A.START_RIDE): step(G.STARTED, Party.DRIVER),
        (G.STARTED, A.END_RIDE): step(G.COMPLETED, Party.DRIVER),
        (G.CHECKED_IN, A.COMPLETE): step(G.COMPLETED, Party.SYSTEM, Party.ADMIN),
        (G.STARTED, A.COMPLETE): step(G.COMPLETED, Party.SYSTEM, Party.ADMIN),
        (G.PENDING, A.CANCEL): step(G.CANCELLED, *_SIDES),
        (G.ACCEPTED, A.CANCEL): step(G.CANCELLED, *_SIDES),
        (G.PAID, A.CANCEL): step(G.CANCELLED, *_SIDES),
        (G.PAID, A.NO_SHOW): step(G.CANCELLED, Party.DRIVER, Party.SYSTEM),
        (G.PAID, A.DRIVER_NO_SHOW): step(G.CANCELLED, Party.PASSENGER),
    },
)

LIVE = frozenset({BookingStatus.PENDING, BookingStatus.ACCEPTED, BookingStatus.PAID})


@dataclass(eq=False)
class AlreadyBooked(Conflict):
    """One live booking per trip and passenger."""


@dataclass(eq=False)
class OwnTrip(Conflict):
    """A driver does not book a seat beside himself."""


@dataclass(eq=False)
class TooManyUnpaidBookings(Conflict):
    """Five unpaid bookings in 24 hours are the limit."""

    limit: int


@dataclass(eq=False)
class NotPayable(Conflict):
    """Only an accepted booking whose hold is alive can be paid."""

    status: str


@dataclass(eq=False)
class BookingTooLate(Conflict):
    """The departure is past, or nobody answered in time."""


@dataclass(eq=False)
class CheckinClosed(Conflict):
    """Check-in is open from two hours before departure to six hours after."""

    opens_at: datetime
    closes_at: datetime


@dataclass(eq=False)
class WrongCheckinCode(OtpInvalid):
    """Neither this booking's QR nor the short code under it."""


@dataclass(eq=False)
class TooManyCheckinTries(RateLimited):
    """Too many wrong codes for this booking."""


@dataclass(slots=True, kw_only=True)
class Booking:
    """`amount_total` = seats × the stretch's price; `fees` is the platform's part of it. Francs.

    `board` and `alight` are the waypoints' orders on the trip; `departure_time` is that at the pickup.
    `qr_code` is an unguessable token that only the passenger sees. `changes` holds what no store has yet kept.
    """

    id: UUID
    trip_id: UUID
    passenger_id: UUID
    seats: int
    board: int
    alight: int
    pickup_stop_id: UUID | None = None
    dropoff_stop_id: UUID | None = None
    departure_time: datetime
    amount_total: int
    fees: int
    currency: str = CURRENCY
    status: BookingStatus = BookingStatus.PENDING
    qr_code: str
    hold_expires_at: datetime | None = None
    paid_at: datetime | None = None
    checked_in_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    cancelled_by: Party | None = None
    cancel_reason: str | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime
    changes: list[Change] = field(default_factory=list)

    @property
    def ride(self) -> Ride:
        """The stretches it takes."""
        return Ride(self.board, self.alight)

    @property
    def stage(self) -> BookingStage:
        """The machine's state."""
        if self.status is not BookingStatus.PAID:
            return BookingStage(self.status)
        if self.started_at is not None:
            return BookingStage.STARTED
        return BookingStage.PAID if self.checked_in_at is None else BookingStage.CHECKED_IN

    def request(self, by: Actor, at: datetime) -> None:
        """Its first line of history."""
        self._note(None, by, at, {"seats": self.seats})

    def accept(self, by: Actor, at: datetime, hold: timedelta) -> None:
        """The driver says yes: the seats wait for the money until the hold ends, at departure at the latest."""
        stage = BOOKING.go(self.stage, BookingAction.ACCEPT, by.party)
        if self.is_overdue(at):
            raise BookingTooLate
        self._hold(stage, by, at, hold)

    def accept_at_once(self, at: datetime, hold: timedelta) -> None:
        """The driver said yes beforehand (`allow_auto_accept`)."""
        self._hold(BookingStage.ACCEPTED, SYSTEM, at, hold, {"automatic": 1})

    def _hold(
        self, stage: BookingStage, by: Actor, at: datetime, hold: timedelta, meta: dict[str, str | int] | None = None
    ) -> None:
        self._become(stage, by, at, meta)
        self.hold_expires_at = min(at + hold, self.departure_time)

    def is_overdue(self, at: datetime) -> bool:
        """Waited too long: for the driver (24 h or departure) or for the money (the hold)."""
        if self.status is BookingStatus.PENDING:
            return at >= min(self.created_at + PENDING_TTL, self.departure_time)
        return self.status is BookingStatus.ACCEPTED and self.hold_expires_at is not None and at >= self.hold_expires_at

    def expire(self, at: datetime) -> None:
        """Nobody answered, or no money came."""
        stage = BOOKING.go(self.stage, BookingAction.EXPIRE, Party.SYSTEM)
        self.cancelled_by, self.cancel_reason = Party.SYSTEM, "expired"
        self._become(stage, SYSTEM, at, {"reason": "expired"})

    def require_payable(self, at: datetime) -> None:
        """Refuse money that would come too early or too late."""
        if self.status is not BookingStatus.ACCEPTED or self.is_overdue(at):
            raise NotPayable(self.status)

    def pay(self, at: datetime) -> None:
        """The money is here."""
        self._become(BOOKING.go(self.stage, BookingAction.PAY, Party.PROVIDER), PROVIDER, at)
        self.paid_at = at
        self.hold_expires_at = None

    def revive(self, at: datetime, hold: timedelta) -> None:
        """Its money came after the hold had ended and the seats are still free: accepted again, about to be paid."""
        self.cancelled_by = self.cancel_reason = None
        self._hold(BookingStage.ACCEPTED, PROVIDER, at, hold, {"reason": "paid_after_expiry"})

    @property
    def was_left_unpaid(self) -> bool:
        """Accepted once and ended because no money came."""
        held = self.hold_expires_at is not None and self.paid_at is None
        return self.status is BookingStatus.CANCELLED and self.cancel_reason == "expired" and held

    def check_in(self, code: str, by: Actor, at: datetime) -> None:
        """The driver reads the passenger's code. Again with the right code changes nothing.

        Raises:
            WrongCheckinCode: another code.
            CheckinClosed: outside the window.
        """
        stage = BOOKING.go(self.stage, BookingAction.CHECKIN, by.party)
        if not code_matches(code, self.qr_code):
            raise WrongCheckinCode
        if self.checked_in_at is not None:
            return
        opens, closes = self.departure_time - CHECKIN_OPENS, self.departure_time + CHECKIN_CLOSES
        if not opens <= at <= closes:
            raise CheckinClosed(opens, closes)
        self.checked_in_at = at
        self._become(stage, by, at)

    def start(self, by: Actor, at: datetime) -> None:
        """The passenger is aboard."""
        stage = BOOKING.go(self.stage, BookingAction.START_RIDE, by.party)
        self.started_at = at
        self._become(stage, by, at)

    def end(self, by: Actor, at: datetime) -> None:
        """The passenger has arrived."""
        stage = BOOKING.go(self.stage, BookingAction.END_RIDE, by.party)
        self.ended_at = at
        self._become(stage, by, at)

    def _become(self, stage: BookingStage, by: Actor, at: datetime, meta: dict[str, str | int] | None = None) -> None:
        before = self.status
        facts = dict(meta or {})
        if stage in (BookingStage.CHECKED_IN, BookingStage.STARTED):
            self.status = BookingStatus.PAID
            facts["stage"] = stage.value
        else:
            self.status = BookingStatus(stage)
        self.updated_at = at
        self._note(before, by, at, facts)

    def _note(self, before: BookingStatus | None, by: Actor, at: datetime, meta: dict[str, str | int]) -> None:
        self.changes.append(Change(before, self.status, by, at, meta))


def short_code(qr_code: str) -> str:
    """The eight characters printed under the QR: 40 bits that follow from its token."""
    digest = hashlib.sha256(f"checkin:{qr_code}".encode()).digest()
    return base64.b32encode(digest[:5]).decode()


def code_matches(code: str, qr_code: str) -> bool:
    """Whether `code` is the QR's token or its short code, whatever its case and spaces."""
    typed = code.replace(" ", "").replace("-", "").upper()
    is_token = hmac.compare_digest(code.strip().encode(errors="replace"), qr_code.encode())
    return is_token | hmac.compare_digest(typed.encode(errors="replace"), short_code(qr_code).encode())


def party_of(user_id: UUID, *, driver_id: UUID, passenger_id: UUID) -> Party | None:
    """Which side of a booking somebody is on, if any."""
    if user_id == driver_id:
        return Party.DRIVER
    return Party.PASSENGER if user_id == passenger_id else None
