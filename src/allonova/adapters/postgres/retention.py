"""What was kept long enough, on PostgreSQL: one statement a kind, which skips what somebody else holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Select,
    Table,
    bindparam,
    delete,
    exists,
    literal_column,
    null,
    select,
    tuple_,
    update,
)

from allonova.adapters.postgres.carpool.dispute_tables import DISPUTES
from allonova.adapters.postgres.carpool.people_tables import USER_REPORTS
from allonova.adapters.postgres.files.export_tables import EXPORTS
from allonova.adapters.postgres.files.tables import UPLOADS
from allonova.adapters.postgres.identity.note_tables import USER_NOTES
from allonova.adapters.postgres.identity.tables import (
    CONTACT_CHANGES,
    DEVICES,
    LINK_TOKENS,
    OTP_CODES,
    REFRESH_TOKENS,
    SESSIONS,
    USERS,
)
from allonova.adapters.postgres.kernel.tables import ATTEMPTS, IDEMPOTENCY_KEYS, JOB_REQUESTS, JOB_RUNS, OUTBOX
from allonova.adapters.postgres.kyc.tables import KYC_DOCUMENTS
from allonova.adapters.postgres.money.tables import PAYMENTS, PAYOUTS, WEBHOOK_EVENTS
from allonova.adapters.postgres.notifications.tables import NOTICES
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import Statement, compile_once
from allonova.application.kernel.retention import Forgotten, RetentionStore
from allonova.domain.kernel.retention import Kept

_BEFORE = bindparam("before", type_=DateTime(timezone=True))
_AT_MOST = bindparam("at_most", type_=Integer)
_COUNTED = literal_column("1", Integer)
# As the indexes over them have it, so that they serve.
IS_REFUSED = literal_column("status = 'rejected'", Boolean)
IS_CLOSED = literal_column("status = 'closed'", Boolean)
HAS_WORDS = literal_column("reason <> ''", Boolean)
HAS_PHONE = literal_column("phone <> ''", Boolean)
HAS_ENDED = literal_column("status NOT IN ('init', 'authorized')", Boolean)
IS_OVER = literal_column("status NOT IN ('queued', 'running')", Boolean)
IS_PAID_OUT = literal_column("status IN ('done', 'failed')", Boolean)


def _old(table: Table, since: ColumnElement[Any], *also: ColumnElement[bool], source: FromClause | None = None) -> Any:
    """The oldest of a table's rows, by their keys: read once, whatever the planner makes of the rest."""
    keys = [key.label(f"old_{key.name}") for key in table.primary_key]
    found: Select[Any] = select(*keys).select_from(table if source is None else source)
    found = found.where(since < _BEFORE, *also).order_by(since).limit(_AT_MOST)
    return found.with_for_update(skip_locked=True, of=table).cte("old")


def _is_old(table: Table, old: Any) -> ColumnElement[bool]:
    return tuple_(*table.primary_key).in_(select(*old.c))


def _deleted(
    table: Table,
    since: ColumnElement[Any],
    *also: ColumnElement[bool],
    source: FromClause | None = None,
    files: Sequence[ColumnElement[Any]] = (),
) -> Statement:
    gone = delete(table).where(_is_old(table, _old(table, since, *also, source=source)))
    return compile_once(gone.returning(*(files or (_COUNTED,))))


def _emptied(table: Table, since: ColumnElement[Any], *also: ColumnElement[bool], **values: Any) -> Statement:
    empty = update(table).where(_is_old(table, _old(table, since, *also))).values(**values)
    return compile_once(empty.returning(_COUNTED))


# What was there is read before it goes, in one statement with it.
_CHATS = """
WITH old AS (
    SELECT m.id, m.type, m.content FROM carpool.messages AS m
    WHERE m.created_at < $1::timestamptz AND m.content IS NOT NULL AND NOT EXISTS (
        SELECT FROM carpool.disputes AS d WHERE d.booking_id = m.booking_id AND d.status IN ('open', 'in_review')
    )
    ORDER BY m.created_at LIMIT $2::int FOR UPDATE OF m SKIP LOCKED
), emptied AS (
    UPDATE carpool.messages AS m SET content = NULL, client_id = NULL, flags = '{}'
    FROM old WHERE m.id = old.id
)
SELECT CASE WHEN type = 'image' THEN content END FROM old
"""
_EVIDENCE = """
WITH old AS (
    SELECT e.id, e.object_key
    FROM carpool.dispute_evidence AS e JOIN carpool.disputes AS d ON d.id = e.dispute_id
    WHERE d.resolved_at < $1::timestamptz AND (e.object_key IS NOT NULL OR e.note IS NOT NULL)
    ORDER BY d.resolved_at LIMIT $2::int FOR UPDATE OF e SKIP LOCKED
), emptied AS (
    UPDATE carpool.dispute_evidence AS e SET object_key = NULL, note = NULL
    FROM old WHERE e.id = old.id
)
SELECT object_key FROM old
"""

_PICTURES = (KYC_DOCUMENTS.c.front_url, KYC_DOCUMENTS.c.back_url)
_OWNED = KYC_DOCUMENTS.join(USERS, USERS.c.id == KYC_DOCUMENTS.c.user_id)

