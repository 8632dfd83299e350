"""The company's audit log."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import StringConstraints

from allonova.adapters.http.answers import answer_page, spec
from allonova.adapters.http.dispatch.bodies import staff_router
from allonova.adapters.http.dispatch.staff import StaffAdmin
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import use
from allonova.application.dispatch.desk_queries import DeskQueries
from allonova.application.dispatch.desk_views import AuditView
from allonova.application.kernel.listing import ListQuery, Sort

router = staff_router("audit", "/api/audit_log")
type Name = Annotated[str, StringConstraints(pattern=r"^[a-z_.-]{1,60}$")]
AUDIT_LOG = Listing(
    filters={"userId": UUID, "action": Name, "entity": Name, "entityId": UUID}, dated="ts", sortable=["ts"]
)
NEWEST_FIRST = (Sort("ts", descending=True),)


@router.get("", **spec(AuditView, listed=True, row=True, parameters=AUDIT_LOG.parameters()))
async def list_audit_log(
    caller: StaffAdmin,
    query: Annotated[ListQuery, AUDIT_LOG.depends()],
    queries: Annotated[DeskQueries, use(DeskQueries)],
) -> Response:
    """Every write by staff, the newest first. Of personal fields it keeps that they changed, not how."""
    wanted = replace(query, sort=query.sort or NEWEST_FIRST)
    return answer_page(await queries.audit_log(caller.societe_id, wanted), query)
