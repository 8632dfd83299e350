"""How our money and the providers' stand to each other, in the back office."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Response

from allonova.adapters.http.answers import answer_paged, spec
from allonova.adapters.http.fields import Instant
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import AdminCaller, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.application.money.reconciliation_ports import ReconciliationQueries
from allonova.application.money.reconciliation_views import ReconciliationReport
from allonova.domain.identity.roles import Area, Right
from allonova.domain.money.reconciliation import DifferenceKind, DifferenceStatus, Subject

router = api_router("Back office: payments", "/admin/payments")
DIFFERENCES = Listing(
    filters={
        "kind": DifferenceKind,
        "status": DifferenceStatus,
        "provider": Literal["wave", "orange", "mtn", "card"],
        "subject": Subject,
        "subject_id": UUID,
        "created_at": Instant,
    },
    ranges=["created_at"],
    sortable=["created_at"],
)
NEWEST_FIRST = (Sort("created_at", descending=True),)


@router.get("/reconciliation", **spec(ReconciliationReport, paged=True, row=True, parameters=DIFFERENCES.parameters()))
async def get_reconciliation(
    caller: Annotated[AdminCaller, admin(Area.MONEY, Right.READ)],
    query: Annotated[ListQuery, DIFFERENCES.depends()],
    queries: Annotated[ReconciliationQueries, use(ReconciliationQueries)],
) -> Response:
    """The last run, the last proof of the books, and a page of the differences between us and our providers, the newest
    first unless sorted otherwise.
    """
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    last, page = await queries.last_checks(), await queries.differences(query)
    return answer_paged(ReconciliationReport(run=last.run, books=last.books, differences=page.items), page.total, query)
