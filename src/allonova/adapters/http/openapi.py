"""The OpenAPI document, which is written before anything is served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from allonova.adapters.http.answers import TOLD, Told


def create_openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document, with all that `spec` told."""
    routes: Sequence[RouteContext] = [*iter_route_contexts(app.routes)]
    told = [_told(route) if isinstance(route.original_route, APIRoute) else route for route in routes]
    return get_openapi(title=app.title, version=app.version, description=app.description, routes=told)


def _told(route: RouteContext) -> Any:
    """A route that serves, with models of its answers."""
    extra = dict(route.openapi_extra or {})
    told: Told | None = extra.pop(TOLD, None)
    if told is None:
        return route
    return APIRoute(
        route.path or "",
        route.endpoint or _told,
        response_model=told.model,
        responses=told.responses,
        openapi_extra=extra,
        status_code=route.status_code,
        tags=route.tags,
        dependencies=route.dependencies,
        description=route.description,
        name=route.name,
        methods=route.methods,
        response_class=route.response_class,
        generate_unique_id_function=route.generate_unique_id_function,
    )
