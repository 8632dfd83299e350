"""The parts of the service, one module each: what they stand on and what they bring.

A part's module has `build`, `HEARD` (which of its handlers hear of which event) and `EVERY_S` (its jobs and the seconds
between two runs; they divide a minute, or are whole minutes). One that shows events on sockets also has `SHOWN` (which
of its showers show which event).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from allonova.adapters.crypto.tokens import JoseTokens
from allonova.application.audit.ports import AuditQueries
from allonova.application.carpool.alert_queries import AlertQueries
from allonova.application.carpool.chat_queries import ChatQueries
from allonova.application.carpool.dispute_queries import DisputeQueries
from allonova.application.carpool.moderation_queries import ModerationQueries
from allonova.application.carpool.oversight_queries import OversightQueries
from allonova.application.carpool.payment_queries import PaymentQueries
from allonova.application.carpool.people_queries import PeopleQueries
from allonova.application.carpool.ports import CarpoolQueries, SearchCache
from allonova.application.carpool.rating_queries import RatingQueries
from allonova.application.carpool.reminder_ports import ReminderQueries
from allonova.application.carpool.ride_queries import RideQueries
from allonova.application.carpool.series_queries import SeriesQueries
from allonova.application.carpool.settings_ports import SettingsQueries
from allonova.application.carpool.usage_queries import UsageQueries
from allonova.application.carpool.user_queries import UserQueries
from allonova.application.dispatch.board_queries import BoardQueries
from allonova.application.dispatch.captcha import Captcha
from allonova.application.dispatch.company_queries import CompanyQueries
from allonova.application.dispatch.desk_queries import DeskQueries
from allonova.application.dispatch.fleet_queries import FleetQueries
from allonova.application.dispatch.form_queries import FormQueries
from allonova.application.dispatch.offer_queries import OfferQueries
from allonova.application.dispatch.ports import Doors
from allonova.application.dispatch.presences import PresenceBook
from allonova.application.dispatch.screen_queries import ScreenQueries
from allonova.application.dispatch.stats_queries import StatsQueries
from allonova.application.files.export_ports import ExportQueries
from allonova.application.files.ports import FileCleaner, FileStore, SignedFiles
from allonova.application.identity.ports import IdentityQueries, PasswordHasher, Revocations, TotpCodes
from allonova.application.identity.social_ports import IdentityProviders
from allonova.application.identity.tickets import Tickets
from allonova.application.kernel.backups import Backups
from allonova.application.kernel.dead_letters import DeadLetterQueries
from allonova.application.kernel.gauges import GaugeQueries
from allonova.application.kernel.limits import RateLimiter
from allonova.application.kernel.live import Bus, Channels
from allonova.application.kernel.places import Places
from allonova.application.kernel.ports import Begin, BeginFor, Clock, DeliveryQueue, Ids, LiveQueue, Sealer, Secrets
from allonova.application.kernel.relay import Handler, Notifier
from allonova.application.kernel.relay_live import Shower
from allonova.application.kernel.roads import RoutePlanner
from allonova.application.kyc.ports import KycQueries
from allonova.application.money.payout_ports import PayoutQueries
from allonova.application.money.ports import BooksQueries, MoneyQueries, PaymentGateway, PayoutGateways
from allonova.application.money.promo_ports import PromoQueries
from allonova.application.money.reconciliation_ports import ReconciliationQueries
from allonova.application.money.report_ports import ReportQueries
from allonova.application.money.wallet_queries import WalletQueries
from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.notice_queries import NoticeQueries
from allonova.application.notifications.ports import MailReports, PushSender, SmsReceipts
from allonova.application.notifications.suppression_ports import SuppressionQueries
from allonova.domain.carpool.rules import RulesNow
from allonova.domain.money.payment import Method
from allonova.domain.money.rules import MoneyRulesNow


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """What NOVA stands on: units of a company, look-ups across companies, reads."""

    begin_for: BeginFor[Any]
    doors: Doors
    board: BoardQueries
    offers: OfferQueries
    companies: CompanyQueries
    fleet: FleetQueries
    stats: StatsQueries
    facts: StatsQueries
    desk: DeskQueries
    forms: FormQueries
    screens: ScreenQueries


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What memory and PostgreSQL with Redis do each in their way. Memory keeps nothing that could be backed up."""

    begin: Begin[Any]
    carpool: CarpoolQueries
    alerts: AlertQueries
    people: PeopleQueries
    users: UserQueries
    moderation: ModerationQueries
    ratings: RatingQueries
    disputes: DisputeQueries
    series: SeriesQueries
    oversight: OversightQueries
    rides: RideQueries
    chats: ChatQueries
    dispatch: Dispatch
    identity: IdentityQueries
    audit: AuditQueries
    papers: KycQueries
    books: BooksQueries
    money: MoneyQueries
    payments: PaymentQueries
    promos: PromoQueries
    reconciliation: ReconciliationQueries
    payouts: PayoutQueries
    wallets: WalletQueries
    reports: ReportQueries
    exports: ExportQueries
    usage: UsageQueries
    settings: SettingsQueries
    notices: NoticeQueries
    reminders: ReminderQueries
    dead_letters: DeadLetterQueries
    gauges: GaugeQueries
    suppressions: SuppressionQueries
    deliveries: DeliveryQueue
    clock: Clock
    revocations: Revocations
    limiter: RateLimiter
    searches: SearchCache
    bus: Bus
    channels: Channels
    tickets: Tickets
    presences: PresenceBook
    live: LiveQueue
    health: Mapping[str, Callable[[], Awaitable[None]]]
    backups: Backups | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What is the same in every mode: keys, vendors, roads."""

    ids: Ids
    secrets: Secrets
    sealer: Sealer
    tokens: JoseTokens
    gateways: Mapping[Method, PaymentGateway]
    payout_gateways: PayoutGateways
    messenger: Messenger
    mail_reports: MailReports
    sms_receipts: SmsReceipts
    pushes: PushSender
    captcha: Captcha
    identity_providers: IdentityProviders
    planner: RoutePlanner
    places: Places
    files: FileStore
    signed_files: SignedFiles | None
    cleaner: FileCleaner
    public_url: str
    hasher: PasswordHasher
    totp: TotpCodes
    web_url: str
    guards_onboarding: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The figures of the business, as they stand whenever they are asked for."""

    rides: RulesNow
    money: MoneyRulesNow


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One context of the service: its use cases and queries by type, who hears of events and who shows them on sockets,
    what runs by itself (`jobs`), and what runs in every process that serves sockets (`running`).
    """

    use: Mapping[object, object]
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    notifiers: Mapping[str, Notifier] = field(default_factory=dict)
    showers: Mapping[str, Shower] = field(default_factory=dict)
    jobs: Mapping[str, Callable[[], Awaitable[object]]] = field(default_factory=dict)
    running: Sequence[Callable[[], AbstractAsyncContextManager[None]]] = ()
