"""Tables of money that the back office takes away, at once or as files that are written meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from allonova.adapters.http.answers import Envelope, answer, answer_page, spec
from allonova.adapters.http.exports import MEDIA, table_response
from allonova.adapters.http.fields import Instant
from allonova.adapters.http.listing import Listing, parameters_of, read_query
from allonova.adapters.http.periods import Period, report_bounds
from allonova.adapters.http.provide import AdminCaller, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.files.export_ports import ExportQueries
from allonova.application.files.export_table import ExportTable
from allonova.application.files.export_views import ExportStarted, ExportView, export_view
from allonova.application.files.sheets import Terms
from allonova.application.files.show_export import ShowExport
from allonova.application.kernel.listing import ListQuery, Page, Sort
from allonova.application.kernel.ports import Clock
from allonova.domain.files.export import ExportKind, ExportStatus, FileFormat
from allonova.domain.identity.roles import Area, Right, may
from allonova.domain.money.payout import PayoutKind, PayoutMethod, PayoutStatus
from allonova.domain.money.wallet import TxnSource, TxnStatus, TxnType

router = api_router("Back office: reports", "/admin")
EXPORTS = Listing(
    filters={"kind": ExportKind, "status": ExportStatus, "created_at": Instant},
    ranges=["created_at"],
    sortable=["created_at"],
)
NEWEST_FIRST = (Sort("created_at", descending=True),)

type Exporter = Annotated[AdminCaller, admin(Area.REPORTS, Right.ALL)]
type Exporting = Annotated[ExportTable, use(ExportTable)]
type Now = Annotated[Clock, use(Clock)]


class Asked(BaseModel):
    """The query string of an export; unknown parameters are refused, or a filter that is misspelt would be none."""

    model_config = ConfigDict(extra="forbid")

    period: Period = "month"
    format: FileFormat = FileFormat.CSV

    def filters(self) -> dict[str, str]:
        """What else it says."""
        return {name: str(value) for name, value in self if name not in ("period", "format") and value is not None}


class AskedTxns(Asked):
    """Of lines of wallets."""

    type: TxnType | None = None
    source: TxnSource | None = None
    status: TxnStatus | None = None


class AskedPayouts(Asked):
    """Of payouts."""

    kind: PayoutKind | None = Field(None, description="Of what drivers earned, or out of wallets.")
    method: PayoutMethod | None = None
    status: PayoutStatus | None = None


def asked(model: type[Asked]) -> Any:
    """The dependency that reads a query string."""

    async def read(request: Request) -> Asked:
        return read_query(model, request.query_params.multi_items())

    return Depends(read)


def export_spec(model: type[Asked]) -> dict[str, Any]:
    """The file, or 202 with the export that will be one."""
    parameters, media = parameters_of(model), tuple(MEDIA.values())
    later = {202: {"model": Envelope[ExportStarted], "description": "More than 50,000 rows: a job."}}
    return spec(None, ExportTable.errors, row=True, media=media, parameters=parameters, more=later)


async def exported(
    export: ExportTable, kind: ExportKind, wanted: Asked, caller: AdminCaller, now: datetime
) -> Response:
    """The table as it is read, or how its export stands."""
    since, until = report_bounds(wanted.period, now)
    terms = Terms(
        since=since,
        until=until,
        filters=wanted.filters(),
        shows_phones=kind is ExportKind.PAYOUTS and _may_see_phones(caller),
    )
    made = await export(by=caller.actor, kind=kind, file_format=wanted.format, terms=terms)
    if isinstance(made, ExportView):
        return answer(ExportStarted(made), status=202)
    return table_response(f"{kind.value}-{since:%Y-%m-%d}", made.columns, made.rows, wanted.format)


def _may_see_phones(caller: AdminCaller) -> bool:
    return may(caller.role, Area.MONEY, Right.ALL)


@router.get("/wallet/txns/export", **export_spec(AskedTxns))
async def export_wallet_txns(
    caller: Exporter, wanted: Annotated[AskedTxns, asked(AskedTxns)], export: Exporting, clock: Now
) -> Response:
    """Every line of every wallet's statement in a period, the oldest first. That you took it is written down."""
    return await exported(export, ExportKind.WALLET_TXNS, wanted, caller, clock.now())


@router.get("/payouts/export", **export_spec(AskedPayouts))
async def export_all_payouts(
    caller: Exporter, wanted: Annotated[AskedPayouts, asked(AskedPayouts)], export: Exporting, clock: Now
) -> Response:
    """Every payout and withdrawal that was made in a period, the oldest first; numbers are whole for those who may pay.
    That you took it is written down.
    """
    return await exported(export, ExportKind.PAYOUTS, wanted, caller, clock.now())


@router.get("/reports/finance/entries", **export_spec(Asked))
async def export_entries(
    caller: Exporter, wanted: Annotated[Asked, asked(Asked)], export: Exporting, clock: Now
) -> Response:
    """Every posting of the books in a period with its entry, the oldest first: what the figures of the report on
    finance are sums of. That you took it is written down.
    """
    return await exported(export, ExportKind.ENTRIES, wanted, caller, clock.now())


@router.get("/exports", **spec(ExportView, listed=True, row=True, parameters=EXPORTS.parameters()))
async def list_exports(
    caller: Exporter,
    query: Annotated[ListQuery, EXPORTS.depends()],
    queries: Annotated[ExportQueries, use(ExportQueries)],
) -> Response:
    """One's own exports, the newest first unless sorted otherwise; a link is in the answer about one of them."""
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    page = await queries.exports_of(caller.admin_id, query)
    return answer_page(Page([export_view(export) for export in page.items], page.total), query)


@router.get("/exports/{id}", **spec(ExportView, ShowExport.errors, row=True))
async def get_export(id: UUID, caller: Exporter, show: Annotated[ShowExport, use(ShowExport)]) -> Response:
    """How one's export stands; once it is done, with a link to its file for 15 minutes. Files stay for a week."""
    return answer(await show(admin_id=caller.admin_id, export_id=id, shows_phones=_may_see_phones(caller)))
