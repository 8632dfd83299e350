"""A passenger's seats on a stretch of a trip, from the wish to the arrival."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from allonova.domain.carpool.rules import (
    ANSWER_TTL,
    CHECKIN_CLOSES,
    CHECKIN_OPENS,
    DRIVER_NO_SHOW_AFTER,
    NO_SHOW_AFTER,
    PENDING_TTL,
)
from allonova.domain.carpool.seats import Ride
from allonova.domain.kernel.changes import PROVIDER, SYSTEM, Actor, Change
from allonova.domain.kernel.errors import Conflict, Forbidden, InvalidTransition, OtpInvalid, RateLimited
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

# allocar.md, Bookings. `expire` from accepted is the end of the hold. `no-show` by the system is the job's: with a fee
# when the driver rode without this passenger, without one when nobody said a word. The system also cancels what a
# provider took back.
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
        (G.PAID, A.CANCEL): step(G.CANCELLED, *_SIDES, Party.SYSTEM),
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
class TooEarly(Conflict):
    """This can be said later: nobody is late yet."""

    opens_at: datetime


@dataclass(eq=False)
class NothingToContest(Conflict):
    """No passenger says that the driver did not come, or the time for an answer is over."""


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

    `board` and `alight` are the waypoints' orders on the trip; `departure_time` is that at the pickup, and the texts
    are what the places were called when the booking was made. `qr_code` is an unguessable token that only the
    passenger sees. `asked_at` is when the sides were asked whether the ride took place; while `is_frozen` the booking
    is over, but its money waits for the driver's word. `changes` holds what no store has yet kept.
    """

    id: UUID
    trip_id: UUID
    passenger_id: UUID
    seats: int
    board: int
    alight: int
    pickup_stop_id: UUID | None = None
    dropoff_stop_id: UUID | None = None
    pickup_text: str
    dropoff_text: str
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
    cancel_fee: int | None = None
    cancel_refund: int | None = None
    asked_at: datetime | None = None
    contested_at: datetime | None = None
    is_frozen: bool = False
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
        self._end(BookingAction.EXPIRE, SYSTEM, at, "expired")

    def reject(self, by: Actor, at: datetime) -> None:
        """The driver says no."""
        self._end(BookingAction.REJECT, by, at, "rejected")

    def cancel(self, by: Actor, at: datetime, reason: str, *, fee: int = 0) -> None:
        """A side does not want it any more; `fee` francs are what the passenger loses of what he paid. A side's own
        words stay out of the history, which nobody can erase.
        """
        noted = "cancelled" if by.party in (Party.PASSENGER, Party.DRIVER) else reason
        self._end(BookingAction.CANCEL, by, at, reason, fee=fee, noted=noted)

    def no_show(self, by: Actor, at: datetime, *, fee: int) -> None:
        """The passenger did not come. The driver may say so from half an hour after departure on.

        Raises:
            TooEarly: for the driver's word.
        """
        BOOKING.go(self.stage, BookingAction.NO_SHOW, by.party)
        if by.party is Party.DRIVER:
            _require_since(self.departure_time + NO_SHOW_AFTER, at)
        self._end(BookingAction.NO_SHOW, by, at, "no_show", fee=fee)

    def driver_no_show(self, by: Actor, at: datetime) -> None:
        """The passenger says that no driver came: the booking ends, its money waits for the driver's word.

        Raises:
            TooEarly: before a quarter of an hour after departure.
        """
        BOOKING.go(self.stage, BookingAction.DRIVER_NO_SHOW, by.party)
        _require_since(self.departure_time + DRIVER_NO_SHOW_AFTER, at)
        self._end(BookingAction.DRIVER_NO_SHOW, by, at, "driver_no_show")
        self.asked_at, self.is_frozen = at, True

    def ask(self, at: datetime) -> None:
        """Nobody checked in and nothing shows whose fault it was: both sides are asked."""
        self.asked_at = self.updated_at = at
        self._note(self.status, SYSTEM, at, {"reason": "asked"})

    def contest(self, by: Actor, at: datetime) -> None:
        """The driver says that he was there: the money waits for the back office.

        Raises:
            NothingToContest: no passenger says otherwise, or the time for an answer is over.
        """
        if by.party is not Party.DRIVER:
            raise Forbidden
        if not self.is_frozen or self.is_unanswered(at):
            raise NothingToContest
        if self.contested_at is None:
            self.contested_at = self.updated_at = at
            self._note(self.status, by, at, {"reason": "contested"})

    def is_unanswered(self, at: datetime) -> bool:
        """Whether the driver was asked and let the time for his word pass."""
        return self.asked_at is not None and self.contested_at is None and at >= self.asked_at + ANSWER_TTL

    def give_back(self, at: datetime) -> None:
        """No word from the driver: the passenger gets everything back."""
        if self.status is BookingStatus.PAID:
            self._end(BookingAction.NO_SHOW, SYSTEM, at, "unconfirmed")
        else:
            self._note(self.status, SYSTEM, at, {"reason": "unanswered"})
        self.is_frozen, self.updated_at = False, at

    @property
    def in_escrow(self) -> int:
        """Francs of its fare that nobody has been given yet."""
        return self.amount_total if self.status is BookingStatus.PAID or self.is_frozen else 0

    @property
    def is_contested(self) -> bool:
        """Whether its money waits for the back office: the sides say otherwise of the ride."""
        return self.is_frozen and self.contested_at is not None

    def arbitrate(self, by: Actor, at: datetime, reason: str, *, fee: int) -> None:
        """The sides say otherwise of a ride that was given up: the back office decides who gets its money.

        Raises:
            InvalidTransition: no money waits for that.
        """
        if by.party is not Party.ADMIN:
            raise Forbidden
        if not self.is_frozen:
            raise InvalidTransition(from_=self.stage, to=BookingStage.CANCELLED)
        self.is_frozen, self.cancel_fee, self.cancel_reason, self.updated_at = False, fee, reason, at
        self._note(self.status, by, at, {"reason": reason, "fee": fee})

    def _end(
        self, action: BookingAction, by: Actor, at: datetime, reason: str, *, fee: int = 0, noted: str | None = None
    ) -> None:
        stage = BOOKING.go(self.stage, action, by.party)
        facts: dict[str, str | int] = {"reason": noted or reason}
        if self.paid_at is not None:
            self.cancel_fee = facts["fee"] = fee
        self.cancelled_by, self.cancel_reason = by.party, reason
        self._become(stage, by, at, facts)

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
        opens = self.departure_time - CHECKIN_OPENS
        if not opens <= at <= self.checkin_closes_at:
            raise CheckinClosed(opens, self.checkin_closes_at)
        self.checked_in_at = at
        self._become(stage, by, at)

    @property
    def checkin_closes_at(self) -> datetime:
        """Who has not checked in by then did not ride, as far as we know."""
        return self.departure_time + CHECKIN_CLOSES

    def start(self, by: Actor, at: datetime) -> None:
        """The passenger is aboard."""
        stage = BOOKING.go(self.stage, BookingAction.START_RIDE, by.party)
        self.started_at = at
        self._become(stage, by, at)

    def end(self, by: Actor, at: datetime) -> None:
        """The passenger has arrived."""
        self._complete(BookingAction.END_RIDE, by, at)

    def complete(self, by: Actor, at: datetime) -> None:
        """Nobody said so, but the ride is long over."""
        self._complete(BookingAction.COMPLETE, by, at, {"automatic": 1} if by.party is Party.SYSTEM else None)

    def _complete(
        self, action: BookingAction, by: Actor, at: datetime, meta: dict[str, str | int] | None = None
    ) -> None:
        stage = BOOKING.go(self.stage, action, by.party)
        self.ended_at = at
        self._become(stage, by, at, meta)

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


def _require_since(opens_at: datetime, at: datetime) -> None:
    if at < opens_at:
        raise TooEarly(opens_at)


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
