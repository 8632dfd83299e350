"""One world per adapter: the same ports over memory and over PostgreSQL, with a clock that a test can move."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

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
from allonova.adapters.memory.platform import AUDIT_LOGS, MemoryDeliveryQueue, MemoryLiveQueue
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
from allonova.adapters.postgres.failures import STORAGE_FAILURES
from allonova.adapters.postgres.files.exports import PostgresExportQueries
from allonova.adapters.postgres.identity.queries import PostgresIdentityQueries
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
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.audit.ports import AuditQueries
from allonova.application.carpool.alert_queries import AlertQueries
from allonova.application.carpool.chat_queries import ChatQueries
from allonova.application.carpool.dispute_queries import DisputeQueries
from allonova.application.carpool.moderation_queries import ModerationQueries
from allonova.application.carpool.oversight_queries import OversightQueries
from allonova.application.carpool.payment_queries import PaymentQueries
from allonova.application.carpool.people_queries import PeopleQueries
from allonova.application.carpool.ports import CarpoolQueries
from allonova.application.carpool.rating_queries import RatingQueries
from allonova.application.carpool.reminder_ports import ReminderQueries
from allonova.application.carpool.ride_queries import RideQueries
from allonova.application.carpool.series_queries import SeriesQueries
from allonova.application.carpool.settings_ports import SettingsQueries
from allonova.application.carpool.usage_queries import UsageQueries
from allonova.application.carpool.user_queries import UserQueries
from allonova.application.files.export_ports import ExportQueries
from allonova.application.identity.ports import IdentityQueries
from allonova.application.kernel.dead_letters import DeadLetterQueries
from allonova.application.kernel.gauges import GaugeQueries
from allonova.application.kernel.ports import Begin, Delivery, DeliveryQueue, Lane, LiveQueue
from allonova.application.kyc.ports import KycQueries
from allonova.application.money.payout_ports import PayoutQueries
from allonova.application.money.ports import BooksQueries, MoneyQueries
from allonova.application.money.promo_ports import PromoQueries
from allonova.application.money.reconciliation_ports import ReconciliationQueries
from allonova.application.money.report_ports import ReportQueries
from allonova.application.money.wallet_queries import WalletQueries
from allonova.application.notifications.notice_queries import NoticeQueries
from allonova.application.notifications.suppression_ports import SuppressionQueries
from allonova.domain.carpool.events import BookingAccepted, BookingPaid, BookingRejected
from allonova.domain.identity.events import SessionRevoked
from allonova.domain.kernel.events import Event
from tests.support.factories import AnyUnit, NumberedIds, SetClock, Thing, keep

SUBSCRIBERS: Mapping[type[Event], Sequence[str]] = {
    BookingPaid: ("tell", "count"),
    SessionRevoked: ("announce",),
    BookingAccepted: ("show",),
    BookingRejected: ("show",),
}
LIVE = frozenset({"show"})
LEASE = timedelta(seconds=60)
STORAGE_ERRORS: tuple[type[Exception], ...] = (RuntimeError, ValueError, *STORAGE_FAILURES)
"""How storage itself refuses, beneath the domain: no DomainError is any of these."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """What an audit row says."""

    actor_type: str
    actor_id: UUID | None
    action: str
    entity: str
    entity_id: UUID
    meta: Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything a store fulfils. `wakes` are the calls that woke relays."""

    begin: Begin[AnyUnit]
    queries: CarpoolQueries
    alerts: AlertQueries
    people: PeopleQueries
    series: SeriesQueries
    users: UserQueries
    moderation: ModerationQueries
    oversight: OversightQueries
    ratings: RatingQueries
    disputes: DisputeQueries
    rides: RideQueries
    chats: ChatQueries
    accounts: IdentityQueries
    trail: AuditQueries
    papers: KycQueries
    books: BooksQueries
    promos: PromoQueries
    reconciliation: ReconciliationQueries
    money: MoneyQueries
    payments: PaymentQueries
    payouts: PayoutQueries
    wallets: WalletQueries
    reports: ReportQueries
    exports: ExportQueries
    usage: UsageQueries
    settings: SettingsQueries
    suppressions: SuppressionQueries
    notices: NoticeQueries
    reminders: ReminderQueries
    dead_letters: DeadLetterQueries
    gauges: GaugeQueries
    deliveries: DeliveryQueue
    live: LiveQueue
    audit: Callable[[], Awaitable[list[AuditLine]]]
    clock: SetClock
    ids: NumberedIds
    wakes: list[frozenset[Lane]] = field(default_factory=list)

    async def keep(self, *things: Thing) -> None:
        """Add things in a unit of their own."""
        async with self.begin() as unit:
            await keep(unit, *things)

    async def run(self, deed: Callable[[AnyUnit], Awaitable[object]]) -> None:
        """Do something in a unit of its own."""
        async with self.begin() as unit:
            await deed(unit)

    async def due(self, *, limit: int = 100) -> Sequence[Delivery]:
        """Claim what is due now."""
        return await self.deliveries.claim(now=self.clock.now(), lease=LEASE, limit=limit)


