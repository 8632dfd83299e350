"""Tables for spreadsheets: inert, and sent while they are read."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from uuid import UUID

import openpyxl
import pytest

from allonova.adapters.http.exports import as_csv, as_xlsx, inert
from allonova.application.files.sheets import Rows
from allonova.domain.files.export import FileFormat
from tests.support.wire import NOBODY

AT = datetime(2025, 10, 1, 6, 30, 15, tzinfo=UTC)
CELLS = (None, 12, Decimal("1.50"), True, AT, date(2025, 10, 1), UUID(NOBODY), "Awa & <Yao>", "+2250700000001")
MANY, PIECE = 2_000, 250

HARMFUL = ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "|calc", "%0A", "\ufeff=1", "\x00=1"]
HARMLESS = ["Awa", "", "a=b", "O'Neil", '"quoted"', "1,5", "é"]


@pytest.mark.promise("exports-inert")
@pytest.mark.parametrize("text", HARMFUL)
def test_text_is_defused_when_a_spreadsheet_might_run_it(text: str) -> None:
    assert inert(text).startswith("'")
    assert "\n" not in inert(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_text_stays_when_it_means_no_harm(text: str) -> None:
    assert inert(text) == text


async def pieces(*rows: Sequence[object]) -> Rows:
    """All in one piece."""
    yield rows


async def whole(written: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in written])


@pytest.mark.promise("exports-inert")
async def test_values_are_themselves_when_they_are_written_as_csv() -> None:
    text = (await whole(as_csv(["name"] * len(CELLS), pieces(CELLS)))).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[1] == [
        "", "12", "1.50", "true", "2025-10-01T06:30:15Z", "2025-10-01", NOBODY, "Awa & <Yao>", "'+2250700000001",
    ]  # fmt: skip


async def test_values_are_themselves_when_they_are_written_as_xlsx() -> None:
    book = await whole(as_xlsx(["name"] * len(CELLS), pieces(CELLS, ("\x00\x0b=1", "\ufffe", "a" * 40_000))))
    sheet = openpyxl.load_workbook(io.BytesIO(book)).worksheets[0]
    values = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert values[1] == [
        None, 12, 1.5, True, AT.replace(tzinfo=None), datetime(2025, 10, 1),  # noqa: DTZ001 - a spreadsheet has no zones
        NOBODY, "Awa & <Yao>", "+2250700000001",
    ]  # fmt: skip
    assert values[2][0] == "' =1"
    assert len(str(values[2][2])) <= 32_767
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


async def test_words_stay_as_they_are_when_they_are_ours_or_have_blanks_around_them() -> None:
    book = await whole(as_xlsx(["a", "b", "c"], pieces((FileFormat.XLSX, " Awa ", "Awa  Yao"))))
    (_, row) = openpyxl.load_workbook(io.BytesIO(book)).worksheets[0].iter_rows()
    assert [cell.value for cell in row] == ["xlsx", " Awa ", "Awa  Yao"]
    sheet = zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("preserve") == 1  # without it, spreadsheets leave out the blanks; openpyxl does not


async def test_file_is_sound_when_there_are_no_rows() -> None:
    book = await whole(as_xlsx(["a", "b"], pieces()))
    (head,) = openpyxl.load_workbook(io.BytesIO(book)).worksheets[0].iter_rows()
    assert [cell.value for cell in head] == ["a", "b"]
    assert await whole(as_csv(["a", "b"], pieces())) == b"\xef\xbb\xbfa,b\r\n"


@pytest.mark.parametrize("write", [as_csv, as_xlsx])
async def test_bytes_leave_while_rows_are_read_when_there_are_many(
    write: Callable[[Sequence[str], Rows], AsyncIterator[bytes]],
) -> None:
    read = 0

    async def rows() -> Rows:
        nonlocal read
        for start in range(0, MANY, PIECE):
            read += PIECE
            yield [(number, Random(number).randbytes(200).hex(), AT, 6_000) for number in range(start, start + PIECE)]

    written = write(["n", "name", "at", "amount"], rows())
    assert len(await anext(written)) > 0
    assert read == 0
    seen = [(read, len(piece)) async for piece in written]
    assert len(seen) >= MANY // PIECE
    assert seen[0][0] == PIECE
    assert max(size for _, size in seen) < 2 * PIECE * 450  # about a piece at a time, not all in the end
