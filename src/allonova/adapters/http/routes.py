"""How this API's routes read their bodies."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json


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


def api_router(tag: str, prefix: str = "") -> APIRouter:
    """A router of this API."""
    return APIRouter(route_class=JsonRoute, tags=[tag], prefix=prefix)
