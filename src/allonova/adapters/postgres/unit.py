"""One transaction on one connection, with every store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
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
from allonova.adapters.postgres.kernel.outbox import PostgresAuditLog, PostgresOutbox, write_all
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
from allonova.adapters.postgres.store import Entity, PostgresStore, Shelf
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


class _Store[T]:
    """Made when a unit first asks for it: of sixty, a use case wants five."""

    def __init__(self, make: Callable[[Connection], T]) -> None:
        self._make = make
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, unit: PostgresUnit, owner: type) -> T:
        made = self._make(unit.connection)
        unit.__dict__[self._name] = made  # found there from now on
        return made


def _on_shelf[T: Entity](shelf: Shelf[T]) -> Callable[[Connection], PostgresStore[T]]:
    return lambda connection: PostgresStore(connection, shelf)


class PostgresUnit:
    """Every store of a transaction."""

    attempts = _Store(PostgresAttempts)
    keys = _Store(PostgresIdempotencyKeys)
    uploads = _Store(PostgresUploads)
    exports = _Store(PostgresExports)
    job_runs = _Store(PostgresJobRuns)
    seals = _Store(PostgresSeals)
    audit_checks = _Store(_on_shelf(CHECK_SHELF))
    inbox = _Store(PostgresNotices)
    suppressions = _Store(PostgresSuppressions)
    reminders = _Store(PostgresReminders)
    dead_letters = _Store(PostgresDeadLetters)
    retention = _Store(PostgresRetention)
    users = _Store(_on_shelf(USER_SHELF))
    otps = _Store(PostgresOtps)
    sessions = _Store(PostgresSessions)
    refresh_tokens = _Store(_on_shelf(REFRESH_TOKEN_SHELF))
    admins = _Store(PostgresAdmins)
    user_notes = _Store(PostgresNotes)
    segments = _Store(PostgresSegments)
    reviews = _Store(PostgresReviews)
    links = _Store(PostgresLinks)
    contact_changes = _Store(PostgresChanges)
    devices = _Store(PostgresDevices)
    social_identities = _Store(PostgresSocialIdentities)
    personal = _Store(PostgresPersonalRows)
    papers = _Store(PostgresPapers)
    vehicles = _Store(PostgresVehicles)
    trips = _Store(PostgresTrips)
    series = _Store(_on_shelf(SERIES_SHELF))
    bookings = _Store(PostgresBookings)
    alerts = _Store(PostgresAlerts)
    blocks = _Store(PostgresBlocks)
    reports = _Store(PostgresReports)
    ratings = _Store(PostgresRatings)
    locations = _Store(PostgresLocations)
    proofs = _Store(PostgresProofs)
    ride_links = _Store(PostgresRideLinks)
    messages = _Store(PostgresMessages)
    disputes = _Store(PostgresDisputes)
    evidence = _Store(PostgresEvidence)
    reads = _Store(PostgresCarpoolQueries)
    societes = _Store(PostgresSocietes)
    staff = _Store(PostgresStaff)
    taxis = _Store(PostgresTaxis)
    clients = _Store(PostgresClients)
    commandes = _Store(PostgresCommandes)
    demandes = _Store(PostgresDemandes)
    deplacements = _Store(PostgresDeplacements)
    interventions = _Store(PostgresInterventions)
    notices = _Store(PostgresNotifications)
    staff_devices = _Store(PostgresStaffDevices)
    positions = _Store(PostgresPositions)
    semaines = _Store(PostgresSemaines)
    trail = _Store(PostgresTrail)
    board = _Store(PostgresBoardReads)
    dossiers = _Store(PostgresDossiers)
    fleet = _Store(lambda connection: PostgresFleetQueries(reading_within(connection)))
    settings = _Store(PostgresSettings)
    payments = _Store(PostgresPayments)
    refunds = _Store(PostgresRefunds)
    payouts = _Store(PostgresPayouts)
    payout_batches = _Store(_on_shelf(BATCH_SHELF))
    payout_accounts = _Store(PostgresPayoutAccounts)
    wallets = _Store(PostgresWallets)
    journal = _Store(PostgresJournal)
    promos = _Store(_on_shelf(PROMO_SHELF))
    promo_uses = _Store(PostgresPromoUses)
    referrals = _Store(PostgresReferrals)
    webhook_events = _Store(PostgresWebhookEvents)
    differences = _Store(PostgresDifferences)
    reconciliations = _Store(_on_shelf(RECONCILIATION_SHELF))
    books_checks = _Store(_on_shelf(BOOKS_CHECK_SHELF))

    def __init__(self, connection: Connection, outbox: PostgresOutbox, audit: PostgresAuditLog) -> None:
        self.connection = connection
        self.outbox = outbox
        self.audit = audit


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
                yield (unit := PostgresUnit(connection, outbox, audit))
                await write_all(connection, audit, outbox, unit.keys, self._clock)
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
