"""What a service in memory stands on; it goes with the process."""

from __future__ import annotations

from typing import Any

from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.local.bus import LocalBus
from allonova.adapters.local.carpool.searches import LocalSearchCache
from allonova.adapters.local.dispatch.presences import LocalPresenceBook
from allonova.adapters.local.limits import LocalRateLimiter
from allonova.adapters.local.revocations import LocalRevocations
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
from allonova.adapters.ws.frames import FrameChannels
from allonova.application.kernel.ports import Clock, Wake
from allonova.main.parts import Dispatch, Platform
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


async def _is_up() -> None:
    """Memory is always there."""
