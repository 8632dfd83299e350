"""Who brought whom, and what both get for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import Conflict, FieldError, RateLimited, ValidationError
from allonova.domain.kernel.machine import Machine, Party, step
from allonova.domain.money.journal import PROMO_EXPENSE, Entry, EntryKind, move, wallet
from allonova.domain.money.movements import about

REFERRAL_WINDOW = timedelta(days=7)  # allocar.md: a code is taken within 7 days of registering


class ReferralStatus(StrEnum):
    """Of one referral."""

    PENDING = "pending"
    EARNED = "earned"
    VOID = "void"


class ReferralAction(StrEnum):
    """What becomes of a referral."""

    EARN = "earn"
    CANCEL = "void"


S, A = ReferralStatus, ReferralAction

# money.md: referrals `pending|earned|void`. What was earned stands in two wallets, and is not taken out of them.
REFERRAL = Machine[ReferralStatus, ReferralAction](
    "referral",
    S.PENDING,
    {
        (S.PENDING, A.EARN): step(S.EARNED, Party.SYSTEM),
        (S.PENDING, A.CANCEL): step(S.VOID, Party.ADMIN),
    },
)


class ReferralReason(StrEnum):
    """Why a code brings nothing."""

    UNKNOWN = "unknown"
    OWN = "own"
    TOO_LATE = "too_late"
    NEWER = "newer"


@dataclass(eq=False)
class ReferralRefused(ValidationError):
    """Nobody can be thanked by this code; `reason` says why."""

    reason: str = ""

    @classmethod
    def because(cls, reason: ReferralReason) -> ReferralRefused:
        """The refusal of the body's `code`."""
        return cls((FieldError("code", reason.value, "the code brings nothing here"),), reason.value)


@dataclass(eq=False)
class AlreadyReferred(Conflict):
    """Somebody brought this person before."""


@dataclass(eq=False)
class TooManyReferralTries(RateLimited):
    """Whoever tries so many codes guesses."""


@dataclass(slots=True, kw_only=True)
class Referral:
    """`referrer` brought `referee`, who is brought once. The bonuses are those of the day on which they are earned, by
    the ride of `booking_id`.
    """

    id: UUID
    referrer_id: UUID
    referee_id: UUID
    bonus_referrer: int = 0
    bonus_referee: int = 0
    status: ReferralStatus = ReferralStatus.PENDING
    booking_id: UUID | None = None
    earned_at: datetime | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def earn(self, *, bonus_referrer: int, bonus_referee: int, booking_id: UUID, at: datetime) -> None:
        """The referee has completed a ride."""
        self.status = REFERRAL.go(self.status, ReferralAction.EARN, Party.SYSTEM)
        self.bonus_referrer, self.bonus_referee = bonus_referrer, bonus_referee
        self.booking_id = booking_id
        self.earned_at = self.updated_at = at

    def void(self, by: Actor, at: datetime) -> None:
        """Nothing will be earned."""
        self.status = REFERRAL.go(self.status, ReferralAction.CANCEL, by.party)
        self.updated_at = at

    def shares(self) -> tuple[tuple[UUID, int], ...]:
        """Who gets how much, in the order in which wallets are locked; who gets nothing is left out."""
        both = ((self.referrer_id, self.bonus_referrer), (self.referee_id, self.bonus_referee))
        return tuple(sorted((owner, bonus) for owner, bonus in both if bonus))


def refusal_of(referrer: User | None, referee: User, at: datetime) -> ReferralReason | None:
    """Why somebody's code brings nothing to somebody; None when it does. Who brings another was there before him."""
    if referrer is None or not referrer.is_active:
        return ReferralReason.UNKNOWN
    if referrer.id == referee.id:
        return ReferralReason.OWN
    if at >= referee.created_at + REFERRAL_WINDOW:
        return ReferralReason.TOO_LATE
    return ReferralReason.NEWER if referrer.created_at >= referee.created_at else None


def referral_bonus(entry_id: UUID, referral: Referral, at: datetime) -> Entry:
    """Both bonuses, out of what we spend on promotion."""
    postings = move(PROMO_EXPENSE, *((wallet(owner), bonus) for owner, bonus in referral.shares()))
    return about("referral", referral.id, entry_id, EntryKind.REFERRAL_BONUS, postings, at)
