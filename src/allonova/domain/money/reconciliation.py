"""Our payments, refunds and payouts beside what their providers say of them (money.md, Payments)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from allonova.domain.money.payment import Method
from allonova.domain.money.refund import RefundCause

WINDOW = timedelta(days=3)  # what ended longer ago is not asked about again, unless it differs
STARTS_AT = timedelta(hours=2)  # after midnight in Abidjan, which is UTC
RETRY_AFTER = timedelta(days=1)  # what has stood still for so long is set going again
SAYS_REFUNDS = frozenset({Method.MTN, Method.CARD})
"""Who can be asked about a refund; Wave can only be asked to make it, and Orange has none."""
OURS = frozenset({RefundCause.SEATS_GONE, RefundCause.CANCELLED, RefundCause.ADMIN})
"""Causes of refunds that we ask for; the others are the provider's own doing."""
SHOWN_FAULTS = 100


class DifferenceKind(StrEnum):
    """What does not agree."""

    PAID_THERE = "paid_there"
    NOT_PAID_THERE = "not_paid_there"
    AMOUNT_DIFFERS = "amount_differs"
    REFUND_DIFFERS = "refund_differs"
    PAYOUT_DIFFERS = "payout_differs"


class Subject(StrEnum):
    """What a difference is about."""

    PAYMENT = "payment"
    REFUND = "refund"
    PAYOUT = "payout"


class DifferenceStatus(StrEnum):
    """Whether it still stands."""

    OPEN = "open"
    CLOSED = "closed"


class Resolution(StrEnum):
    """How it ended: our books took the provider's word in at once, or a later run found both agreed."""

    MENDED = "mended"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A difference, as one look found it: two words and two sums, None where a side names none."""

    kind: DifferenceKind
    ours: str
    theirs: str
    our_amount: int | None = None
    their_amount: int | None = None
    is_mended: bool = False


@dataclass(slots=True, kw_only=True)
class Difference:
    """One for each object and kind while it stands."""

    id: UUID
    kind: DifferenceKind
    subject: Subject
    subject_id: UUID
    provider: str
    ours: str
    theirs: str
    our_amount: int | None = None
    their_amount: int | None = None
    status: DifferenceStatus = DifferenceStatus.OPEN
    resolution: Resolution | None = None
    closed_at: datetime | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def close(self, at: datetime) -> None:
        """Both sides agree by now."""
        self.status, self.resolution = DifferenceStatus.CLOSED, Resolution.GONE
        self.closed_at = self.updated_at = at


@dataclass(slots=True, kw_only=True)
class Reconciliation:
    """A day's run. `asked` counts what providers were asked about, `unanswered` what they did not answer for;
    `differences` is what was found anew, `settled` how many of them were mended at once.
    """

    id: UUID
    tick: str
    started_at: datetime
    finished_at: datetime | None = None
    asked: int = 0
    unanswered: int = 0
    settled: int = 0
    differences: int = 0
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def count(self, tally: Tally, at: datetime) -> None:
        """Add what one look came to."""
        self.asked += tally.asked
        self.unanswered += tally.unanswered
        self.settled += tally.settled
        self.differences += tally.differences
        self.updated_at = at

    def finish(self, at: datetime) -> None:
        """Everything was asked about."""
        self.finished_at = self.updated_at = at


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one look, or several, came to; see Reconciliation."""

    asked: int = 1
    unanswered: int = 0
    settled: int = 0
    differences: int = 0


UNANSWERED = Tally(unanswered=1)


@dataclass(slots=True, kw_only=True)
class BooksCheck:
    """A night's proof of the books: how many faults, and the first of them."""

    id: UUID
    tick: str
    entries: int
    postings: int
    fault_count: int
    faults: list[str] = field(default_factory=list)
    version: int = 1
    created_at: datetime
    updated_at: datetime


def day_of(now: datetime) -> date:
    """The day whose run is due."""
    return (now - STARTS_AT).date()
