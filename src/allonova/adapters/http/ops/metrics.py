"""Figures for Prometheus."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from allonova.adapters.http.provide import edge_of
from allonova.adapters.telemetry.exposition import exposed, may_read
from allonova.domain.kernel.errors import AuthRequired

router = APIRouter(include_in_schema=False)  # the format is Prometheus', not ours


@router.get("/metrics")
async def metrics(
    request: Request, authorization: Annotated[str, Header()] = "", accept: Annotated[str, Header()] = ""
) -> Response:
    """All of this process, and what it reads from the database if it is one that does."""
    edge = edge_of(request)
    if not may_read(authorization, edge.config.metrics_token):
        raise AuthRequired
    await edge.read_gauges()
    body, content_type = await exposed(accept)
    return Response(body, headers={"Content-Type": content_type})
