"""Promos, their uses, and who brought whom, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.identity import USERS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.money.tables import PROMO_USES, PROMOS, REFERRALS
from allonova.adapters.memory.store import MemoryStore, Rows, Transaction, stored
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.money.promo_ports import PromoQueries
from allonova.application.money.promo_views import (
    OwnPromoUse,
    PromoDetail,
    PromoTotals,
    PromoUseView,
    PromoView,
    ReferralSummary,
    ReferralView,
    own_referral,
    promo_use_view,
    promo_view,
    referral_view,
)
from allonova.domain.money.promo import PromoUse, UseStatus
from allonova.domain.money.referral import Referral, ReferralStatus


def _fields(*names: str) -> Mapping[str, Callable[[Any], Any]]:
    return {name: attrgetter(name) for name in names}


PROMO_FIELDS = _fields("id", "code", "type", "status", "starts_at", "ends_at", "uses", "created_at")
USE_FIELDS = _fields("id", "user_id", "booking_id", "payment_id", "status", "created_at")
REFERRAL_FIELDS = _fields("id", "referrer_id", "referee_id", "status", "earned_at", "created_at")


class MemoryPromoUses(MemoryStore[PromoUse]):
    """Uses of promos."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, PROMO_USES)

    async def count_of(self, promo_id: UUID, user_id: UUID) -> int:
        """See PromoUseStore."""
        return sum(use.counts for use in self._rows().values() if (use.promo_id, use.user_id) == (promo_id, user_id))


class MemoryReferrals(MemoryStore[Referral]):
    """Who brought whom."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, REFERRALS)

    async def introduce(self, referral: Referral) -> None:
        """See ReferralStore."""
        standing = await self.find(referee_id=referral.referee_id)
        if standing is None:
            await self.add(referral)
        elif standing.status is ReferralStatus.PENDING:
            again = replace(standing, referrer_id=referral.referrer_id, updated_at=referral.updated_at)
            await self.save(again)

    async def withdraw(self, referee_id: UUID) -> None:
        """See ReferralStore."""
        standing = await self.find(referee_id=referee_id)
        if standing is not None and standing.status is ReferralStatus.PENDING:
            self._transaction.remove(REFERRALS, standing.id)


class MemoryPromoQueries:
    """See PromoQueries."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def promo(self, id: UUID) -> PromoDetail | None:
        """See PromoQueries."""
        promo = self._source.rows(PROMOS).get(id)
        if promo is None:
            return None
        uses = [use for use in self._source.rows(PROMO_USES).values() if use.promo_id == id]
        by_status = Counter(use.status for use in uses)
        totals = PromoTotals(
            reserved=by_status[UseStatus.RESERVED],
            used=by_status[UseStatus.USED],
            released=by_status[UseStatus.RELEASED],
            discount=sum(use.discount for use in uses if use.status is UseStatus.USED),
        )
        return PromoDetail(promo=promo_view(promo), totals=totals)

    async def promos(self, query: ListQuery) -> Page[PromoView]:
        """See PromoQueries."""
        return listed(self._source.rows(PROMOS).values(), query, fields=PROMO_FIELDS, show=promo_view)

    async def uses(self, promo_id: UUID, query: ListQuery) -> Page[PromoUseView]:
        """See PromoQueries."""
        rows = [use for use in self._source.rows(PROMO_USES).values() if use.promo_id == promo_id]
        return listed(rows, query, fields=USE_FIELDS, show=promo_use_view)

    async def used_by(self, user_id: UUID) -> list[OwnPromoUse]:
        """See PromoQueries."""
        mine = [use for use in self._source.rows(PROMO_USES).values() if use.user_id == user_id]
        return [
            OwnPromoUse(
                code=self._source.rows(PROMOS)[use.promo_id].code,
                booking_id=use.booking_id,
                discount=use.discount,
                status=use.status,
                created_at=use.created_at,
            )
            for use in sorted(mine, key=attrgetter("created_at", "id"))
        ]

    async def referrals(self, query: ListQuery) -> Page[ReferralView]:
        """See PromoQueries."""
        return listed(self._source.rows(REFERRALS).values(), query, fields=REFERRAL_FIELDS, show=referral_view)

    async def referred(self, user_id: UUID) -> ReferralSummary:
        """See PromoQueries."""
        everybody = self._source.rows(REFERRALS).values()
        mine = [referral for referral in everybody if referral.referrer_id == user_id]
        by_status = Counter(referral.status for referral in mine)
        own = next((stored(referral) for referral in everybody if referral.referee_id == user_id), None)
        me = self._source.rows(USERS).get(user_id)
        return ReferralSummary(
            code=me.referral_code if me else None,
            count=len(mine) - by_status[ReferralStatus.VOID],
            pending=by_status[ReferralStatus.PENDING],
            earned=by_status[ReferralStatus.EARNED],
            bonus_total=sum(referral.bonus_referrer for referral in mine),
            brought=None if own is None else own_referral(own),
        )


def _conforms(queries: MemoryPromoQueries) -> PromoQueries:
    return queries
