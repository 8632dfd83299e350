"""Exports as their owner sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.domain.files.export import Export, ExportKind, ExportStatus, FileFormat


@dataclass(frozen=True, slots=True)
class ExportFailure:
    """Why it came to nothing."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportView:
    """`url` is a link for a quarter of an hour, in the answer about one export alone and as long as its file is there,
    which is until `expires_at`. Rows of `since ≤ t < until`.
    """

    id: UUID
    kind: ExportKind
    format: FileFormat
    since: datetime
    until: datetime
    filters: dict[str, str]
    status: ExportStatus
    progress: int
    rows: int
    size: int | None
    url: str | None
    failure: ExportFailure | None
    expires_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ExportStarted:
    """What is answered instead of a table that is too large to be sent at once."""

    export: ExportView


def export_view(export: Export, url: str | None = None) -> ExportView:
    """The view of an export."""
    return ExportView(
        id=export.id,
        kind=export.kind,
        format=export.format,
        since=export.since,
        until=export.until,
        filters=dict(export.filters),
        status=export.status,
        progress=export.progress,
        rows=export.rows,
        size=export.size,
        url=url,
        failure=None if export.failure_code is None else ExportFailure(export.failure_code),
        expires_at=export.expires_at,
        created_at=export.created_at,
    )