STATEMENTS: Mapping[Kept, Statement] = {
    Kept.CODES: _deleted(OTP_CODES, OTP_CODES.c.expires_at),
    Kept.LINKS: _deleted(LINK_TOKENS, LINK_TOKENS.c.expires_at),
    Kept.ATTEMPTS: _deleted(ATTEMPTS, literal_column("times[cardinality(times)]", DateTime(timezone=True))),
    Kept.KEYS: _deleted(IDEMPOTENCY_KEYS, IDEMPOTENCY_KEYS.c.created_at),
    Kept.REFRESH_TOKENS: _deleted(REFRESH_TOKENS, REFRESH_TOKENS.c.expires_at),
    Kept.SESSIONS: _deleted(
        SESSIONS,
        SESSIONS.c.created_at,
        ~exists().where(REFRESH_TOKENS.c.session_id == SESSIONS.c.id),
    ),
    Kept.CONTACT_CHANGES: _deleted(CONTACT_CHANGES, CONTACT_CHANGES.c.created_at),
    Kept.DEVICES: _deleted(DEVICES, DEVICES.c.updated_at),
    Kept.NOTICES: _deleted(NOTICES, NOTICES.c.created_at),
    Kept.DELIVERIES: _deleted(OUTBOX, OUTBOX.c.done_at, OUTBOX.c.done_at.is_not(None)),
    Kept.DEAD_LETTERS: _deleted(OUTBOX, OUTBOX.c.dead_at, OUTBOX.c.dead_at.is_not(None)),
    Kept.JOB_RUNS: _deleted(JOB_RUNS, JOB_RUNS.c.lease_until),
    Kept.JOB_REQUESTS: _deleted(JOB_REQUESTS, JOB_REQUESTS.c.created_at),
    Kept.WEBHOOK_EVENTS: _deleted(WEBHOOK_EVENTS, WEBHOOK_EVENTS.c.received_at),
    Kept.UPLOADS: _deleted(UPLOADS, UPLOADS.c.swept_at, UPLOADS.c.swept_at.is_not(None)),
    Kept.EXPORTS: _deleted(EXPORTS, EXPORTS.c.updated_at, EXPORTS.c.object_key.is_(None), IS_OVER),
    Kept.USER_NOTES: _deleted(USER_NOTES, USER_NOTES.c.created_at),
    Kept.REPORTS: _emptied(USER_REPORTS, USER_REPORTS.c.updated_at, IS_CLOSED, HAS_WORDS, reason=""),
    Kept.DISPUTES: _emptied(DISPUTES, DISPUTES.c.resolved_at, DISPUTES.c.description.is_not(None), description=null()),
    Kept.PROVIDER_WORDS: _emptied(
        PAYMENTS,
        PAYMENTS.c.updated_at,
        HAS_ENDED,
        PAYMENTS.c.raw_payload.is_not(None) | PAYMENTS.c.intent.is_not(None),
        raw_payload=null(),
        intent=null(),
    ),
    Kept.REFUSED_PAPERS: _deleted(KYC_DOCUMENTS, KYC_DOCUMENTS.c.reviewed_at, IS_REFUSED, files=_PICTURES),
    Kept.PAPERS: _deleted(
        KYC_DOCUMENTS, USERS.c.erased_at, USERS.c.erased_at.is_not(None), source=_OWNED, files=_PICTURES
    ),
    Kept.PAYOUT_PHONES: _emptied(PAYOUTS, PAYOUTS.c.created_at, IS_PAID_OUT, HAS_PHONE, phone=""),
}
WITH_FILES: Mapping[Kept, str] = {Kept.CHATS: _CHATS, Kept.EVIDENCE: _EVIDENCE}
# Past row-level security, and where the application itself may only add: functions that run as their owner.
FUNCTIONS: Mapping[Kept, str] = {
    Kept.REMINDERS: "SELECT carpool.forget_reminders($1, $2)",
    Kept.RIDE_PROOFS: "SELECT carpool.forget_ride_proofs($1, $2)",
    Kept.STAFF_DEVICES: "SELECT dispatch.forget_devices($1, $2)",
    Kept.STAFF_NOTICES: "SELECT dispatch.forget_notifications($1, $2)",
    Kept.MOVES: "SELECT dispatch.forget_deplacements($1, $2)",
}
_HAVE_FILES = frozenset({Kept.REFUSED_PAPERS, Kept.PAPERS, *WITH_FILES})


class PostgresRetention:
    """See RetentionStore."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def forget(self, kept: Kept, *, before: datetime, limit: int) -> Forgotten:
        """See RetentionStore."""
        if kept in FUNCTIONS:
            return Forgotten(await self._runner.fetchval(FUNCTIONS[kept], before, limit))
        if kept in WITH_FILES:
            rows = await self._runner.fetch(WITH_FILES[kept], before, limit)
        else:
            statement = STATEMENTS[kept]
            rows = await self._runner.fetch(statement.sql, *statement.args(before=before, at_most=limit))
        files = [key for row in rows for key in row if key is not None] if kept in _HAVE_FILES else []
        return Forgotten(len(rows), tuple(files))


def _conforms(store: PostgresRetention) -> RetentionStore:
    return store
