"""How an export stands, and where its file is."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from allonova.application.files.export_ports import ExportQueries
from allonova.application.files.export_views import ExportView, export_view
from allonova.application.files.ports import FileStore
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import DomainError, NotFound

EXPORT_LINK = timedelta(minutes=15)


@wired
class ShowExport:
    """For whoever asked for it, with a fresh link. Another admin's is not there, nor one with phones that its owner's
    role may not see any more.
    """

    queries: ExportQueries
    files: FileStore
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, admin_id: UUID, export_id: UUID, shows_phones: bool) -> ExportView:
        """Raises NotFound."""
        export = await self.queries.export(export_id)
        if export is None or export.admin_id != admin_id or (export.shows_phones and not shows_phones):
            raise NotFound
        is_there = export.expires_at is not None and self.clock.now() < export.expires_at
        if export.object_key is None or not is_there:
            return export_view(export)
        return export_view(export, self.files.link(export.object_key, expires=EXPORT_LINK))
