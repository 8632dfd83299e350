"""A side of a booking complains of it: what for, with what evidence, and how the back office decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import Conflict, FieldError, Forbidden, ValidationError
from allonova.domain.kernel.machine import Machine, Party, step

DISPUTE_WINDOW = timedelta(days=30)  # after the ride, as long as its two sides may write to each other
MAX_DESCRIPTION = 4_000
MAX_NOTE = 2_000
MAX_RESOLUTION = 4_000
MAX_EVIDENCE = 10  # of each side


class DisputeCategory(StrEnum):
    """What it is about."""

    PAYMENT = "payment"
    BEHAVIOUR = "behaviour"
    NO_SHOW = "no_show"
    SAFETY = "safety"
    LOST_ITEM = "lost_item"
    OTHER = "other"


class DisputeStatus(StrEnum):
    """Of a dispute."""

    OPEN = "open"
    IN_REVIEW = "in_review"
    RESOLVED = "resolved"
    REJECTED = "rejected"


class DisputeAction(StrEnum):
    """What the back office does with a dispute."""

    REVIEW = "review"
    RESOLVE = "resolve"
    REJECT = "reject"


S, A = DisputeStatus, DisputeAction

# allocar.md, Chat, ratings, disputes: open → in_review → resolved | rejected.
DISPUTE = Machine[DisputeStatus, DisputeAction](
    "dispute",
    S.OPEN,
    {
        (S.OPEN, A.REVIEW): step(S.IN_REVIEW, Party.ADMIN),
        (S.IN_REVIEW, A.RESOLVE): step(S.RESOLVED, Party.ADMIN),
        (S.IN_REVIEW, A.REJECT): step(S.REJECTED, Party.ADMIN),
    },
)

UNDECIDED = frozenset({DisputeStatus.OPEN, DisputeStatus.IN_REVIEW})
"""They keep the booking's money from moving."""

TOLD = frozenset({DisputeCategory.PAYMENT, DisputeCategory.NO_SHOW, DisputeCategory.LOST_ITEM})
"""What the other side must know to answer it. Who complains of conduct or danger is not read by him whom he fears."""


@dataclass(eq=False)
class NothingToDispute(Conflict):
    """Nobody was promised anything: the booking was never accepted."""


@dataclass(eq=False)
class DisputeTooLate(Conflict):
    """Thirty days after the ride nothing can be disputed any more."""

    closed_at: datetime


@dataclass(eq=False)
class AlreadyDisputed(Conflict):
    """What the same side said of the same booking is not decided yet."""


@dataclass(eq=False)
class DisputeDecided(Conflict):
    """It is over: nothing is added any more."""

    status: str


@dataclass(eq=False)
class TooMuchEvidence(Conflict):
    """Each side gives so much, and no more."""

    limit: int


@dataclass(eq=False)
class BookingDisputed(Conflict):
    """A dispute about this booking is not decided: its money stays where it is."""


@dataclass(eq=False)
class RefundBeyondRole(Forbidden):
    """Who may not move money may give back so much of a booking, all that was given back of it counted together."""

    limit: int


@dataclass(slots=True, kw_only=True)
class Dispute:
    """`opened_by` is one side of the booking, `party` which one, `other_id` the other. An erased writer's description
    is gone. `refund_amount` francs went back by its resolution, as the refund `refund_id`.
    """

    id: UUID
    booking_id: UUID
    opened_by: UUID
    other_id: UUID
    party: Party
    category: DisputeCategory
    description: str | None
    status: DisputeStatus = DisputeStatus.OPEN
    resolution: str | None = None
    refund_amount: int | None = None
    refund_id: UUID | None = None
    resolved_by: UUID | None = None
    resolved_at: datetime | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision."""
        return self.status in UNDECIDED

    def has(self, user_id: UUID) -> bool:
        """Whether somebody is one of its two sides."""
        return user_id in (self.opened_by, self.other_id)

    def description_for(self, user_id: UUID) -> str | None:
        """Its words: to who wrote them, and to the other side as far as that side has to answer them."""
        return self.description if user_id == self.opened_by or self.category in TOLD else None

    def require_open(self) -> None:
        """Raises DisputeDecided."""
        if not self.is_open:
            raise DisputeDecided(self.status)

    def review(self, by: Actor, at: datetime) -> None:
        """Somebody looks at it."""
        self.status, self.updated_at = DISPUTE.go(self.status, DisputeAction.REVIEW, by.party), at

    def resolve(self, by: Actor, at: datetime, resolution: str) -> None:
        """Whoever complained is right, at least in part; both sides read why."""
        self._end(DisputeAction.RESOLVE, by, at, resolution)

    def reject(self, by: Actor, at: datetime, resolution: str) -> None:
        """He is not; both sides read why."""
        self._end(DisputeAction.REJECT, by, at, resolution)

    def gave_back(self, amount: int, refund_id: UUID) -> None:
        """Its resolution ordered a refund."""
        self.refund_amount, self.refund_id = amount, refund_id

    def _end(self, action: DisputeAction, by: Actor, at: datetime, resolution: str) -> None:
        self.status = DISPUTE.go(self.status, action, by.party)
        self.resolution, self.resolved_by = resolution, by.id
        self.resolved_at = self.updated_at = at


@dataclass(slots=True, kw_only=True)
class Evidence:
    """What a side of a dispute says or shows: words, a file, or both. An erased giver's are gone."""

    id: UUID
    dispute_id: UUID
    user_id: UUID
    object_key: str | None = None
    note: str | None = None
    version: int = 1
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the back office makes of a dispute."""

    status: DisputeStatus
    resolution: str | None = None
    refund_amount: int | None = None

    def __post_init__(self) -> None:
        """An end needs words, and only a resolution gives money back. Raises ValidationError."""
        is_end = self.status in (DisputeStatus.RESOLVED, DisputeStatus.REJECTED)
        if is_end and self.resolution is None:
            raise ValidationError((FieldError("resolution", "missing", "both sides read why"),))
        if not is_end and self.resolution is not None:
            raise ValidationError((FieldError("resolution", "not_yet", "it is not decided with this"),))
        if self.refund_amount and self.status is not DisputeStatus.RESOLVED:
            raise ValidationError((FieldError("refund_amount", "not_resolved", "only a resolution gives money back"),))


def require_disputable(booking: Booking, trip: Trip, at: datetime) -> None:
    """Whether a side may still complain.

    Raises:
        NothingToDispute: the booking was never accepted.
        DisputeTooLate: the ride ended more than thirty days ago.
    """
    if booking.hold_expires_at is None and booking.paid_at is None:
        raise NothingToDispute
    closed_at = (booking.ended_at or trip.arrival_eta) + DISPUTE_WINDOW
    if at >= closed_at:
        raise DisputeTooLate(closed_at)
