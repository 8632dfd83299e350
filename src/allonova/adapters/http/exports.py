"""Tables as files for spreadsheets, sent while their rows are read: the first bytes leave before the last row is known,
and no row is kept.
"""

from __future__ import annotations

import asyncio
import csv
import io
import re
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from itertools import batched
from types import NoneType
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape  # nosec B406 # it writes XML and reads none

from fastapi.responses import StreamingResponse

from allonova.application.files.sheets import Rows, TableWriter
from allonova.domain.files.export import FileFormat

MEDIA = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FORMULA = tuple("=+-@\t\r\n|%")
PHONE = re.compile(r"\+[0-9]{6,15}")
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufffe\uffff]+")
AT_A_TIME = 200  # rows that are written before others have their turn: a few milliseconds
LONGEST = 32_767  # characters in a cell of a spreadsheet


def table_response(name: str, columns: Sequence[str], rows: Rows, kind: FileFormat) -> StreamingResponse:
    """A file called `name` with a row of column names above the rows."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind.value}"'}
    return StreamingResponse(write_table(kind, columns, rows), media_type=MEDIA[kind], headers=headers)


def write_table(kind: FileFormat, columns: Sequence[str], rows: Rows) -> AsyncIterator[bytes]:
    """See TableWriter."""
    return as_csv(columns, rows) if kind is FileFormat.CSV else as_xlsx(columns, rows)


def inert(text: str) -> str:
    """A text that no spreadsheet runs, in one line."""
    line = UNPRINTABLE.sub(" ", text)[: LONGEST - 1]
    return f"'{line}" if text.startswith(FORMULA) or line.lstrip().startswith(FORMULA) else line


async def as_csv(columns: Sequence[str], rows: Rows) -> AsyncIterator[bytes]:
    """Commas, and a mark by which spreadsheets know UTF-8."""
    yield b"\xef\xbb\xbf" + _csv([columns])
    async for piece in rows:
        for part in batched(piece, AT_A_TIME):
            yield _csv(map(_plain_row, part))
            await asyncio.sleep(0)  # whoever else is served by this process has his turn


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    lines = io.StringIO()
    csv.writer(lines).writerows(rows)
    return lines.getvalue().encode()


def _plain_row(row: Sequence[object]) -> list[object]:
    kinds: Iterable[Any] = map(type, row)
    return [_plain_of(kind)(cell) for kind, cell in zip(kinds, row, strict=True)]


@cache
def _plain_of(kind: Any) -> Callable[[Any], object]:
    """What makes a cell of some type plain; a table has few types and many cells."""
    if kind is NoneType:
        return lambda _: ""
    if issubclass(kind, bool):
        return lambda cell: str(cell).lower()
    if issubclass(kind, int | float | Decimal):
        return lambda cell: cell
    if issubclass(kind, UUID | StrEnum):
        return str  # words of our own
    if issubclass(kind, datetime):
        return lambda cell: f"{cell.astimezone(UTC).isoformat()[:19]}Z"
    return lambda cell: inert(str(cell))


class _Sink(io.RawIOBase):
    """Where a zip is written that nobody can go back in; what it holds is taken out while it grows."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[bytes] = []

    def writable(self) -> bool:
        """See RawIOBase."""
        return True

    def write(self, data: object, /) -> int:
        """See RawIOBase."""
        kept = bytes(memoryview(data))  # type: ignore[arg-type]
        self._held.append(kept)
        return len(kept)

    def take(self) -> bytes:
        """What came since the last time."""
        held, self._held = b"".join(self._held), []
        return held


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET = "xl/worksheets/sheet1.xml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
    f'<Override PartName="/{_SHEET}" ContentType="{_KIND}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="AlloNova" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    # Styles: 0 plain, 1 instant, 2 day, 3 bold.
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    "<borders><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
_FIRST_DAY = datetime(1899, 12, 30, tzinfo=UTC)
_DAY_S = 86_400


async def as_xlsx(columns: Sequence[str], rows: Rows) -> AsyncIterator[bytes]:
    """One sheet. Its texts stand in their cells, so that nothing must be known of the others."""
    sink = _Sink()
    archive = zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=4)
    for name, text in _PARTS.items():
        archive.writestr(name, _HEAD + text)
    with archive.open(_SHEET, "w") as sheet:
        sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
        head = "".join(_text(name, style=3) for name in columns)
        sheet.write(f"<row>{head}</row>".encode())
        yield sink.take()
        async for piece in rows:
            for part in batched(piece, AT_A_TIME):
                sheet.write("".join(map(_xml_row, part)).encode())
                if written := sink.take():
                    yield written
                await asyncio.sleep(0)
        sheet.write(b"</sheetData></worksheet>")
    archive.close()
    yield sink.take()


def _xml_row(row: Sequence[object]) -> str:
    kinds: Iterable[Any] = map(type, row)
    return f"<row>{''.join([_cell_of(kind)(cell) for kind, cell in zip(kinds, row, strict=True)])}</row>"


_CELLS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (NoneType, lambda _: "<c/>"),
    (bool, lambda cell: f'<c t="b"><v>{int(cell)}</v></c>'),
    ((int, float, Decimal), lambda cell: f"<c><v>{cell}</v></c>"),
    ((UUID, StrEnum), lambda cell: f'<c t="inlineStr"><is><t>{cell}</t></is></c>'),  # words of our own
    (datetime, lambda cell: f'<c s="1"><v>{_days(cell):.9f}</v></c>'),
    (date, lambda day: f'<c s="2"><v>{_days(datetime(day.year, day.month, day.day, tzinfo=UTC)):.0f}</v></c>'),
    (object, lambda cell: _text(str(cell))),
)


@cache
def _cell_of(kind: Any) -> Callable[[Any], str]:
    """What makes the XML of a cell of some type: see `_plain_of`."""
    return next(write for known, write in _CELLS if issubclass(kind, known))


def _text(text: str, style: int = 0) -> str:
    """A number to call stays as it is: such a cell is text, whatever it begins with."""
    shown = text if PHONE.fullmatch(text) else inert(text)
    # Only where they say something: in each cell they would be a fifth of the sheet before it is packed.
    styled = f' s="{style}"' if style else ""
    kept = "" if shown.strip() == shown else ' xml:space="preserve"'
    return f'<c t="inlineStr"{styled}><is><t{kept}>{escape(shown)}</t></is></c>'


def _days(at: datetime) -> float:
    return (at - _FIRST_DAY).total_seconds() / _DAY_S


def _conforms() -> TableWriter:
    return write_table
