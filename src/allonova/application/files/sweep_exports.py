"""Forget the files of exports that have had their time."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.files.export_ports import ExportUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.files.events import FileDropped
from allonova.domain.kernel.errors import DomainError

BATCH = 100


@wired
class SweepExports:
    """Drop each file after its week; that it was made stays known."""

    begin: Begin[ExportUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many were dropped."""
        dropped = 0
        while batch := await self._sweep():
            dropped += batch
        return dropped

    async def _sweep(self) -> int:
        async with self.begin() as unit:
            now = self.clock.now()
            exports = await unit.exports.expired(now=now, limit=BATCH)
            for export in exports:
                if (key := export.forget(now)) is not None:
                    await unit.outbox.put(FileDropped(key))
                await unit.exports.save(export)
        return len(exports)
