"""What was kept long enough, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from allonova.adapters.memory.carpool.disputes import DISPUTE_EVIDENCE, DISPUTES
from allonova.adapters.memory.carpool.messages import MESSAGES
from allonova.adapters.memory.carpool.people import USER_REPORTS
from allonova.adapters.memory.carpool.reminders import REMINDERS
from allonova.adapters.memory.carpool.rides import RIDE_PROOFS
from allonova.adapters.memory.carpool.tables import WEBHOOK_EVENTS
from allonova.adapters.memory.dispatch import tables as dispatch
from allonova.adapters.memory.exports import EXPORTS
from allonova.adapters.memory.files import UPLOADS
from allonova.adapters.memory.identity import (
    CONTACT_CHANGES,
    DEVICES,
    LINK_TOKENS,
    OTP_CODES,
    REFRESH_TOKENS,
    SESSIONS,
    USER_NOTES,
    USERS,
)
from allonova.adapters.memory.kyc import KYC_DOCUMENTS
from allonova.adapters.memory.money.tables import PAYMENTS, PAYOUTS
from allonova.adapters.memory.notifications import NOTICES
from allonova.adapters.memory.platform import ATTEMPTS, JOB_RUNS, KEYS, OUTBOX
from allonova.adapters.memory.rules import Table
from allonova.adapters.memory.store import Transaction
from allonova.application.kernel.retention import Forgotten, RetentionStore
from allonova.domain.carpool.message import MessageType
from allonova.domain.carpool.user_report import ReportStatus
from allonova.domain.files.export import ExportStatus
from allonova.domain.kernel.retention import Kept
from allonova.domain.kyc.document import KycStatus
from allonova.domain.money.payment import OPEN
from allonova.domain.money.payout import PayoutStatus

UNDER_WAY = frozenset({ExportStatus.QUEUED, ExportStatus.RUNNING})
PAID_OUT = frozenset({PayoutStatus.DONE, PayoutStatus.FAILED})

type Since = Callable[[Transaction, Any], datetime | None]
"""When the time of a row began; None while it has not."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What goes of a table: rows whose time `since` says, deleted, or with `emptied` in them; `files` are the keys of
    what they had.
    """

    table: Table[Any]
    since: Since
    emptied: Mapping[str, Any] | None = None
    files: Callable[[Any], Sequence[str | None]] = lambda _: ()


def _at(name: str) -> Since:
    return lambda _, row: getattr(row, name)


def _once(name: str, holds: Callable[[Any], bool]) -> Since:
    return lambda _, row: getattr(row, name) if holds(row) else None


def _session(transaction: Transaction, session: Any) -> datetime | None:
    tokens = transaction.rows(REFRESH_TOKENS).values()
    return None if any(token.session_id == session.id for token in tokens) else session.created_at


def _chat(transaction: Transaction, message: Any) -> datetime | None:
    disputes = transaction.rows(DISPUTES).values()
    is_disputed = any(one.booking_id == message.booking_id and one.is_open for one in disputes)
    return None if message.content is None or is_disputed else message.created_at


def _evidence(transaction: Transaction, evidence: Any) -> datetime | None:
    is_empty = evidence.object_key is None and evidence.note is None
    return None if is_empty else transaction.rows(DISPUTES)[evidence.dispute_id].resolved_at


def _paper(transaction: Transaction, paper: Any) -> datetime | None:
    return transaction.rows(USERS)[paper.user_id].erased_at


def _pictures(paper: Any) -> Sequence[str | None]:
    return paper.front_url, paper.back_url


SWEEPS: Mapping[Kept, Sweep] = {
    Kept.CODES: Sweep(OTP_CODES, _at("expires_at")),
    Kept.LINKS: Sweep(LINK_TOKENS, _at("expires_at")),
    Kept.ATTEMPTS: Sweep(ATTEMPTS, lambda _, row: max(row.tries, default=None)),
    Kept.KEYS: Sweep(KEYS, _at("created_at")),
    Kept.REFRESH_TOKENS: Sweep(REFRESH_TOKENS, _at("expires_at")),
    Kept.SESSIONS: Sweep(SESSIONS, _session),
    Kept.CONTACT_CHANGES: Sweep(CONTACT_CHANGES, _at("created_at")),
    Kept.DEVICES: Sweep(DEVICES, _at("updated_at")),
    Kept.STAFF_DEVICES: Sweep(dispatch.DEVICES, _at("updated_at")),
    Kept.NOTICES: Sweep(NOTICES, _at("created_at")),
    Kept.STAFF_NOTICES: Sweep(dispatch.NOTIFICATIONS, _at("created_at")),
    Kept.REMINDERS: Sweep(REMINDERS, _at("created_at")),
    Kept.CHATS: Sweep(
        MESSAGES,
        _chat,
        {"content": None, "client_id": None, "flags": []},
        lambda message: [message.content] if message.type is MessageType.IMAGE else [],
    ),
    Kept.DELIVERIES: Sweep(OUTBOX, _at("done_at")),
    Kept.DEAD_LETTERS: Sweep(OUTBOX, _at("dead_at")),
    Kept.JOB_RUNS: Sweep(JOB_RUNS, _at("lease_until")),
    Kept.WEBHOOK_EVENTS: Sweep(WEBHOOK_EVENTS, _at("received_at")),
    Kept.UPLOADS: Sweep(UPLOADS, _at("swept_at")),
    Kept.EXPORTS: Sweep(
        EXPORTS, _once("updated_at", lambda export: export.object_key is None and export.status not in UNDER_WAY)
    ),
    Kept.MOVES: Sweep(dispatch.DEPLACEMENTS, _at("created_at")),
    Kept.USER_NOTES: Sweep(USER_NOTES, _at("created_at")),
    Kept.REPORTS: Sweep(
        USER_REPORTS,
        _once("updated_at", lambda report: report.status is ReportStatus.CLOSED and report.reason != ""),
        {"reason": ""},
    ),
    Kept.DISPUTES: Sweep(
        DISPUTES, _once("resolved_at", lambda dispute: dispute.description is not None), {"description": None}
    ),
    Kept.EVIDENCE: Sweep(
        DISPUTE_EVIDENCE, _evidence, {"object_key": None, "note": None}, lambda evidence: [evidence.object_key]
    ),
    Kept.RIDE_PROOFS: Sweep(RIDE_PROOFS, _at("created_at")),
    Kept.PROVIDER_WORDS: Sweep(
        PAYMENTS,
        _once("updated_at", lambda one: one.status not in OPEN and (one.raw_payload, one.intent) != (None, None)),
        {"raw_payload": None, "intent": None},
    ),
    Kept.REFUSED_PAPERS: Sweep(
        KYC_DOCUMENTS, _once("reviewed_at", lambda paper: paper.status is KycStatus.REJECTED), files=_pictures
    ),
    Kept.PAPERS: Sweep(KYC_DOCUMENTS, _paper, files=_pictures),
    Kept.PAYOUT_PHONES: Sweep(
        PAYOUTS, _once("created_at", lambda payout: payout.status in PAID_OUT and payout.phone != ""), {"phone": ""}
    ),
}


class MemoryRetention:
    """See RetentionStore. Requests for jobs are not kept in memory."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def forget(self, kept: Kept, *, before: datetime, limit: int) -> Forgotten:
        """See RetentionStore."""
        sweep = SWEEPS.get(kept)
        if sweep is None:
            return Forgotten(0)
        rows = self._transaction.all_rows(sweep.table).values()
        begun = [(since, row) for row in rows if (since := sweep.since(self._transaction, row)) is not None]
        old = [row for since, row in sorted(begun, key=lambda one: one[0]) if since < before][:limit]
        files = [key for row in old for key in sweep.files(row) if key is not None]
        for row in old:
            self._go(sweep, row)
        return Forgotten(len(old), tuple(files))

    def _go(self, sweep: Sweep, row: Any) -> None:
        if sweep.emptied is None:
            self._transaction.remove_anywhere(sweep.table, sweep.table.key(row))
        else:
            self._transaction.put(sweep.table, replace(row, **sweep.emptied))


def _conforms(store: MemoryRetention) -> RetentionStore:
    return store
