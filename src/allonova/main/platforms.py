"""The two platforms: memory in one process, and PostgreSQL with Redis under many."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.local.limits import LocalRateLimiter
from allonova.adapters.local.revocations import KEPT, LocalRevocations
from allonova.adapters.postgres.audit.queries import PostgresAuditQueries
from allonova.adapters.postgres.carpool.alerts import PostgresAlertQueries
from allonova.adapters.postgres.carpool.disputes import PostgresDisputeQueries
from allonova.adapters.postgres.carpool.messages import PostgresChatQueries
from allonova.adapters.postgres.carpool.moderation import PostgresModerationQueries
from allonova.adapters.postgres.carpool.oversight import PostgresOversightQueries
from allonova.adapters.postgres.carpool.payment_queries import PostgresPaymentQueries
from allonova.adapters.postgres.carpool.people import PostgresPeopleQueries
from allonova.adapters.postgres.carpool.queries import PostgresCarpoolQueries
from allonova.adapters.postgres.carpool.ratings import PostgresRatingQueries
from allonova.adapters.postgres.carpool.reminders import PostgresReminderQueries
from allonova.adapters.postgres.carpool.ride_queries import PostgresRideQueries
from allonova.adapters.postgres.carpool.series import PostgresSeriesQueries
from allonova.adapters.postgres.carpool.settings import PostgresSettingsQueries
from allonova.adapters.postgres.carpool.usage import PostgresUsageQueries
from allonova.adapters.postgres.carpool.user_queries import PostgresUserQueries
from allonova.adapters.postgres.company import reading_from
from allonova.adapters.postgres.dispatch.board_queries import PostgresBoardQueries
from allonova.adapters.postgres.dispatch.company_queries import PostgresCompanyQueries
from allonova.adapters.postgres.dispatch.desk_queries import PostgresDeskQueries
from allonova.adapters.postgres.dispatch.doors import PostgresDoors
from allonova.adapters.postgres.dispatch.fleet_queries import PostgresFleetQueries
from allonova.adapters.postgres.dispatch.form_queries import PostgresFormQueries
from allonova.adapters.postgres.dispatch.offer_queries import PostgresOfferQueries
from allonova.adapters.postgres.dispatch.screen_queries import PostgresScreenQueries
from allonova.adapters.postgres.dispatch.stats_queries import PostgresStatsQueries
from allonova.adapters.postgres.files.exports import PostgresExportQueries
from allonova.adapters.postgres.identity.queries import PostgresIdentityQueries
from allonova.adapters.postgres.kernel.clock import PostgresClockControl
from allonova.adapters.postgres.kernel.dead_letters import PostgresDeadLetterQueries
from allonova.adapters.postgres.kernel.deliveries import PostgresDeliveryQueue, PostgresLiveQueue
from allonova.adapters.postgres.kernel.gauges import PostgresGaugeQueries
from allonova.adapters.postgres.kyc.queries import PostgresKycQueries
from allonova.adapters.postgres.money.books import PostgresBooks
from allonova.adapters.postgres.money.payouts import PostgresPayoutQueries
from allonova.adapters.postgres.money.promos import PostgresPromoQueries
from allonova.adapters.postgres.money.queries import PostgresMoneyQueries
from allonova.adapters.postgres.money.reconciliation import PostgresReconciliationQueries
from allonova.adapters.postgres.money.reports import PostgresReportQueries
from allonova.adapters.postgres.money.wallet_queries import PostgresWalletQueries
from allonova.adapters.postgres.notifications.queries import PostgresNoticeQueries
from allonova.adapters.postgres.notifications.suppressions import PostgresSuppressionQueries
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.replica import ReplicaReads
from allonova.adapters.postgres.runner import Lender, Pool, Reader
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.adapters.redis.bus import RedisBus
from allonova.adapters.redis.carpool.searches import RedisSearchCache
from allonova.adapters.redis.client import connect
from allonova.adapters.redis.dispatch.presences import RedisPresenceBook
from allonova.adapters.redis.limits import RedisRateLimiter
from allonova.adapters.redis.revocations import RedisRevocations
from allonova.adapters.redis.tickets import RedisTickets
from allonova.adapters.redis.together import Together
from allonova.adapters.ws.frames import FrameChannels
from allonova.application.kernel.ports import Clock, Wake
from allonova.main.backup import backups_of
from allonova.main.parts import Dispatch, Platform
from allonova.main.settings import Settings
from allonova.main.wiring import HEARD, LIVE


def postgres_reads(pool: Pool, reads: Reader | None = None) -> dict[str, Any]:
    """The same on PostgreSQL. Searches and reports may be some seconds old: they are asked of `reads`."""
    reads = reads or pool
    return {
        "carpool": PostgresCarpoolQueries(pool, searching=reads),
        "alerts": PostgresAlertQueries(pool),
        "people": PostgresPeopleQueries(pool),
        "users": PostgresUserQueries(pool),
        "moderation": PostgresModerationQueries(pool),
        "oversight": PostgresOversightQueries(pool),
        "ratings": PostgresRatingQueries(pool),
        "disputes": PostgresDisputeQueries(pool),
        "series": PostgresSeriesQueries(pool),
        "rides": PostgresRideQueries(pool),
        "chats": PostgresChatQueries(pool),
        "identity": PostgresIdentityQueries(pool),
        "audit": PostgresAuditQueries(pool),
        "papers": PostgresKycQueries(pool),
        "books": PostgresBooks(pool),
        "money": PostgresMoneyQueries(pool),
        "payments": PostgresPaymentQueries(pool),
        "promos": PostgresPromoQueries(pool),
        "reconciliation": PostgresReconciliationQueries(pool),
        "payouts": PostgresPayoutQueries(pool),
        "wallets": PostgresWalletQueries(pool),
        "reports": PostgresReportQueries(reads),
        "exports": PostgresExportQueries(pool),
        "usage": PostgresUsageQueries(reads),
        "settings": PostgresSettingsQueries(pool),
        "notices": PostgresNoticeQueries(pool),
        "reminders": PostgresReminderQueries(pool),
        "dead_letters": PostgresDeadLetterQueries(pool),
        "gauges": PostgresGaugeQueries(pool),
        "suppressions": PostgresSuppressionQueries(pool),
        "deliveries": PostgresDeliveryQueue(pool),
        "live": PostgresLiveQueue(pool),
    }


def postgres_dispatch(pool: Pool, units: PostgresUnits, reads: Lender | None = None) -> Dispatch:
    """NOVA on PostgreSQL. What is kept for ever is not counted from what may be some seconds old."""
    reading = reading_from(pool)
    return Dispatch(
        begin_for=units.begin_for,
        doors=PostgresDoors(pool),
        board=PostgresBoardQueries(reading),
        offers=PostgresOfferQueries(reading),
        companies=PostgresCompanyQueries(reading),
        fleet=PostgresFleetQueries(reading),
        stats=PostgresStatsQueries(reading_from(reads or pool)),
        facts=PostgresStatsQueries(reading),
        desk=PostgresDeskQueries(reading),
        forms=PostgresFormQueries(reading),
        screens=PostgresScreenQueries(reading),
    )


@asynccontextmanager
async def _reads_of(settings: Settings, pool: Pool) -> AsyncIterator[Pool | ReplicaReads]:
    """Where searches and reports are asked."""
    if not settings.database_replica_url:
        yield pool
        return

    async def open_replica() -> Pool:
        return await open_pool(
            settings.database_replica_url, max_size=settings.database_pool, pooled=settings.database_pooled
        )

    async with ReplicaReads(pool, open_replica, lag_s=settings.database_replica_lag_s).watched() as reads:
        yield reads


@asynccontextmanager
async def postgres_platform(settings: Settings, *, wake: Wake) -> AsyncIterator[Platform]:
    """PostgreSQL for what matters, Redis for limits, wake-ups and news."""
    pool = await open_pool(
        settings.database_url,
        min_size=min(2, settings.database_pool),
        max_size=settings.database_pool,
        pooled=settings.database_pooled,
    )
    redis = connect(settings.redis_url)
    together = Together(redis)
    try:
        wall = SystemClock()
        clock: Clock = wall
        if settings.with_sandbox:
            moved = PostgresClockControl(pool, wall)
            await moved.refresh()
            clock = moved
        identity = PostgresIdentityQueries(pool)

        async def revoked_lately() -> Iterable[UUID]:
            return await identity.revoked_sessions(clock.now() - KEPT - timedelta(minutes=1))

        async def database_up() -> None:
            await pool.fetchval("SELECT 1 FROM platform.clock")

        async def redis_up() -> None:
            await redis.ping()

        units = PostgresUnits(pool, subscribers=HEARD, live=LIVE, ids=RandomIds(), clock=clock, wake=wake)
        heard = LocalRevocations(clock)
        async with (
            RedisRevocations(settings.redis_url, heard=heard, reload=revoked_lately) as revocations,
            RedisBus(settings.redis_url) as bus,
            _reads_of(settings, pool) as reads,
        ):
            yield Platform(
                begin=units.begin,
                **postgres_reads(pool, reads),
                dispatch=postgres_dispatch(pool, units, reads),
                clock=clock,
                revocations=revocations,
                limiter=RedisRateLimiter(together, fallback=LocalRateLimiter()),
                searches=RedisSearchCache(together),
                bus=bus,
                channels=FrameChannels(bus, clock),
                tickets=RedisTickets(redis),
                presences=RedisPresenceBook(redis),
                health={"database": database_up, "cache": redis_up, "queue": redis_up},
                backups=backups_of(settings),
            )
    finally:
        await together.aclose()
        await redis.aclose()
        await pool.close()
