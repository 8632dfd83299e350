"""Paying drivers, in the back office."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field, StrictBool

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.exports import MEDIA, table_response
from allonova.adapters.http.fields import Body, Instant
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import AdminCaller, admin, keyed, optional_admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.kernel.idempotency import Once
from allonova.application.kernel.listing import ListQuery, Page, Sort
from allonova.application.money.decide_payouts import ApprovePayouts, RejectPayouts
from allonova.application.money.export_payouts import COLUMNS, ExportPayouts
from allonova.application.money.payout_desk import PayoutDesk
from allonova.application.money.payout_ports import PayoutQueries
from allonova.application.money.payout_views import (
    PayoutBatchView,
    PayoutRun,
    PayoutView,
    batch_view,
    masked_phone,
    payout_view,
)
from allonova.application.money.run_payouts import RunPayouts
from allonova.domain.files.export import FileFormat
from allonova.domain.identity.roles import Area, Right, may
from allonova.domain.money.payout import BatchStatus, PayoutKind, PayoutMethod, PayoutStatus

router = api_router("Back office: payouts", "/admin/payouts")
PAYOUTS = Listing(
    filters={
        "status": PayoutStatus,
        "method": PayoutMethod,
        "kind": PayoutKind,
        "batch_id": UUID,
        "driver_id": UUID,
        "created_at": Instant,
    },
    ranges=["created_at"],
    sortable=["created_at"],
)
BATCHES = Listing(
    filters={"status": BatchStatus, "created_at": Instant}, ranges=["created_at"], sortable=["created_at"]
)
NEWEST_FIRST = (Sort("created_at", descending=True),)

type Reader = Annotated[AdminCaller, admin(Area.MONEY, Right.READ)]
type Payer = Annotated[AdminCaller, admin(Area.MONEY, Right.ALL)]
type Exporter = Annotated[AdminCaller, admin(Area.REPORTS, Right.ALL)]
type Reading = Annotated[PayoutQueries, use(PayoutQueries)]


class RunBody(Body):
    """What was earned before `until` is paid, by default all. A dry run pays nobody."""

    until: Instant | None = Field(None, examples=["2026-03-30T00:00:00Z"])
    dry_run: StrictBool = False


@router.post("/run", **spec(PayoutRun, RunPayouts.errors, row=True, keyed=True))
async def run_payouts(
    body: RunBody,
    caller: Payer,
    once: Annotated[Once[Any], keyed(200, who=optional_admin)],
    run: Annotated[RunPayouts, use(RunPayouts)],
) -> Response:
    """One payout for each driver who may be paid; numbers are masked. A large run waits for another admin."""
    made = await run(by=caller.actor, until=body.until, dry_run=body.dry_run, once=once)
    return answer(made, once=once)


@router.get("", **spec(PayoutView, listed=True, row=True, parameters=PAYOUTS.parameters()))
async def list_payouts(
    caller: Reader,
    query: Annotated[ListQuery, PAYOUTS.depends()],
    queries: Reading,
    desk: Annotated[PayoutDesk, use(PayoutDesk)],
) -> Response:
    """Payouts and withdrawals, the newest first unless sorted otherwise; numbers are whole for those who may pay."""
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    page = await queries.payouts(query)
    shown = str if may(caller.role, Area.MONEY, Right.ALL) else masked_phone
    return answer_page(Page([payout_view(each, shown(desk.phone_of(each))) for each in page.items], page.total), query)


@router.get("/batches", **spec(PayoutBatchView, listed=True, row=True, parameters=BATCHES.parameters()))
async def list_payout_batches(
    caller: Reader, query: Annotated[ListQuery, BATCHES.depends()], queries: Reading
) -> Response:
    """Runs, the newest first unless sorted otherwise."""
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    page = await queries.batches(query)
    return answer_page(Page([batch_view(batch) for batch in page.items], page.total), query)


@router.post("/{batch_id}/approve", **spec(PayoutBatchView, ApprovePayouts.errors, row=True))
async def approve_payouts(
    batch_id: UUID, caller: Payer, approve: Annotated[ApprovePayouts, use(ApprovePayouts)]
) -> Response:
    """Agree with a run that another admin, or the schedule, has asked for: it is sent."""
    return answer(await approve(by=caller.actor, batch_id=batch_id))


@router.post("/{batch_id}/reject", **spec(PayoutBatchView, RejectPayouts.errors, row=True))
async def reject_payouts(
    batch_id: UUID, caller: Payer, reject: Annotated[RejectPayouts, use(RejectPayouts)]
) -> Response:
    """Refuse it: the francs are owed to their drivers again."""
    return answer(await reject(by=caller.actor, batch_id=batch_id))


@router.get("/{batch_id}/export", **spec(None, ExportPayouts.errors, row=True, media=tuple(MEDIA.values())))
async def export_payouts(
    batch_id: UUID,
    caller: Exporter,
    export: Annotated[ExportPayouts, use(ExportPayouts)],
    kind: Annotated[FileFormat, Query(alias="format")] = FileFormat.CSV,
) -> Response:
    """A run's payouts as a file; numbers are whole for those who may pay. That you took it is written down."""
    shows_phones = may(caller.role, Area.MONEY, Right.ALL)
    rows = await export(by=caller.actor, batch_id=batch_id, shows_phones=shows_phones)
    return table_response(f"payouts-{batch_id}", COLUMNS, rows, kind)
