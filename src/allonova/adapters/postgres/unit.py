"""One transaction on one connection, with every store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from uuid import UUID

from allonova.adapters.postgres.audit.seals import CHECK_SHELF, PostgresSeals
from allonova.adapters.postgres.carpool.alerts import PostgresAlerts
from allonova.adapters.postgres.carpool.bookings import PostgresBookings
from allonova.adapters.postgres.carpool.desk_stores import PostgresReviews, PostgresSegments
from allonova.adapters.postgres.carpool.disputes import PostgresDisputes, PostgresEvidence
from allonova.adapters.postgres.carpool.messages import PostgresMessages
from allonova.adapters.postgres.carpool.people import PostgresBlocks, PostgresReports
from allonova.adapters.postgres.carpool.queries import PostgresCarpoolQueries
from allonova.adapters.postgres.carpool.ratings import PostgresRatings
from allonova.adapters.postgres.carpool.reminders import PostgresReminders
from allonova.adapters.postgres.carpool.rides import PostgresLocations, PostgresProofs, PostgresRideLinks
from allonova.adapters.postgres.carpool.settings import PostgresSettings
from allonova.adapters.postgres.carpool.trips import SERIES_SHELF, PostgresTrips
from allonova.adapters.postgres.carpool.vehicles import PostgresVehicles
from allonova.adapters.postgres.carpool.webhook_events import PostgresWebhookEvents
from allonova.adapters.postgres.company import ACQUIRE_S, begin_sql, reading_within
from allonova.adapters.postgres.dispatch.board import PostgresBoardReads
from allonova.adapters.postgres.dispatch.dossiers import PostgresDossiers
from allonova.adapters.postgres.dispatch.fleet_queries import PostgresFleetQueries
from allonova.adapters.postgres.dispatch.positions import PostgresPositions
from allonova.adapters.postgres.dispatch.stores import (
    PostgresClients,
    PostgresCommandes,
    PostgresDemandes,
    PostgresDeplacements,
    PostgresInterventions,
    PostgresNotifications,
    PostgresSemaines,
    PostgresSocietes,
    PostgresStaff,
    PostgresStaffDevices,
    PostgresTaxis,
    PostgresTrail,
)
from allonova.adapters.postgres.failures import STORAGE_FAILURES
from allonova.adapters.postgres.files.exports import PostgresExports
from allonova.adapters.postgres.files.stores import PostgresUploads
from allonova.adapters.postgres.identity.social import PostgresSocialIdentities
from allonova.adapters.postgres.identity.stores import (
    REFRESH_TOKEN_SHELF,
    USER_SHELF,
    PostgresAdmins,
    PostgresChanges,
    PostgresDevices,
    PostgresLinks,
    PostgresNotes,
    PostgresOtps,
    PostgresPersonalRows,
    PostgresSessions,
)
from allonova.adapters.postgres.kernel.attempts import PostgresAttempts
from allonova.adapters.postgres.kernel.dead_letters import PostgresDeadLetters
from allonova.adapters.postgres.kernel.job_runs import PostgresJobRuns
from allonova.adapters.postgres.kernel.keys import PostgresIdempotencyKeys
from allonova.adapters.postgres.kernel.outbox import PostgresAuditLog, PostgresOutbox, write_both
from allonova.adapters.postgres.kyc.stores import PostgresPapers
from allonova.adapters.postgres.money.journal import PostgresJournal
from allonova.adapters.postgres.money.payout_accounts import PostgresPayoutAccounts
from allonova.adapters.postgres.money.payouts import PostgresPayouts
from allonova.adapters.postgres.money.promos import PROMO_SHELF, PostgresPromoUses, PostgresReferrals
from allonova.adapters.postgres.money.reconciliation import (
    BOOKS_CHECK_SHELF,
    RECONCILIATION_SHELF,
    PostgresDifferences,
)
from allonova.adapters.postgres.money.stores import (
    BATCH_SHELF,
    PostgresPayments,
    PostgresRefunds,
    PostgresWallets,
)
from allonova.adapters.postgres.notifications.stores import PostgresNotices
from allonova.adapters.postgres.notifications.suppressions import PostgresSuppressions
from allonova.adapters.postgres.retention import PostgresRetention
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.store import PostgresStore
from allonova.adapters.telemetry.events import count_committed
from allonova.application.audit.ports import AuditUnit
from allonova.application.carpool.compare_payment import ReconcilingUnit
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.settings_ports import SettingsUnit
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.files.export_ports import ExportUnit
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.social_ports import SocialUnit
from allonova.application.kernel.inside import INSIDE_UNIT, require_outside_unit
from allonova.application.kernel.ports import Begin, BeginFor, Clock, Ids, Wake
from allonova.application.kyc.ports import KycUnit
from allonova.domain.kernel.events import Event


class PostgresUnit:
    """Every store of a transaction."""

    def __init__(self, connection: Connection, outbox: PostgresOutbox, audit: PostgresAuditLog) -> None:
        self.outbox = outbox
        self.audit = audit
        self.attempts = PostgresAttempts(connection)
        self.keys = PostgresIdempotencyKeys(connection)
        self.uploads = PostgresUploads(connection)
        self.exports = PostgresExports(connection)
        self._open_people(connection)
        self._open_rides(connection)
        self._open_money(connection)
        self._open_company(connection)
        self.job_runs = PostgresJobRuns(connection)
        self.seals = PostgresSeals(connection)
        self.audit_checks = PostgresStore(connection, CHECK_SHELF)
        self.inbox = PostgresNotices(connection)
        self.suppressions = PostgresSuppressions(connection)
        self.reminders = PostgresReminders(connection)
        self.dead_letters = PostgresDeadLetters(connection)
        self.retention = PostgresRetention(connection)

    def _open_people(self, connection: Connection) -> None:
        self.users = PostgresStore(connection, USER_SHELF)
        self.otps = PostgresOtps(connection)
        self.sessions = PostgresSessions(connection)
        self.refresh_tokens = PostgresStore(connection, REFRESH_TOKEN_SHELF)
        self.admins = PostgresAdmins(connection)
        self.user_notes = PostgresNotes(connection)
        self.segments = PostgresSegments(connection)
        self.reviews = PostgresReviews(connection)
        self.links = PostgresLinks(connection)
        self.contact_changes = PostgresChanges(connection)
        self.devices = PostgresDevices(connection)
        self.social_identities = PostgresSocialIdentities(connection)
        self.personal = PostgresPersonalRows(connection)
        self.papers = PostgresPapers(connection)

    def _open_rides(self, connection: Connection) -> None:
        self.vehicles = PostgresVehicles(connection)
        self.trips = PostgresTrips(connection)
        self.series = PostgresStore(connection, SERIES_SHELF)
        self.bookings = PostgresBookings(connection)
        self.alerts = PostgresAlerts(connection)
        self.blocks = PostgresBlocks(connection)
        self.reports = PostgresReports(connection)
        self.ratings = PostgresRatings(connection)
        self.locations = PostgresLocations(connection)
        self.proofs = PostgresProofs(connection)
        self.ride_links = PostgresRideLinks(connection)
        self.messages = PostgresMessages(connection)
        self.disputes = PostgresDisputes(connection)
        self.evidence = PostgresEvidence(connection)
        self.reads = PostgresCarpoolQueries(connection)

    def _open_company(self, connection: Connection) -> None:
        self.societes = PostgresSocietes(connection)
        self.staff = PostgresStaff(connection)
        self.taxis = PostgresTaxis(connection)
        self.clients = PostgresClients(connection)
        self.commandes = PostgresCommandes(connection)
        self.demandes = PostgresDemandes(connection)
        self.deplacements = PostgresDeplacements(connection)
        self.interventions = PostgresInterventions(connection)
        self.notices = PostgresNotifications(connection)
        self.staff_devices = PostgresStaffDevices(connection)
        self.positions = PostgresPositions(connection)
        self.semaines = PostgresSemaines(connection)
        self.trail = PostgresTrail(connection)
        self.board = PostgresBoardReads(connection)
        self.dossiers = PostgresDossiers(connection)
        self.fleet = PostgresFleetQueries(reading_within(connection))

    def _open_money(self, connection: Connection) -> None:
        self.settings = PostgresSettings(connection)
        self.payments = PostgresPayments(connection)
        self.refunds = PostgresRefunds(connection)
        self.payouts = PostgresPayouts(connection)
        self.payout_batches = PostgresStore(connection, BATCH_SHELF)
        self.payout_accounts = PostgresPayoutAccounts(connection)
        self.wallets = PostgresWallets(connection)
        self.journal = PostgresJournal(connection)
        self.promos = PostgresStore(connection, PROMO_SHELF)
        self.promo_uses = PostgresPromoUses(connection)
        self.referrals = PostgresReferrals(connection)
        self.webhook_events = PostgresWebhookEvents(connection)
        self.differences = PostgresDifferences(connection)
        self.reconciliations = PostgresStore(connection, RECONCILIATION_SHELF)
        self.books_checks = PostgresStore(connection, BOOKS_CHECK_SHELF)


@asynccontextmanager
async def transaction(connection: Connection, tenant: UUID | None = None) -> AsyncIterator[None]:
    """Commit on a clean exit, roll back otherwise. Of the rows of companies only those of `tenant` are there.

    Raises:
        RuntimeError: somebody swallowed an error of the database, which had rolled everything back by then. asyncpg's
            own transaction would pass over it in silence, as the database answers such a COMMIT with ROLLBACK.
    """
    await connection.execute(begin_sql("ISOLATION LEVEL READ COMMITTED", tenant))
    try:
        yield
    except BaseException:
        with suppress(*STORAGE_FAILURES):  # else they would hide why; the pool makes clean or closes what is returned
            await connection.execute("ROLLBACK")
        raise
    if await connection.execute("COMMIT") != "COMMIT":
        raise RuntimeError("an error of the database was swallowed: nothing is kept")


class PostgresUnits:
    """Opens units.

    Args:
        subscribers: who hears of which event: the outbox keeps a row for each.
        live: those of them that show it on sockets.
        wake: called after a commit that left rows in the outbox, with whose they are; must not block.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        subscribers: Mapping[type[Event], Sequence[str]],
        ids: Ids,
        clock: Clock,
        wake: Wake,
        live: frozenset[str] = frozenset(),
    ) -> None:
        self._pool = pool
        self._subscribers = subscribers
        self._live = live
        self._ids = ids
        self._clock = clock
        self._wake = wake

    def begin(self) -> AbstractAsyncContextManager[PostgresUnit]:
        """A unit that commits on a clean exit and rolls back otherwise. One in another is a RuntimeError."""
        return self._begin(None)

    def begin_for(self, tenant: UUID) -> AbstractAsyncContextManager[PostgresUnit]:
        """The same inside a company."""
        return self._begin(tenant)

    @asynccontextmanager
    async def _begin(self, tenant: UUID | None) -> AsyncIterator[PostgresUnit]:
        require_outside_unit("a unit of work")
        token = INSIDE_UNIT.set(True)
        outbox, audit = PostgresOutbox(self._subscribers, self._live, self._ids), PostgresAuditLog(self._ids)
        try:
            async with self._pool.acquire(timeout=ACQUIRE_S) as connection, transaction(connection, tenant):
                yield PostgresUnit(connection, outbox, audit)
                await write_both(connection, audit, outbox, self._clock)
        finally:
            INSIDE_UNIT.reset(token)
        count_committed(outbox.events)
        if outbox.rows:
            self._wake(outbox.lanes)


def _conforms_to_identity(unit: PostgresUnit) -> IdentityUnit:
    return unit


def _conforms_to_social(unit: PostgresUnit) -> tuple[SocialUnit, AuditUnit]:
    return unit, unit


def _conforms_to_kyc(unit: PostgresUnit) -> KycUnit:
    return unit


def _conforms(unit: PostgresUnit) -> CarpoolUnit:
    return unit


def _conforms_to_settings(unit: PostgresUnit) -> SettingsUnit:
    return unit


def _conforms_to_exports(unit: PostgresUnit) -> ExportUnit:
    return unit


def _conforms_to_reconciling(unit: PostgresUnit) -> ReconcilingUnit:
    return unit


def _conforms_to_dispatch(unit: PostgresUnit) -> DispatchUnit:
    return unit


def _conforms_units(units: PostgresUnits) -> tuple[Begin[PostgresUnit], BeginFor[PostgresUnit]]:
    return units.begin, units.begin_for
