"""Codes that make a ride cheaper, and who has used them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import Conflict, FieldError, RateLimited, ValidationError
from allonova.domain.kernel.money import MAX_AMOUNT_XOF, percent_of

MAX_PERCENT = 100
MAX_USES = 1_000_000
LIMITS = ("max_uses", "per_user_limit")


class PromoType(StrEnum):
    """What `value` is: francs, or a percentage of the fare."""

    AMOUNT = "amount"
    PERCENT = "percent"


class PromoStatus(StrEnum):
    """Whether it is switched on."""

    ACTIVE = "active"
    INACTIVE = "inactive"


class PromoReason(StrEnum):
    """Why a code gives nothing."""

    UNKNOWN = "unknown"
    INACTIVE = "inactive"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    EXHAUSTED = "exhausted"
    USED_UP = "used_up"
    NOT_PAYABLE = "not_payable"


@dataclass(eq=False)
class PromoRefused(ValidationError):
    """The code gives nothing for this payment; `reason` says why."""

    reason: str = ""

    @classmethod
    def because(cls, reason: PromoReason) -> PromoRefused:
        """The refusal of the body's `promo_code`."""
        return cls((FieldError("promo_code", reason.value, "the code gives nothing here"),), reason.value)


@dataclass(eq=False)
class PromoCodeTaken(Conflict):
    """There is a promo with this code."""


@dataclass(eq=False)
class TooManyPromoTries(RateLimited):
    """Whoever tries so many codes guesses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoChange:
    """What the back office says otherwise. None leaves a field as it is; 0 takes a limit away, `never_ends` the end."""

    type: PromoType | None = None
    value: int | None = None
    max_uses: int | None = None
    per_user_limit: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    never_ends: bool = False
    status: PromoStatus | None = None


@dataclass(slots=True, kw_only=True)
class Promo:
    """`code` is kept in capitals and never changes. `uses` counts those that are reserved or used; its row is the lock
    over them. Without `max_uses`, `per_user_limit` or `ends_at` there is no such bound.
    """

    id: UUID
    code: str
    type: PromoType
    value: int
    max_uses: int | None = None
    per_user_limit: int | None = 1
    starts_at: datetime
    ends_at: datetime | None = None
    status: PromoStatus = PromoStatus.ACTIVE
    uses: int = 0
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def refusal(self, *, used_by_payer: int, at: datetime) -> PromoReason | None:
        """Why it gives nothing to somebody who has `used_by_payer` uses of it; None when it does."""
        if self.status is not PromoStatus.ACTIVE:
            return PromoReason.INACTIVE
        if at < self.starts_at:
            return PromoReason.NOT_STARTED
        if self.ends_at is not None and at >= self.ends_at:
            return PromoReason.ENDED
        return self.shortage(used_by_payer=used_by_payer)

    def shortage(self, *, used_by_payer: int) -> PromoReason | None:
        """The same for somebody who was in time once: whether there is one left for him."""
        if self.status is not PromoStatus.ACTIVE:
            return PromoReason.INACTIVE
        if self.max_uses is not None and self.uses >= self.max_uses:
            return PromoReason.EXHAUSTED
        if self.per_user_limit is not None and used_by_payer >= self.per_user_limit:
            return PromoReason.USED_UP
        return None

    def discount_of(self, fare: int) -> int:
        """What it gives of a fare: at least a franc, at most the whole of it; a percentage is rounded half up."""
        given = self.value if self.type is PromoType.AMOUNT else percent_of(fare, self.value)
        return min(max(given, 1), fare)

    def take(self, at: datetime) -> None:
        """One more use."""
        self.uses += 1
        self.updated_at = at

    def give_back(self, at: datetime) -> None:
        """One use less. Raises ValueError when there is none."""
        if self.uses == 0:
            raise ValueError("nobody has used it")
        self.uses -= 1
        self.updated_at = at

    def change(self, change: PromoChange, at: datetime) -> frozenset[str]:
        """Take over what is said otherwise; the names of what changed. Raises ValidationError for what does not fit."""
        before = {name.name: getattr(self, name.name) for name in fields(change) if name.name != "never_ends"}
        for name in before:
            wanted = getattr(change, name)
            if wanted is not None:
                setattr(self, name, None if name in LIMITS and wanted == 0 else wanted)
        if change.never_ends:
            self.ends_at = None
        self.require_sound()
        changed = frozenset(name for name, value in before.items() if getattr(self, name) != value)
        if changed:
            self.updated_at = at
        return changed

    def require_sound(self) -> None:
        """Raise ValidationError for a value, a limit or a period that means nothing."""
        top = MAX_PERCENT if self.type is PromoType.PERCENT else MAX_AMOUNT_XOF
        if not 1 <= self.value <= top:
            raise ValidationError((FieldError("value", "out_of_range", f"1 to {top}"),))
        for name in LIMITS:
            limit = getattr(self, name)
            if limit is not None and not 1 <= limit <= MAX_USES:
                raise ValidationError((FieldError(name, "out_of_range", f"1 to {MAX_USES}"),))
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValidationError((FieldError("ends_at", "too_early", "after starts_at"),))


class UseStatus(StrEnum):
    """Of one use: while its payment is open, once it is paid, and when the discount came to nothing."""

    RESERVED = "reserved"
    USED = "used"
    RELEASED = "released"


@dataclass(slots=True, kw_only=True)
class PromoUse:
    """What a promo gives to a payment; one for each payment. Whoever changes it holds the payment's lock, and the
    promo's where the number of uses changes.
    """

    id: UUID
    promo_id: UUID
    user_id: UUID
    payment_id: UUID
    booking_id: UUID
    discount: int
    status: UseStatus = UseStatus.RESERVED
    version: int = 1
    created_at: datetime
    updated_at: datetime

    @property
    def counts(self) -> bool:
        """Whether it is one of the promo's uses."""
        return self.status is not UseStatus.RELEASED

    def become(self, status: UseStatus, at: datetime) -> None:
        """From now on."""
        self.status, self.updated_at = status, at
