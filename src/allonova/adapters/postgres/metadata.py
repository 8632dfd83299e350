"""Every table, in one place."""

from __future__ import annotations

from allonova.adapters.postgres.audit import tables as audit
from allonova.adapters.postgres.carpool import (
    alert_tables,
    desk_tables,
    dispute_tables,
    message_tables,
    people_tables,
    rating_tables,
    reminder_tables,
    ride_tables,
    settings_tables,
)
from allonova.adapters.postgres.carpool import tables as carpool
from allonova.adapters.postgres.dispatch import tables as dispatch
from allonova.adapters.postgres.files import export_tables
from allonova.adapters.postgres.files import tables as files
from allonova.adapters.postgres.identity import note_tables, social_tables
from allonova.adapters.postgres.identity import tables as identity
from allonova.adapters.postgres.kernel import tables as kernel
from allonova.adapters.postgres.kyc import tables as kyc
from allonova.adapters.postgres.money import promo_tables, reconciliation_tables
from allonova.adapters.postgres.money import tables as money
from allonova.adapters.postgres.notifications import mailbox_tables
from allonova.adapters.postgres.notifications import tables as notifications
from allonova.adapters.postgres.schema import CARPOOL, DISPATCH, METADATA, PLATFORM

CONTEXTS = (
    *(identity, files, kyc, money, promo_tables, reconciliation_tables),
    export_tables,
    *(carpool, people_tables, alert_tables, message_tables, ride_tables, settings_tables),
    *(note_tables, desk_tables),
    *(dispute_tables, rating_tables),
    *(notifications, mailbox_tables, reminder_tables),
    *(dispatch, kernel, audit, social_tables),
)
SCHEMAS = (CARPOOL, DISPATCH, PLATFORM)
APPEND_ONLY = (
    kernel.AUDIT_LOGS,
    audit.AUDIT_SEALS,
    audit.AUDIT_CHECKS,
    carpool.BOOKING_EVENTS,
    reminder_tables.REMINDERS,
    ride_tables.RIDE_PROOFS,
    settings_tables.SETTINGS_HISTORY,
    money.JOURNAL_ENTRIES,
    money.POSTINGS,
    dispatch.AUDIT_LOG,
)
"""Tables that the application may read and add to, and nothing else."""

__all__ = ["APPEND_ONLY", "CONTEXTS", "METADATA", "SCHEMAS"]
