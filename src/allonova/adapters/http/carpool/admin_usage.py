"""Usage by period, in the back office."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response

from allonova.adapters.http.carpool.usage_pdf import usage_document
from allonova.adapters.http.periods import report_bounds
from allonova.adapters.http.provide import AdminCaller, Language, admin, use
from allonova.adapters.http.reports import ReportQuery, report_query, report_response, report_spec
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.usage_report import ReportUsage, UsageReport
from allonova.application.files.sheets import Rows
from allonova.application.kernel.ports import Clock
from allonova.domain.carpool.usage import COUNTS
from allonova.domain.identity.roles import Area, Right

router = api_router("Back office: reports", "/admin/reports")
ACTIVE = ("users", "passengers", "drivers")


@router.get("/usage", **report_spec(UsageReport))
async def report_usage(
    caller: Annotated[AdminCaller, admin(Area.REPORTS, Right.READ)],
    wanted: Annotated[ReportQuery, report_query()],
    report: Annotated[ReportUsage, use(ReportUsage)],
    clock: Annotated[Clock, use(Clock)],
    language: Language,
) -> Response:
    """People, trips, seats, bookings and ratings of AlloCar, day by day. A table has a row for each day; on paper it
    has your language.
    """
    now = clock.now()
    since, until = report_bounds(wanted.period, now)
    made = await report(since=since, until=until)
    return await report_response(
        wanted.format,
        made,
        name=f"usage-{made.first_day}-{made.last_day}",
        columns=("day", *(f"active_{name}" for name in ACTIVE), *COUNTS),
        days=_days(made),
        document=usage_document(made, language, now),
    )


async def _days(report: UsageReport) -> Rows:
    yield [
        (
            each.day,
            *(getattr(each.active, name) for name in ACTIVE),
            *(getattr(each.counts, name) for name in COUNTS),
        )
        for each in report.days
    ]
