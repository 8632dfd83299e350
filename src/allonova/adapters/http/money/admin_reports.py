"""Finance by period, in the back office."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response

from allonova.adapters.http.money.finance_pdf import finance_document
from allonova.adapters.http.periods import report_bounds
from allonova.adapters.http.provide import AdminCaller, Language, admin, use
from allonova.adapters.http.reports import ReportQuery, report_query, report_response, report_spec
from allonova.adapters.http.routes import api_router
from allonova.application.files.sheets import Rows
from allonova.application.kernel.ports import Clock
from allonova.application.money.finance_report import FinanceReport, ReportFinance
from allonova.domain.identity.roles import Area, Right
from allonova.domain.money.finance import FIGURES

router = api_router("Back office: reports", "/admin/reports")


@router.get("/finance", **report_spec(FinanceReport))
async def report_finance(
    caller: Annotated[AdminCaller, admin(Area.REPORTS, Right.READ)],
    wanted: Annotated[ReportQuery, report_query()],
    report: Annotated[ReportFinance, use(ReportFinance)],
    clock: Annotated[Clock, use(Clock)],
    language: Language,
) -> Response:
    """Straight from the books, day by day: every figure is a sum of postings. A table has a row for each day; on paper
    it has your language. Each posting itself is in `/admin/reports/finance/entries`.
    """
    now = clock.now()
    since, until = report_bounds(wanted.period, now)
    made = await report(since=since, until=until)
    return await report_response(
        wanted.format,
        made,
        name=f"finance-{made.first_day}-{made.last_day}",
        columns=("day", *FIGURES),
        days=_days(made),
        document=finance_document(made, language, now),
    )


async def _days(report: FinanceReport) -> Rows:
    yield [(each.day, *(getattr(each.figures, name) for name in FIGURES)) for each in report.days]
