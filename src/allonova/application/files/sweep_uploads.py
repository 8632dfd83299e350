"""Forget what was sent and is not wanted any more."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.files.ports import FilesUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.files.events import FileDropped
from allonova.domain.kernel.errors import DomainError

BATCH = 100


@wired
class SweepUploads:
    """Drop what was sent under permissions that have expired: a scan that nobody submitted must not stay."""

    begin: Begin[FilesUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many were swept."""
        swept = 0
        while batch := await self._sweep():
            swept += batch
        return swept

    async def _sweep(self) -> int:
        now = self.clock.now()
        async with self.begin() as unit:
            grants = await unit.uploads.overdue(now=now, limit=BATCH)
            for grant in grants:
                for key in grant.sweep(now):
                    await unit.outbox.put(FileDropped(key))
                await unit.uploads.save(grant)
        return len(grants)
