"""What promos and referrals ask of their stores, and their reads."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.kernel.ports import Store
from allonova.application.money.promo_views import (
    OwnPromoUse,
    PromoDetail,
    PromoUseView,
    PromoView,
    ReferralSummary,
    ReferralView,
)
from allonova.domain.kernel.errors import DomainError
from allonova.domain.money.promo import PromoCodeTaken, PromoUse
from allonova.domain.money.referral import AlreadyReferred, Referral

REFUSALS: dict[str, type[DomainError]] = {
    "uq_promos_code": PromoCodeTaken,
    "uq_referrals_referee_id": AlreadyReferred,
}


class PromoUseStore(Store[PromoUse], Protocol):
    """Uses of promos."""

    async def count_of(self, promo_id: UUID, user_id: UUID) -> int:
        """How many of a promo somebody has reserved or used; the caller has locked the promo."""


class ReferralStore(Store[Referral], Protocol):
    """Who brought whom."""

    async def introduce(self, referral: Referral) -> None:
        """Keep it in the place of one that waits for the same referee's first ride; one that is over stands."""

    async def withdraw(self, referee_id: UUID) -> None:
        """Forget who brought somebody, unless that is over."""


class PromoQueries(Protocol):
    """Reads of promos and referrals, one round trip each."""

    async def promo(self, id: UUID) -> PromoDetail | None:
        """A promo and how it is used."""

    async def promos(self, query: ListQuery) -> Page[PromoView]:
        """All promos; fields: code, type, status, starts_at, ends_at, uses, created_at."""

    async def uses(self, promo_id: UUID, query: ListQuery) -> Page[PromoUseView]:
        """The uses of a promo; fields: user_id, booking_id, payment_id, status, created_at."""

    async def used_by(self, user_id: UUID) -> list[OwnPromoUse]:
        """All that somebody ever used, the oldest first."""

    async def referrals(self, query: ListQuery) -> Page[ReferralView]:
        """All referrals; fields: referrer_id, referee_id, status, earned_at, created_at."""

    async def referred(self, user_id: UUID) -> ReferralSummary:
        """Whom somebody has brought, and how he came."""
