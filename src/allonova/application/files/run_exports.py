"""Write the files of exports that wait."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from allonova.application.files.export_ports import ExportUnit
from allonova.application.files.ports import FileStore
from allonova.application.files.sheets import Rows, Sheet, TableWriter, Terms
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.files.export import BEAT, Export, ExportKind
from allonova.domain.kernel.errors import DomainError, StaleVersion

log = logging.getLogger(__name__)

MEDIA = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
MOST_ROWS = 20_000_000  # more than a spreadsheet or a mail ever takes; only the progress is measured by it
FAILED = "internal_error"
RESTS, LONGEST_REST_S = 1.5, 1


@wired
class RunExports:
    """One after the other; of several processes each takes another one. A file is written under a name of its own try:
    who lost his lease while he wrote can spoil nothing, and takes his file back.
    """

    begin: Begin[ExportUnit]
    clock: Clock
    ids: Ids
    files: FileStore
    sheets: Mapping[ExportKind, Sheet]
    write: TableWriter
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many were written. While another run of this process is at it, none."""
        if self.turn.locked():
            return 0
        written = 0
        async with self.turn:
            while (export := await self._take()) is not None:
                written += await self._write(export)
        return written

    async def _take(self) -> Export | None:
        while True:
            async with self.begin() as unit:
                now = self.clock.now()
                export = await unit.exports.next_due(now=now)
                if export is None:
                    return None
                is_mine = export.take(now)
                await unit.exports.save(export)
            if is_mine:
                return export
            log.error("export given up", extra={"export_id": str(export.id)})

    async def _write(self, export: Export) -> bool:
        sheet, terms = self.sheets[export.kind], Terms.of(export)
        key = f"exports/{export.id}/{self.ids.new()}.{export.format.value}"
        name = f"{export.kind.value}-{terms.since:%Y-%m-%d}-{export.id}.{export.format.value}"
        try:
            total = await sheet.count(terms, most=MOST_ROWS)
            pieces = self.write(export.format, sheet.columns, self._counted(export, sheet.rows(terms), total))
            size = await self.files.stream(key, pieces, content_type=MEDIA[export.format], name=name)
            await self._finish(export, key, size)
        except StaleVersion:
            log.warning("export taken over", extra={"export_id": str(export.id)})
        except Exception as error:
            log.exception("export failed", extra={"export_id": str(export.id), "attempts": export.attempts})
            await self._fail(export, error.code if isinstance(error, DomainError) else FAILED)
        else:
            return True
        await self._drop_unless_kept(export, key)
        return False

    async def _counted(self, export: Export, rows: Rows, total: int) -> Rows:
        """The rows, while they are counted and the lease is kept alive. Each piece is followed by a rest half as
        long again as it took: an export has two fifths of a processor at most, since nobody waits for it as for an
        answer.

        Raises:
            StaleVersion: the lease was lost.
        """
        seen, told = 0, self.clock.now()
        loop = asyncio.get_running_loop()
        began = loop.time()
        async for piece in rows:
            yield piece
            await asyncio.sleep(min(RESTS * (loop.time() - began), LONGEST_REST_S))
            began = loop.time()
            seen += len(piece)
            now = self.clock.now()
            if now - told >= BEAT:
                told = now
                async with self.begin() as unit:
                    export.go_on(seen, of=total, at=now)
                    await unit.exports.save(export)
        export.rows = seen

    async def _finish(self, export: Export, key: str, size: int) -> None:
        async with self.begin() as unit:
            export.finish(key, rows=export.rows, size=size, at=self.clock.now())
            await unit.exports.save(export)

    async def _fail(self, export: Export, code: str) -> None:
        """Unless somebody else has it by now."""
        try:
            async with self.begin() as unit:
                export.fail(code, self.clock.now())
                await unit.exports.save(export)
        except StaleVersion:
            log.warning("export taken over", extra={"export_id": str(export.id)})

    async def _drop_unless_kept(self, export: Export, key: str) -> None:
        """The file of this try, unless it was finished after all and only the answer to that was lost."""
        async with self.begin() as unit:
            kept = await unit.exports.get(export.id)
        if kept.object_key != key:
            await self.files.delete(key)
