"""The two platforms: memory in one process, and PostgreSQL with Redis under many."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.local.bus import LocalBus
from allonova.adapters.local.carpool.searches import LocalSearchCache
from allonova.adapters.local.dispatch.presences import LocalPresenceBook
from allonova.adapters.local.limits import LocalRateLimiter
from allonova.adapters.local.revocations import KEPT, LocalRevocations
from allonova.adapters.local.tickets import LocalTickets
from allonova.adapters.memory.audit import MemoryAuditQueries
from allonova.adapters.memory.books import MemoryBooks
from allonova.adapters.memory.carpool.alerts import MemoryAlertQueries
from allonova.adapters.memory.carpool.disputes import MemoryDisputeQueries
from allonova.adapters.memory.carpool.messages import MemoryChatQueries
from allonova.adapters.memory.carpool.moderation import MemoryModerationQueries
from allonova.adapters.memory.carpool.oversight import MemoryOversightQueries
from allonova.adapters.memory.carpool.payment_queries import MemoryPaymentQueries
from allonova.adapters.memory.carpool.people import MemoryPeopleQueries
from allonova.adapters.memory.carpool.queries import MemoryCarpoolQueries
from allonova.adapters.memory.carpool.ratings import MemoryRatingQueries
from allonova.adapters.memory.carpool.reminders import MemoryReminderQueries
from allonova.adapters.memory.carpool.rides import MemoryRideQueries
from allonova.adapters.memory.carpool.series import MemorySeriesQueries
from allonova.adapters.memory.carpool.settings import MemorySettingsQueries
from allonova.adapters.memory.carpool.usage import MemoryUsageQueries
from allonova.adapters.memory.carpool.user_queries import MemoryUserQueries
from allonova.adapters.memory.dead_letters import MemoryDeadLetterQueries
from allonova.adapters.memory.dispatch.board_queries import MemoryBoardQueries
from allonova.adapters.memory.dispatch.company_queries import MemoryCompanyQueries
from allonova.adapters.memory.dispatch.desk_queries import MemoryDeskQueries
from allonova.adapters.memory.dispatch.doors import MemoryDoors
from allonova.adapters.memory.dispatch.fleet_queries import MemoryFleetQueries
from allonova.adapters.memory.dispatch.form_queries import MemoryFormQueries
from allonova.adapters.memory.dispatch.offer_queries import MemoryOfferQueries
from allonova.adapters.memory.dispatch.screen_queries import MemoryScreenQueries
from allonova.adapters.memory.dispatch.stats_queries import MemoryStatsQueries
from allonova.adapters.memory.exports import MemoryExportQueries
from allonova.adapters.memory.gauges import MemoryGaugeQueries
from allonova.adapters.memory.identity import MemoryIdentityQueries
from allonova.adapters.memory.kyc import MemoryKycQueries
from allonova.adapters.memory.money.promos import MemoryPromoQueries
from allonova.adapters.memory.money.queries import MemoryMoneyQueries
from allonova.adapters.memory.money.reconciliation import MemoryReconciliationQueries
from allonova.adapters.memory.money.reports import MemoryReportQueries
from allonova.adapters.memory.money.wallet_queries import MemoryWalletQueries
from allonova.adapters.memory.notice_queries import MemoryNoticeQueries
from allonova.adapters.memory.payouts import MemoryPayoutQueries
from allonova.adapters.memory.platform import MemoryDeliveryQueue, MemoryLiveQueue
from allonova.adapters.memory.store import MemoryDatabase
from allonova.adapters.memory.suppressions import MemorySuppressionQueries
from allonova.adapters.memory.unit import MemoryUnits
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
from allonova.adapters.ws.frames import FrameChannels
from allonova.application.kernel.ports import Clock, Wake
from allonova.main.backup import backups_of
from allonova.main.parts import Dispatch, Platform
from allonova.main.settings import Settings
from allonova.main.wiring import HEARD, LIVE


def memory_platform(clock: Clock, *, wake: Wake) -> Platform:
    """Everything in this process; gone with it."""
    database, bus = MemoryDatabase(), LocalBus()
    units = MemoryUnits(database, subscribers=HEARD, live=LIVE, ids=RandomIds(), clock=clock, wake=wake)
    return Platform(
        begin=units.begin,
        **memory_reads(database, clock),
        dispatch=memory_dispatch(database, units),
        clock=clock,
        revocations=LocalRevocations(clock),
        limiter=LocalRateLimiter(),
        searches=LocalSearchCache(),
        bus=bus,
        channels=FrameChannels(bus, clock),
        tickets=LocalTickets(clock),
        presences=LocalPresenceBook(),
        health={"database": _is_up, "cache": _is_up, "queue": _is_up},
    )


def memory_reads(database: MemoryDatabase, clock: Clock) -> dict[str, Any]:
    """All that is read outside units, by the names of Platform's fields, in memory."""
    return {
        "carpool": MemoryCarpoolQueries(database),
        "alerts": MemoryAlertQueries(database),
        "people": MemoryPeopleQueries(database),
        "users": MemoryUserQueries(database),
        "moderation": MemoryModerationQueries(database),
        "oversight": MemoryOversightQueries(database),
        "ratings": MemoryRatingQueries(database),
        "disputes": MemoryDisputeQueries(database),
        "series": MemorySeriesQueries(database),
        "rides": MemoryRideQueries(database),
        "chats": MemoryChatQueries(database),
        "identity": MemoryIdentityQueries(database),
        "audit": MemoryAuditQueries(database),
        "papers": MemoryKycQueries(database),
        "books": MemoryBooks(database),
        "money": MemoryMoneyQueries(database),
        "payments": MemoryPaymentQueries(database),
        "promos": MemoryPromoQueries(database),
        "reconciliation": MemoryReconciliationQueries(database),
        "payouts": MemoryPayoutQueries(database),
        "wallets": MemoryWalletQueries(database),
        "reports": MemoryReportQueries(database),
        "exports": MemoryExportQueries(database),
        "usage": MemoryUsageQueries(database),
        "settings": MemorySettingsQueries(database),
        "notices": MemoryNoticeQueries(database),
        "reminders": MemoryReminderQueries(database),
        "dead_letters": MemoryDeadLetterQueries(database),
        "gauges": MemoryGaugeQueries(database),
        "suppressions": MemorySuppressionQueries(database),
        "deliveries": MemoryDeliveryQueue(database, clock),
        "live": MemoryLiveQueue(database, clock),
    }


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


