"""Take a table away: at once, or as a file that is written meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from allonova.application.files.export_ports import ExportUnit
from allonova.application.files.export_views import ExportView, export_view
from allonova.application.files.sheets import Sheet, Table, Terms
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.files.export import (
    AT_ONCE_ROWS,
    OPEN_EXPORTS,
    XLSX_ROWS,
    Export,
    ExportKind,
    FileFormat,
    TooManyExports,
    require_room,
)
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, Forbidden


@wired
class ExportTable:
    """Above so many rows an export is a job of the worker. Who took what away is written down, either way."""

    begin: Begin[ExportUnit]
    clock: Clock
    ids: Ids
    sheets: Mapping[ExportKind, Sheet]
    at_once: int = AT_ONCE_ROWS

    errors: ClassVar[tuple[type[DomainError], ...]] = (TooManyExports,)

    async def __call__(
        self, *, by: Actor, kind: ExportKind, file_format: FileFormat, terms: Terms
    ) -> Table | ExportView:
        """The rows, to be sent while they are read; or the export that holds them one day. Asked for the same again
        while that is under way, the same export. Raises TooManyExports; ValidationError for what no spreadsheet holds.
        """
        if by.id is None:
            raise Forbidden
        sheet = self.sheets[kind]
        most = XLSX_ROWS if file_format is FileFormat.XLSX else self.at_once
        rows = await sheet.count(terms, most=max(most, self.at_once) + 1)
        require_room(file_format, rows)
        if rows <= self.at_once:
            async with self.begin() as unit:
                await self._note(unit, by, self.ids.new(), kind, file_format, terms)
            return Table(sheet.columns, sheet.rows(terms))
        return await self._start(by, self._new(by.id, kind, file_format, terms), terms)

    async def _start(self, by: Actor, export: Export, terms: Terms) -> ExportView:
        async with self.begin() as unit:
            await unit.admins.get(export.admin_id, lock=True)
            open_ = await unit.exports.open_of(export.admin_id)
            for other in open_:
                if other.asks_the_same(export):
                    return export_view(other)
            if len(open_) >= OPEN_EXPORTS:
                raise TooManyExports(OPEN_EXPORTS)
            await unit.exports.add(export)
            await self._note(unit, by, export.id, export.kind, export.format, terms)
        return export_view(export)

    def _new(self, admin_id: UUID, kind: ExportKind, file_format: FileFormat, terms: Terms) -> Export:
        now = self.clock.now()
        return Export(
            id=self.ids.new(),
            admin_id=admin_id,
            kind=kind,
            format=file_format,
            since=terms.since,
            until=terms.until,
            filters=dict(terms.filters),
            shows_phones=terms.shows_phones,
            created_at=now,
            updated_at=now,
        )

    async def _note(
        self, unit: ExportUnit, by: Actor, id: UUID, kind: ExportKind, file_format: FileFormat, terms: Terms
    ) -> None:
        meta: dict[str, str | int] = {
            "kind": kind,
            "format": file_format,
            "since": terms.since.date().isoformat(),
            "until": terms.until.date().isoformat(),
            "phones": "whole" if terms.shows_phones else "masked",
            **terms.filters,
        }
        await unit.audit.put(actor=by, action="table.exported", entity="export", entity_id=id, meta=meta)
