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
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=told)
    _require_what_is_answered(document)
    return document


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


def _require_what_is_answered(document: dict[str, Any]) -> None:
    """A field with a default may be left out of a request, but stands in every answer: whoever generates a client from
    the document need not ask whether it is there.
    """
    schemas: dict[str, Any] = document["components"]["schemas"]
    operations = [each for path in document["paths"].values() for each in path.values()]
    sent: set[str] = set()
    waiting = _referred([[each.get("parameters"), each.get("requestBody")] for each in operations])
    while waiting:
        name = waiting.pop()
        if name not in sent:
            sent.add(name)
            waiting |= _referred(schemas[name])
    for name in schemas.keys() - sent:
        if "properties" in schemas[name]:
            schemas[name]["required"] = list(schemas[name]["properties"])


def _referred(node: Any) -> set[str]:
    """Names of the schemas that are referred to in it."""
    if isinstance(node, dict):
        own = {node["$ref"].rpartition("/")[2]} if "$ref" in node else set()
        return own.union(*(_referred(each) for each in node.values()))
    return set[str]().union(*(_referred(each) for each in node)) if isinstance(node, list) else set()
