"""How this API's routes read their bodies."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope


class JsonRequest(Request):
    """Reads JSON strictly: no NaN, no numbers beyond a float, no lone surrogates, no bottomless nesting."""

    async def json(self) -> Any:
        """The body; raises what FastAPI turns into a validation error."""
        if not hasattr(self, "_json"):
            try:
                self._json = from_json(await self.body(), allow_inf_nan=False)
            except ValueError as error:
                raise json.JSONDecodeError("malformed JSON", "", 0) from error
        return self._json


class JsonRoute(APIRoute):
    """A route whose requests are read as JsonRequest."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, fed with our request."""
        handle = super().get_route_handler()

        async def handle_json(request: Request) -> Response:
            return await handle(JsonRequest(request.scope, request.receive))

        return handle_json


class Router(APIRouter):
    """Turns most paths away at one look. FastAPI asks each router in turn, and each of its routes by a pattern: for a
    route of the last routers that took longer than everything else about a short answer.
    """

    _looked_at = 0
    _beginnings: tuple[str, ...] = ()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See APIRouter."""
        path: str = scope["path"]
        if len(self.routes) != self._looked_at:
            self._look()
        return super().matches(scope) if any(map(path.__contains__, self._beginnings)) else (Match.NONE, {})

    def _look(self) -> None:
        """How its paths begin, each up to its first parameter; what it is included with stands before that."""
        self._looked_at = len(self.routes)
        kept: list[str] = []
        for beginning in sorted((_beginning_of(route) for route in self.routes), key=len):
            if not any(map(beginning.startswith, kept)):
                kept.append(beginning)
        self._beginnings = tuple(kept)


def _beginning_of(route: BaseRoute) -> str:
    """Of what is no plain route, nothing is known: it may begin with anything."""
    return route.path.partition("{")[0] if isinstance(route, Route) else ""


def api_router(tag: str, prefix: str = "") -> APIRouter:
    """A router of this API."""
    return Router(route_class=JsonRoute, tags=[tag], prefix=prefix)