def postgres_world(pool: Pool) -> World:
    """A world on an empty database."""
    clock, ids = SetClock(), NumberedIds()
    wakes: list[frozenset[Lane]] = []

    async def audit() -> list[AuditLine]:
        rows = await pool.fetch(
            "SELECT actor_type, actor_id, action, entity, entity_id, meta FROM platform.audit_logs ORDER BY seq"
        )
        return [AuditLine(*row) for row in rows]

    units = PostgresUnits(pool, subscribers=SUBSCRIBERS, live=LIVE, ids=ids, clock=clock, wake=wakes.append)
    return World(
        begin=units.begin,
        queries=PostgresCarpoolQueries(pool),
        alerts=PostgresAlertQueries(pool),
        people=PostgresPeopleQueries(pool),
        series=PostgresSeriesQueries(pool),
        users=PostgresUserQueries(pool),
        moderation=PostgresModerationQueries(pool),
        oversight=PostgresOversightQueries(pool),
        ratings=PostgresRatingQueries(pool),
        disputes=PostgresDisputeQueries(pool),
        rides=PostgresRideQueries(pool),
        chats=PostgresChatQueries(pool),
        accounts=PostgresIdentityQueries(pool),
        trail=PostgresAuditQueries(pool),
        papers=PostgresKycQueries(pool),
        books=PostgresBooks(pool),
        promos=PostgresPromoQueries(pool),
        reconciliation=PostgresReconciliationQueries(pool),
        money=PostgresMoneyQueries(pool),
        payments=PostgresPaymentQueries(pool),
        payouts=PostgresPayoutQueries(pool),
        wallets=PostgresWalletQueries(pool),
        reports=PostgresReportQueries(pool),
        exports=PostgresExportQueries(pool),
        usage=PostgresUsageQueries(pool),
        settings=PostgresSettingsQueries(pool),
        suppressions=PostgresSuppressionQueries(pool),
        notices=PostgresNoticeQueries(pool),
        reminders=PostgresReminderQueries(pool),
        dead_letters=PostgresDeadLetterQueries(pool),
        gauges=PostgresGaugeQueries(pool),
        deliveries=PostgresDeliveryQueue(pool),
        live=PostgresLiveQueue(pool),
        audit=audit,
        clock=clock,
        ids=ids,
        wakes=wakes,
    )


def memory_world() -> World:
    """A world of its own in memory."""
    database, clock, ids = MemoryDatabase(), SetClock(), NumberedIds()
    wakes: list[frozenset[Lane]] = []

    async def audit() -> list[AuditLine]:
        rows = database.rows(AUDIT_LOGS).values()
        return [AuditLine(r.actor_type, r.actor_id, r.action, r.entity, r.entity_id, r.meta) for r in rows]

    units = MemoryUnits(database, subscribers=SUBSCRIBERS, live=LIVE, ids=ids, clock=clock, wake=wakes.append)
    return World(
        begin=units.begin,
        queries=MemoryCarpoolQueries(database),
        alerts=MemoryAlertQueries(database),
        people=MemoryPeopleQueries(database),
        series=MemorySeriesQueries(database),
        users=MemoryUserQueries(database),
        moderation=MemoryModerationQueries(database),
        oversight=MemoryOversightQueries(database),
        ratings=MemoryRatingQueries(database),
        disputes=MemoryDisputeQueries(database),
        rides=MemoryRideQueries(database),
        chats=MemoryChatQueries(database),
        accounts=MemoryIdentityQueries(database),
        trail=MemoryAuditQueries(database),
        papers=MemoryKycQueries(database),
        books=MemoryBooks(database),
        promos=MemoryPromoQueries(database),
        reconciliation=MemoryReconciliationQueries(database),
        money=MemoryMoneyQueries(database),
        payments=MemoryPaymentQueries(database),
        payouts=MemoryPayoutQueries(database),
        wallets=MemoryWalletQueries(database),
        reports=MemoryReportQueries(database),
        exports=MemoryExportQueries(database),
        usage=MemoryUsageQueries(database),
        settings=MemorySettingsQueries(database),
        suppressions=MemorySuppressionQueries(database),
        notices=MemoryNoticeQueries(database),
        reminders=MemoryReminderQueries(database),
        dead_letters=MemoryDeadLetterQueries(database),
        gauges=MemoryGaugeQueries(database),
        deliveries=MemoryDeliveryQueue(database, clock),
        live=MemoryLiveQueue(database, clock),
        audit=audit,
        clock=clock,
        ids=ids,
        wakes=wakes,
    )
