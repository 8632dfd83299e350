"""What exports ask of their store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.kernel.ports import Store, Unit
from allonova.domain.files.export import Export
from allonova.domain.identity.admin_user import AdminUser


class ExportStore(Store[Export], Protocol):
    """Exports."""

    async def open_of(self, admin_id: UUID) -> Sequence[Export]:
        """Somebody's that are under way, the oldest first."""

    async def next_due(self, *, now: datetime) -> Export | None:
        """The oldest that is under way and nobody holds, locked; what another unit has locked is left out."""

    async def expired(self, *, now: datetime, limit: int) -> Sequence[Export]:
        """Those whose file is there and has had its time, locked, the oldest first."""


class ExportUnit(Unit, Protocol):
    """A transaction over exports."""

    @property
    def exports(self) -> ExportStore: ...
    @property
    def admins(self) -> Store[AdminUser]: ...


class ExportQueries(Protocol):
    """Reads outside a transaction, one round trip; the list two."""

    async def export(self, id: UUID) -> Export | None:
        """One of them."""

    async def exports_of(self, admin_id: UUID, query: ListQuery) -> Page[Export]:
        """Somebody's; fields: id, kind, status, created_at."""
