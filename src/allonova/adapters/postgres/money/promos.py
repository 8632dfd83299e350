"""Promos, their uses, and who brought whom."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, func, select

from allonova.adapters.postgres.lists import Listing, LongListing
from allonova.adapters.postgres.money.promo_tables import PROMO_USES, PROMOS, REFERRALS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.money.promo_ports import REFUSALS, PromoQueries
from allonova.application.money.promo_views import (
    OwnPromoUse,
    OwnReferral,
    PromoDetail,
    PromoTotals,
    PromoUseView,
    PromoView,
    ReferralSummary,
    ReferralView,
    promo_use_view,
    promo_view,
    referral_view,
)
from allonova.domain.money.promo import Promo, PromoUse, UseStatus
from allonova.domain.money.referral import Referral, ReferralStatus

PROMO_SHELF = Shelf(RowMapper(Promo, PROMOS), REFUSALS)
USE_SHELF = Shelf(RowMapper(PromoUse, PROMO_USES), REFUSALS)
REFERRAL_SHELF = Shelf(RowMapper(Referral, REFERRALS), REFUSALS)

_read_promo = PROMO_SHELF.mapper.reader()
_read_use = USE_SHELF.mapper.reader()
_read_referral = REFERRAL_SHELF.mapper.reader()

_COUNT_OF = """
SELECT count(*) FROM carpool.promo_uses
WHERE promo_id = $1::uuid AND user_id = $2::uuid AND status <> 'released'
"""


class PostgresPromoUses(PostgresStore[PromoUse]):
    """Uses of promos."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, USE_SHELF)

    async def count_of(self, promo_id: UUID, user_id: UUID) -> int:
        """How many of a promo somebody has reserved or used."""
        return int(await self._runner.fetchval(_COUNT_OF, promo_id, user_id))


_INTRODUCE = """
INSERT INTO carpool.referrals (id, referrer_id, referee_id, created_at, updated_at)
VALUES ($1::uuid, $2::uuid, $3::uuid, $4::timestamptz, $4)
ON CONFLICT (referee_id) DO UPDATE
SET referrer_id = excluded.referrer_id, updated_at = excluded.updated_at, version = referrals.version + 1
WHERE referrals.status = 'pending'
"""
_WITHDRAW = "DELETE FROM carpool.referrals WHERE referee_id = $1::uuid AND status = 'pending'"


class PostgresReferrals(PostgresStore[Referral]):
    """Who brought whom."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, REFERRAL_SHELF)

    async def introduce(self, referral: Referral) -> None:
        """Keep it in the place of one that waits; one that is over stands."""
        given = (referral.id, referral.referrer_id, referral.referee_id, referral.created_at)
        await self._runner.execute(_INTRODUCE, *given)

    async def withdraw(self, referee_id: UUID) -> None:
        """Forget who brought somebody, unless that is over."""
        await self._runner.execute(_WITHDRAW, referee_id)


_DETAIL = compile_once(
    select(
        *PROMO_SHELF.mapper.columns(),
        *(
            func.count(PROMO_USES.c.id).filter(PROMO_USES.c.status == status.value).label(f"n_{status.value}")
            for status in UseStatus
        ),
        func.coalesce(func.sum(PROMO_USES.c.discount).filter(PROMO_USES.c.status == UseStatus.USED.value), 0).label(
            "given"
        ),
    )
    .join_from(PROMOS, PROMO_USES, PROMO_USES.c.promo_id == PROMOS.c.id, isouter=True)
    .where(PROMOS.c.id == bindparam("promo_id"))
    .group_by(PROMOS.c.id)
)
_PROMOS = Listing(
    PROMO_SHELF.select(),
    {name: PROMOS.c[name] for name in ("id", "code", "type", "status", "starts_at", "ends_at", "uses", "created_at")},
)
_USES = LongListing(
    select(PROMO_USES.c.id).where(PROMO_USES.c.promo_id == bindparam("promo_id")),
    {name: PROMO_USES.c[name] for name in ("id", "user_id", "booking_id", "payment_id", "status", "created_at")},
    shown=USE_SHELF.select(),
)
_REFERRALS = LongListing(
    select(REFERRALS.c.id),
    {name: REFERRALS.c[name] for name in ("id", "referrer_id", "referee_id", "status", "earned_at", "created_at")},
    shown=REFERRAL_SHELF.select(),
)
_USED_BY = """
SELECT p.code, u.booking_id, u.discount, u.status, u.created_at
FROM carpool.promo_uses u JOIN carpool.promos p ON p.id = u.promo_id
WHERE u.user_id = $1::uuid ORDER BY u.created_at, u.id
"""
_REFERRED = """
SELECT (SELECT referral_code FROM carpool.users WHERE id = $1::uuid) AS code,
    count(*) FILTER (WHERE r.status <> 'void') AS count,
    count(*) FILTER (WHERE r.status = 'pending') AS pending,
    count(*) FILTER (WHERE r.status = 'earned') AS earned,
    coalesce(sum(r.bonus_referrer), 0)::bigint AS bonus_total,
    (SELECT status FROM carpool.referrals WHERE referee_id = $1) AS brought_status,
    (SELECT bonus_referee FROM carpool.referrals WHERE referee_id = $1) AS brought_bonus,
    (SELECT created_at FROM carpool.referrals WHERE referee_id = $1) AS brought_at
