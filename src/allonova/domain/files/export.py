"""A table that is too large to be sent at once: it is written to a file, which its owner fetches later."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import Conflict, FieldError, ValidationError


class FileFormat(StrEnum):
    """What a spreadsheet opens."""

    CSV = "csv"
    XLSX = "xlsx"


class ExportKind(StrEnum):
    """What can be taken away."""

    ENTRIES = "entries"
    WALLET_TXNS = "wallet_txns"
    PAYOUTS = "payouts"


class ExportStatus(StrEnum):
    """How far it is; done and failed are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


OPEN = frozenset({ExportStatus.QUEUED, ExportStatus.RUNNING})

AT_ONCE_ROWS = 50_000  # allocar.md, Back office: above it, an export becomes a job
XLSX_ROWS = 1_048_575  # what a sheet holds beside its head
OPEN_EXPORTS = 3  # of one admin, docs/decisions/0080
TRIES = 5
LEASE = timedelta(seconds=90)  # longer than a part of a file takes at a store that is slow
BEAT = timedelta(seconds=10)
RETRY = timedelta(seconds=60)
KEPT = timedelta(days=7)
GIVEN_UP = "given_up"


@dataclass(eq=False)
class TooManyExports(Conflict):
    """So many exports of this admin are under way: one must end first."""

    limit: int


def require_room(file_format: FileFormat, rows: int) -> None:
    """Raise ValidationError for more rows than a spreadsheet can open; CSV has no such bound."""
    if file_format is FileFormat.XLSX and rows > XLSX_ROWS:
        raise ValidationError((FieldError("format", "too_many_rows", f"at most {XLSX_ROWS} rows; take csv"),))


@dataclass(slots=True, kw_only=True)
class Export:
    """Rows of `since ≤ t < until` that `filters` leave, for one admin. Whoever writes it holds it by a lease, which he
    renews; each renewal raises the version, so that one who lost it hears of it when he renews or ends. Of a try that
    was lost, nothing stays.
    """

    id: UUID
    admin_id: UUID
    kind: ExportKind
    format: FileFormat
    since: datetime
    until: datetime
    filters: dict[str, str] = field(default_factory=dict)
    shows_phones: bool = False
    status: ExportStatus = ExportStatus.QUEUED
    progress: int = 0
    rows: int = 0
    size: int | None = None
    object_key: str | None = None
    failure_code: str | None = None
    attempts: int = 0
    lease_until: datetime | None = None
    expires_at: datetime | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def asks_the_same(self, other: Export) -> bool:
        """Whether both would hold the same rows for the same admin."""
        return self._asked == other._asked

    @property
    def _asked(self) -> tuple[object, ...]:
        return self.admin_id, self.kind, self.format, self.since, self.until, self.filters, self.shows_phones

    def take(self, at: datetime) -> bool:
        """Somebody begins to write it, from its first row. False when it was tried often enough: it has failed."""
        if self.attempts >= TRIES:
            self._end(ExportStatus.FAILED, at)
            self.failure_code = GIVEN_UP
            return False
        self.status, self.progress, self.rows = ExportStatus.RUNNING, 0, 0
        self.attempts += 1
        self.lease_until = at + LEASE
        self.updated_at = at
        return True

    def go_on(self, rows: int, *, of: int, at: datetime) -> None:
        """So many rows are written; the writer is alive."""
        self.rows = rows
        self.progress = min(99, rows * 100 // max(of, 1))
        self.lease_until = at + LEASE
        self.updated_at = at

    def finish(self, object_key: str, *, rows: int, size: int, at: datetime) -> None:
        """The file is there, for a while."""
        self._end(ExportStatus.DONE, at)
        self.object_key, self.rows, self.size = object_key, rows, size
        self.progress = 100
        self.expires_at = at + KEPT

    def fail(self, code: str, at: datetime) -> None:
        """This try came to nothing; another one begins soon, unless it was the last."""
        if self.attempts >= TRIES:
            self._end(ExportStatus.FAILED, at)
            self.failure_code = code
        else:
            self.status, self.lease_until, self.updated_at = ExportStatus.QUEUED, at + RETRY, at

    def forget(self, at: datetime) -> str | None:
        """The file's time is over; its key."""
        key, self.object_key = self.object_key, None
        self.updated_at = at
        return key

    def _end(self, status: ExportStatus, at: datetime) -> None:
        self.status, self.lease_until, self.updated_at = status, None, at
