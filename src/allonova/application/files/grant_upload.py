"""Let somebody send a file."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from allonova.application.files.ports import FileStore, FilesUnit, Upload
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.files.upload import MAX_BYTES, TYPES, UPLOADS_PER_HOUR, FileType, Purpose, new_grant
from allonova.domain.kernel.errors import DomainError, FieldError, RateLimited, ValidationError


@wired
class GrantUpload:
    """Let somebody send one file of one type and size, straight to the store."""

    begin: Begin[FilesUnit]
    clock: Clock
    ids: Ids
    files: FileStore

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError, RateLimited)

    async def __call__(self, *, caller_id: UUID, purpose: Purpose, content_type: FileType, size: int) -> Upload:
        """Raises ValidationError for a type or size that this purpose does not take; `size` in bytes."""
        if content_type not in TYPES[purpose]:
            allowed = ", ".join(sorted(TYPES[purpose]))
            raise ValidationError((FieldError("content_type", "not_allowed", f"one of {allowed}"),))
        if not 0 < size <= MAX_BYTES[purpose]:
            raise ValidationError((FieldError("size", "out_of_range", f"1 to {MAX_BYTES[purpose]} bytes"),))
        now = self.clock.now()
        grant = new_grant(
            self.ids.new(), user_id=caller_id, purpose=purpose, content_type=content_type, size=size, at=now
        )
        async with self.begin() as unit:
            hour = timedelta(hours=1)
            wait_until = await unit.attempts.take(f"uploads:{caller_id}", limit=UPLOADS_PER_HOUR, window=hour, now=now)
            if wait_until is not None:
                raise RateLimited(retry_after_s=max(1, math.ceil((wait_until - now).total_seconds())))
            await unit.uploads.add(grant)
        return self.files.grant_upload(grant.object_key, content_type=content_type, size=size)