def memory_dispatch(database: MemoryDatabase, units: MemoryUnits) -> Dispatch:
    """NOVA in memory."""
    return Dispatch(
        begin_for=units.begin_for,
        doors=MemoryDoors(database),
        board=MemoryBoardQueries(database),
        offers=MemoryOfferQueries(database),
        companies=MemoryCompanyQueries(database),
        fleet=MemoryFleetQueries(database),
        stats=MemoryStatsQueries(database),
        facts=MemoryStatsQueries(database),
        desk=MemoryDeskQueries(database),
        forms=MemoryFormQueries(database),
        screens=MemoryScreenQueries(database),
    )


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


async def _is_up() -> None:
    """Memory is always there."""


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
        settings.database_url, min_size=2, max_size=settings.database_pool, pooled=settings.database_pooled
    )
    redis = connect(settings.redis_url)
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
                limiter=RedisRateLimiter(redis, fallback=LocalRateLimiter()),
                searches=RedisSearchCache(redis),
                bus=bus,
                channels=FrameChannels(bus, clock),
                tickets=RedisTickets(redis),
                presences=RedisPresenceBook(redis),
                health={"database": database_up, "cache": redis_up, "queue": redis_up},
                backups=backups_of(settings),
            )
    finally:
        await redis.aclose()
        await pool.close()
