"""Uploads in memory."""

from __future__ import annotations

from datetime import datetime

from allonova.adapters.memory.rules import Check, Foreign, Table, Unique
from allonova.adapters.memory.store import MemoryStore, Transaction, stored
from allonova.application.files.ports import UploadStore
from allonova.domain.files.upload import UploadGrant

UPLOADS = Table(
    name="uploads",
    row=UploadGrant,
    uniques=(Unique("uq_uploads_object_key", ("object_key",)),),
    foreigns=(Foreign("user_id", "users"),),
    checks=(
        Check("size", lambda grant: grant.size > 0),
        Check("swept_is_closed", lambda grant: grant.swept_at is None or grant.closed_at is not None),
    ),
)


class MemoryUploads(MemoryStore[UploadGrant]):
    """Permissions to send a file."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, UPLOADS)

    async def overdue(self, *, now: datetime, limit: int) -> list[UploadGrant]:
        """See UploadStore."""
        over = [grant for grant in self._rows().values() if grant.expires_at <= now and grant.swept_at is None]
        return [stored(grant) for grant in sorted(over, key=lambda grant: (grant.expires_at, grant.id))[:limit]]


def _conforms(uploads: MemoryUploads) -> UploadStore:
    return uploads