FROM carpool.referrals r WHERE r.referrer_id = $1
"""


class PostgresPromoQueries:
    """See PromoQueries."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def promo(self, id: UUID) -> PromoDetail | None:
        """A promo and how it is used."""
        row = await self._runner.fetchrow(_DETAIL.sql, *_DETAIL.args(promo_id=id))
        if row is None:
            return None
        totals = PromoTotals(
            reserved=row["n_reserved"], used=row["n_used"], released=row["n_released"], discount=int(row["given"])
        )
        return PromoDetail(promo=promo_view(_read_promo(row)), totals=totals)

    async def promos(self, query: ListQuery) -> Page[PromoView]:
        """All promos."""
        rows, total = await _PROMOS.rows(self._runner, query)
        return Page([promo_view(_read_promo(row)) for row in rows], total)

    async def uses(self, promo_id: UUID, query: ListQuery) -> Page[PromoUseView]:
        """The uses of a promo."""
        rows, total = await _USES.rows(self._runner, query, found={"promo_id": promo_id})
        return Page([promo_use_view(_read_use(row)) for row in rows], total)

    async def used_by(self, user_id: UUID) -> list[OwnPromoUse]:
        """All that somebody ever used, the oldest first."""
        return [
            OwnPromoUse(
                code=row["code"],
                booking_id=row["booking_id"],
                discount=int(row["discount"]),
                status=UseStatus(row["status"]),
                created_at=row["created_at"],
            )
            for row in await self._runner.fetch(_USED_BY, user_id)
        ]

    async def referrals(self, query: ListQuery) -> Page[ReferralView]:
        """All referrals."""
        rows, total = await _REFERRALS.rows(self._runner, query)
        return Page([referral_view(_read_referral(row)) for row in rows], total)

    async def referred(self, user_id: UUID) -> ReferralSummary:
        """Whom somebody has brought, and how he came."""
        row = await self._runner.fetchrow(_REFERRED, user_id)
        if row is None:
            raise RuntimeError("no totals")
        brought = None
        if row["brought_status"] is not None:
            status = ReferralStatus(row["brought_status"])
            brought = OwnReferral(status=status, bonus=int(row["brought_bonus"]), created_at=row["brought_at"])
        return ReferralSummary(
            code=row["code"],
            count=row["count"],
            pending=row["pending"],
            earned=row["earned"],
            bonus_total=row["bonus_total"],
            brought=brought,
        )


def _conforms(queries: PostgresPromoQueries) -> PromoQueries:
    return queries
