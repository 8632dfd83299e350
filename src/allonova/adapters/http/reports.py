"""Reports by period: as JSON, as a table for a spreadsheet, on paper."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.exports import MEDIA, table_response
from allonova.adapters.http.listing import parameters_of, read_query
from allonova.adapters.http.paper import Document
from allonova.adapters.http.periods import Period
from allonova.application.files.sheets import Rows
from allonova.domain.files.export import FileFormat

PDF = "application/pdf"


class ReportFormat(StrEnum):
    """How a report is wanted."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


class ReportQuery(BaseModel):
    """The query string of a report; unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    period: Period = "month"
    format: ReportFormat = ReportFormat.JSON


def report_query() -> Any:
    """The dependency that reads it."""

    async def read(request: Request) -> ReportQuery:
        return read_query(ReportQuery, request.query_params.multi_items())

    return Depends(read)


def report_spec(view: type) -> dict[str, Any]:
    """What such a route answers."""
    return spec(view, row=True, media=(*MEDIA.values(), PDF), parameters=parameters_of(ReportQuery))


async def report_response(
    wanted: ReportFormat, report: object, *, name: str, columns: Sequence[str], days: Rows, document: Document
) -> Response:
    """The report as it was asked for: whole as JSON and on paper, its days as a table."""
    match wanted:
        case ReportFormat.JSON:
            return answer(report)
        case ReportFormat.PDF:
            headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
            return Response(await asyncio.to_thread(_printed, document), media_type=PDF, headers=headers)
        case ReportFormat.CSV | ReportFormat.XLSX:
            return table_response(name, columns, days, FileFormat(wanted.value))


def _printed(document: Document) -> bytes:
    from allonova.adapters.http.pdf import render  # noqa: PLC0415 - what prints is heavy; its first report waits, in a thread

    return render(document)
