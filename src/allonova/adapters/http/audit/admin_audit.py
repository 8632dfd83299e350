"""The audit log, to the back office."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import StringConstraints

from allonova.adapters.http.answers import answer_page, spec
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import AdminCaller, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.audit.ports import AuditQueries
from allonova.application.audit.views import AuditEntryView
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.identity.roles import Area, Right
from allonova.domain.kernel.machine import Party

router = api_router("Back office", "/admin/audit-logs")
type Name = Annotated[str, StringConstraints(pattern=r"^[a-z_.-]{1,60}$")]
AUDIT_LOGS = Listing(
    filters={"actor": UUID, "actor_type": Party, "action": Name, "entity": Name, "entity_id": UUID},
    dated="created_at",
    sortable=["created_at"],
)
NEWEST_FIRST = (Sort("created_at", descending=True),)


@router.get("", **spec(AuditEntryView, listed=True, row=True, parameters=AUDIT_LOGS.parameters()))
async def list_audit_logs(
    caller: Annotated[AdminCaller, admin(Area.AUDIT, Right.READ)],
    query: Annotated[ListQuery, AUDIT_LOGS.depends()],
    queries: Annotated[AuditQueries, use(AuditQueries)],
) -> Response:
    """Who did what, the newest first unless sorted otherwise. Of personal fields it keeps that they changed alone."""
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    return answer_page(await queries.entries(query), query)
