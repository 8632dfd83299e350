"""A spreadsheet of statements' lines by XlsxWriter or openpyxl, each as little at a time as it can:
`python -m benchmarks.rivals.sheets xlsxwriter|openpyxl ROWS FILE`.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import openpyxl
import xlsxwriter
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from benchmarks.statement_lines import COLUMNS, INSTANT, pieces, say_cost


def by_xlsxwriter(rows: int, file: Path) -> None:
    """The method of each cell's type is called, which spares it to look for one."""
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "remove_timezone": True})
    sheet, bold = book.add_worksheet("AlloNova"), book.add_format({"bold": True})
    instant, place = book.add_format({"num_format": INSTANT}), 0
    for column, name in enumerate(COLUMNS):
        sheet.write_string(0, column, name, bold)
    for piece in pieces(rows):
        for line in piece:
            place += 1
            sheet.write_datetime(place, 0, line[0], instant)
            for column in (1, 2, 3, 4, 5, 7, 9):
                sheet.write_string(place, column, str(line[column]))
            sheet.write_number(place, 6, line[6])
            sheet.write_number(place, 8, line[8])
    book.close()


def by_openpyxl(rows: int, file: Path) -> None:
    """In its write-only mode."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("AlloNova")
    head = [WriteOnlyCell(sheet, name) for name in COLUMNS]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    for piece in pieces(rows):
        for at, *ids, way, source, amount, status, balance, ref in piece:
            instant = WriteOnlyCell(sheet, at.replace(tzinfo=None))
            instant.number_format = INSTANT
            sheet.append((instant, *map(str, ids), way, source, amount, status, balance, str(ref)))
    book.save(file)


WRITERS = {"xlsxwriter": by_xlsxwriter, "openpyxl": by_openpyxl}

if __name__ == "__main__":
    name, rows, file = sys.argv[1:]
    say_cost(partial(WRITERS[name], int(rows), Path(file)), Path(file))
