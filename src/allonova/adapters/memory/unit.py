"""Units of work in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

from allonova.adapters.memory.audit import AUDIT_CHECKS, AUDIT_SEALS, MemorySeals
from allonova.adapters.memory.carpool.alerts import ALERT_MATCHES, ALERTS, MemoryAlerts
from allonova.adapters.memory.carpool.desk import MODERATION_REVIEWS, USER_SEGMENTS, MemoryReviews, MemorySegments
from allonova.adapters.memory.carpool.disputes import DISPUTE_EVIDENCE, DISPUTES, MemoryDisputes, MemoryEvidence
from allonova.adapters.memory.carpool.messages import MESSAGES, MemoryMessages
from allonova.adapters.memory.carpool.people import BLOCKS, USER_REPORTS, MemoryBlocks, MemoryReports
from allonova.adapters.memory.carpool.queries import MemoryCarpoolQueries
from allonova.adapters.memory.carpool.ratings import RATINGS, MemoryRatings
from allonova.adapters.memory.carpool.reminders import REMINDERS, MemoryReminders
from allonova.adapters.memory.carpool.rides import (
    DRIVER_LOCATIONS,
    RIDE_LINKS,
    RIDE_PROOFS,
    MemoryLocations,
    MemoryProofs,
    MemoryRideLinks,
)
from allonova.adapters.memory.carpool.settings import SETTINGS, SETTINGS_HISTORY, MemorySettings
from allonova.adapters.memory.carpool.stores import MemoryBookings, MemoryTrips, MemoryVehicles, MemoryWebhookEvents
from allonova.adapters.memory.carpool.tables import (
    BOOKING_EVENTS,
    BOOKINGS,
    TRIP_SERIES,
    TRIP_STOPS,
    TRIPS,
    VEHICLES,
    WEBHOOK_EVENTS,
)
from allonova.adapters.memory.dead_letters import MemoryDeadLetters
from allonova.adapters.memory.dispatch import tables as dispatch
from allonova.adapters.memory.dispatch.board import MemoryBoardReads
from allonova.adapters.memory.dispatch.dossiers import MemoryDossiers
from allonova.adapters.memory.dispatch.fleet_queries import MemoryFleetQueries
from allonova.adapters.memory.dispatch.positions import MemoryPositions
from allonova.adapters.memory.dispatch.stores import (
    MemoryClients,
    MemoryCommandes,
    MemoryDemandes,
    MemoryDeplacements,
    MemoryInterventions,
    MemoryNotifications,
    MemorySemaines,
    MemorySocietes,
    MemoryStaff,
    MemoryStaffDevices,
    MemoryTaxis,
    MemoryTrail,
)
from allonova.adapters.memory.exports import EXPORTS, MemoryExports
from allonova.adapters.memory.files import UPLOADS, MemoryUploads
from allonova.adapters.memory.identity import (
    ADMIN_USERS,
    CONTACT_CHANGES,
    DEVICES,
    LINK_TOKENS,
    OTP_CODES,
    REFRESH_TOKENS,
    SESSIONS,
    USER_NOTES,
    USERS,
    MemoryAdmins,
    MemoryChanges,
    MemoryDevices,
    MemoryLinks,
    MemoryNotes,
    MemoryOtps,
    MemoryPersonalRows,
    MemorySessions,
)
from allonova.adapters.memory.kyc import KYC_DOCUMENTS, MemoryPapers
from allonova.adapters.memory.money.payout_accounts import MemoryPayoutAccounts
from allonova.adapters.memory.money.promos import MemoryPromoUses, MemoryReferrals
from allonova.adapters.memory.money.reconciliation import (
    BOOKS_CHECKS,
    DIFFERENCES,
    RECONCILIATIONS,
    MemoryDifferences,
)
from allonova.adapters.memory.money.stores import MemoryJournal, MemoryPayments, MemoryRefunds, MemoryWallets
from allonova.adapters.memory.money.tables import (
    JOURNAL_ENTRIES,
    PAYMENTS,
    PAYOUT_ACCOUNTS,
    PAYOUT_BATCHES,
    PAYOUTS,
    PROMO_USES,
    PROMOS,
    REFERRALS,
    REFUNDS,
    WALLET_TXNS,
    WALLETS,
)
from allonova.adapters.memory.notifications import NOTICES, MemoryNotices
from allonova.adapters.memory.payouts import MemoryPayouts
from allonova.adapters.memory.platform import (
    ATTEMPTS,
    AUDIT_LOGS,
    JOB_RUNS,
    KEYS,
    OUTBOX,
    MemoryAttempts,
    MemoryAuditLog,
    MemoryJobRuns,
    MemoryKeys,
    MemoryOutbox,
)
from allonova.adapters.memory.retention import MemoryRetention
from allonova.adapters.memory.rules import Table
from allonova.adapters.memory.social import SOCIAL_IDENTITIES, MemorySocialIdentities
from allonova.adapters.memory.store import MemoryDatabase, MemoryStore, Transaction
from allonova.adapters.memory.suppressions import SUPPRESSED_ADDRESSES, MemorySuppressions
from allonova.adapters.telemetry.events import count_committed
from allonova.application.audit.ports import AuditUnit
from allonova.application.carpool.compare_payment import ReconcilingUnit
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.settings_ports import SettingsUnit
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.files.export_ports import ExportUnit
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.social_ports import SocialUnit
from allonova.application.kernel.ports import Clock, Ids, Wake
from allonova.application.kyc.ports import KycUnit
from allonova.domain.kernel.events import Event

TABLES: tuple[Table[Any], ...] = (
    *(SOCIAL_IDENTITIES, AUDIT_SEALS, AUDIT_CHECKS),
    *(USERS, ADMIN_USERS, OTP_CODES, SESSIONS, REFRESH_TOKENS, UPLOADS, EXPORTS, KYC_DOCUMENTS),
    *(LINK_TOKENS, CONTACT_CHANGES, DEVICES, USER_NOTES),
    *(USER_SEGMENTS, MODERATION_REVIEWS),
    *(BLOCKS, USER_REPORTS, RATINGS, MESSAGES, ALERTS, ALERT_MATCHES),
    *(DISPUTES, DISPUTE_EVIDENCE),
    *(DRIVER_LOCATIONS, RIDE_PROOFS, RIDE_LINKS, SETTINGS, SETTINGS_HISTORY),
    *(VEHICLES, TRIP_SERIES, TRIPS, TRIP_STOPS, BOOKINGS, BOOKING_EVENTS),
    *(PAYMENTS, REFUNDS, PAYOUT_BATCHES, PAYOUTS, PAYOUT_ACCOUNTS),
    *(WEBHOOK_EVENTS, WALLETS, WALLET_TXNS, JOURNAL_ENTRIES),
    *(PROMOS, PROMO_USES, REFERRALS),
    *(DIFFERENCES, RECONCILIATIONS, BOOKS_CHECKS),
    *(ATTEMPTS, KEYS, OUTBOX, AUDIT_LOGS, JOB_RUNS),
    *(NOTICES, REMINDERS, SUPPRESSED_ADDRESSES),
    *dispatch.TABLES,
)


class MemoryUnit:
    """One transaction and all its stores."""

    def __init__(
        self,
        transaction: Transaction,
        *,
        subscribers: Mapping[type[Event], Sequence[str]],
        live: frozenset[str],
        ids: Ids,
        clock: Clock,
    ) -> None:
        self.outbox = MemoryOutbox(transaction, subscribers=subscribers, live=live, ids=ids, clock=clock)
        self.audit = MemoryAuditLog(transaction, ids=ids, clock=clock)
        self.attempts = MemoryAttempts(transaction)
        self.keys = MemoryKeys(transaction)
        self.uploads = MemoryUploads(transaction)
        self.exports = MemoryExports(transaction)
        self._open_people(transaction)
        self._open_rides(transaction)
        self._open_money(transaction)
        self._open_company(transaction)
        self.job_runs = MemoryJobRuns(transaction)
        self.seals = MemorySeals(transaction)
        self.audit_checks = MemoryStore(transaction, AUDIT_CHECKS)
        self.inbox = MemoryNotices(transaction)
        self.suppressions = MemorySuppressions(transaction)
        self.reminders = MemoryReminders(transaction)
        self.dead_letters = MemoryDeadLetters(transaction)
        self.retention = MemoryRetention(transaction)

    def _open_people(self, transaction: Transaction) -> None:
        self.users = MemoryStore(transaction, USERS)
        self.otps = MemoryOtps(transaction)
        self.sessions = MemorySessions(transaction)
        self.refresh_tokens = MemoryStore(transaction, REFRESH_TOKENS)
        self.admins = MemoryAdmins(transaction)
        self.user_notes = MemoryNotes(transaction)
        self.segments = MemorySegments(transaction)
        self.reviews = MemoryReviews(transaction)
        self.links = MemoryLinks(transaction)
        self.contact_changes = MemoryChanges(transaction)
        self.devices = MemoryDevices(transaction)
        self.social_identities = MemorySocialIdentities(transaction)
        self.personal = MemoryPersonalRows(transaction)
        self.papers = MemoryPapers(transaction)

    def _open_rides(self, transaction: Transaction) -> None:
        self.vehicles = MemoryVehicles(transaction)
        self.trips = MemoryTrips(transaction)
        self.series = MemoryStore(transaction, TRIP_SERIES)
        self.bookings = MemoryBookings(transaction)
        self.alerts = MemoryAlerts(transaction)
        self.blocks = MemoryBlocks(transaction)
        self.reports = MemoryReports(transaction)
        self.ratings = MemoryRatings(transaction)
        self.locations = MemoryLocations(transaction)
        self.proofs = MemoryProofs(transaction)
        self.ride_links = MemoryRideLinks(transaction)
        self.messages = MemoryMessages(transaction)
        self.disputes = MemoryDisputes(transaction)
        self.evidence = MemoryEvidence(transaction)
        self.reads = MemoryCarpoolQueries(transaction)

    def _open_company(self, transaction: Transaction) -> None:
        self.societes = MemorySocietes(transaction)
        self.staff = MemoryStaff(transaction)
        self.taxis = MemoryTaxis(transaction)
        self.clients = MemoryClients(transaction)
        self.commandes = MemoryCommandes(transaction)
        self.demandes = MemoryDemandes(transaction)
        self.deplacements = MemoryDeplacements(transaction)
        self.interventions = MemoryInterventions(transaction)
        self.notices = MemoryNotifications(transaction)
        self.staff_devices = MemoryStaffDevices(transaction)
        self.positions = MemoryPositions(transaction)
        self.semaines = MemorySemaines(transaction)
        self.trail = MemoryTrail(transaction)
        self.board = MemoryBoardReads(transaction)
        self.dossiers = MemoryDossiers(transaction)
        self.fleet = MemoryFleetQueries(transaction)

    def _open_money(self, transaction: Transaction) -> None:
        self.settings = MemorySettings(transaction)
        self.payments = MemoryPayments(transaction)
        self.refunds = MemoryRefunds(transaction)
        self.payouts = MemoryPayouts(transaction)
        self.payout_batches = MemoryStore(transaction, PAYOUT_BATCHES)
        self.payout_accounts = MemoryPayoutAccounts(transaction)
        self.wallets = MemoryWallets(transaction)
        self.journal = MemoryJournal(transaction)
        self.promos = MemoryStore(transaction, PROMOS)
        self.promo_uses = MemoryPromoUses(transaction)
        self.referrals = MemoryReferrals(transaction)
        self.webhook_events = MemoryWebhookEvents(transaction)
        self.differences = MemoryDifferences(transaction)
        self.reconciliations = MemoryStore(transaction, RECONCILIATIONS)
        self.books_checks = MemoryStore(transaction, BOOKS_CHECKS)


class MemoryUnits:
    """Opens units, one at a time."""

    def __init__(
        self,
        database: MemoryDatabase,
        *,
        subscribers: Mapping[type[Event], Sequence[str]],
        ids: Ids,
        clock: Clock,
        wake: Wake,
        live: frozenset[str] = frozenset(),
    ) -> None:
        self._database = database
        self._subscribers = subscribers
        self._live = live
        self._ids = ids
        self._clock = clock
        self._wake = wake

    def begin(self) -> AbstractAsyncContextManager[MemoryUnit]:
        """A unit: commits on a clean exit, rolls back otherwise. Calls `wake` once deliveries are there to be seen."""
        return self._begin(None)

    def begin_for(self, tenant: UUID) -> AbstractAsyncContextManager[MemoryUnit]:
        """The same inside a company."""
        return self._begin(tenant)

    @asynccontextmanager
    async def _begin(self, tenant: UUID | None) -> AsyncIterator[MemoryUnit]:
        async with self._database.transaction(tenant) as transaction:
            unit = MemoryUnit(
                transaction, subscribers=self._subscribers, live=self._live, ids=self._ids, clock=self._clock
            )
            yield unit
        count_committed(unit.outbox.events)
        if unit.outbox.lanes:
            self._wake(frozenset(unit.outbox.lanes))


def _conforms(unit: MemoryUnit) -> tuple[IdentityUnit, KycUnit, CarpoolUnit, DispatchUnit]:
    return unit, unit, unit, unit


def _conforms_to_social(unit: MemoryUnit) -> tuple[SocialUnit, AuditUnit]:
    return unit, unit


def _conforms_to_settings(unit: MemoryUnit) -> SettingsUnit:
    return unit


def _conforms_to_exports(unit: MemoryUnit) -> ExportUnit:
    return unit


def _conforms_to_reconciling(unit: MemoryUnit) -> ReconcilingUnit:
    return unit
