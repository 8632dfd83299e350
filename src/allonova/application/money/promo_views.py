"""What promos and referrals show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.domain.money.promo import Promo, PromoStatus, PromoType, PromoUse, UseStatus
from allonova.domain.money.referral import Referral, ReferralStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoQuote:
    """What a code gives for a booking, in francs; `reason` says why it gives nothing."""

    valid: bool
    discount: int
    amount_after: int
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoView:
    """A promo, to the back office. `value` is francs or a percentage; `uses` counts what is reserved or used. Without
    `max_uses`, `per_user_limit` or `ends_at` there is no such bound.
    """

    id: UUID
    code: str
    type: PromoType
    value: int
    max_uses: int | None
    per_user_limit: int | None
    starts_at: datetime
    ends_at: datetime | None
    status: PromoStatus
    uses: int
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoTotals:
    """How a promo is used: by payments under way, paid, come to nothing; and what it has given, in francs."""

    reserved: int
    used: int
    released: int
    discount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoDetail:
    """A promo and how it is used."""

    promo: PromoView
    totals: PromoTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoUseView:
    """One use of a promo. Francs."""

    id: UUID
    user_id: UUID
    payment_id: UUID
    booking_id: UUID
    discount: int
    status: UseStatus
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPromoUse:
    """A promo that one has used. Francs."""

    code: str
    booking_id: UUID
    discount: int
    status: UseStatus
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReferral:
    """That somebody brought oneself; `bonus` is what one got for it, in francs."""

    status: ReferralStatus
    bonus: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralSummary:
    """Whom one has brought: how many, how many of them wait for their first ride, for how many one has earned a bonus,
    and the sum in francs. `brought` is how one came oneself.
    """

    code: str | None
    count: int
    pending: int
    earned: int
    bonus_total: int
    brought: OwnReferral | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralView:
    """Who brought whom, to the back office. Francs; `booking_id` is the ride that earned them."""

    id: UUID
    referrer_id: UUID
    referee_id: UUID
    bonus_referrer: int
    bonus_referee: int
    status: ReferralStatus
    booking_id: UUID | None
    earned_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


def promo_view(promo: Promo) -> PromoView:
    """A promo as the back office sees it."""
    return PromoView(
        id=promo.id,
        code=promo.code,
        type=promo.type,
        value=promo.value,
        max_uses=promo.max_uses,
        per_user_limit=promo.per_user_limit,
        starts_at=promo.starts_at,
        ends_at=promo.ends_at,
        status=promo.status,
        uses=promo.uses,
        version=promo.version,
        created_at=promo.created_at,
        updated_at=promo.updated_at,
    )


def promo_use_view(use: PromoUse) -> PromoUseView:
    """A use as the back office sees it."""
    return PromoUseView(
        id=use.id,
        user_id=use.user_id,
        payment_id=use.payment_id,
        booking_id=use.booking_id,
        discount=use.discount,
        status=use.status,
        created_at=use.created_at,
        updated_at=use.updated_at,
    )


def own_referral(referral: Referral) -> OwnReferral:
    """How somebody came, to himself."""
    return OwnReferral(status=referral.status, bonus=referral.bonus_referee, created_at=referral.created_at)


def referral_view(referral: Referral) -> ReferralView:
    """A referral as the back office sees it."""
    return ReferralView(
        id=referral.id,
        referrer_id=referral.referrer_id,
        referee_id=referral.referee_id,
        bonus_referrer=referral.bonus_referrer,
        bonus_referee=referral.bonus_referee,
        status=referral.status,
        booking_id=referral.booking_id,
        earned_at=referral.earned_at,
        version=referral.version,
        created_at=referral.created_at,
        updated_at=referral.updated_at,
    )
