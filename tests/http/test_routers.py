"""Routers turn away at one look what none of their routes can have, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from httpx import ASGITransport, AsyncClient
from starlette.routing import Match
from starlette.types import Scope

from allonova.adapters.http.routes import Router

asked: list[str] = []


class Telling(APIRoute):
    """A route that says when it is asked."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See APIRoute."""
        asked.append(self.path)
        return super().matches(scope)


async def found(id: str = "") -> dict[str, Any]:
    return {"id": id}


def an_app() -> FastAPI:
    """Two routers below the same prefix."""
    app = FastAPI(openapi_url=None)
    things, others = Router(prefix="/things", route_class=Telling), Router(route_class=Telling)
    things.get("")(found)
    app.include_router(things, prefix="/v1")
    app.include_router(others, prefix="/v1")
    things.get("/{id}/parts")(found)
    others.post("/other")(found)
    others.get("/files/{id}.txt")(found)
    asked.clear()
    return app


async def status(app: FastAPI, method: str, path: str, root: str = "") -> int:
    async with AsyncClient(transport=ASGITransport(app, root_path=root), base_url="http://test") as client:
        return (await client.request(method, path)).status_code


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("GET", "/v1/things", 200),
        ("GET", "/v1/things/7/parts", 200),
        ("GET", "/v1/things/%C3%A9/parts", 200),
        ("POST", "/v1/other", 200),
        ("GET", "/v1/files/7.txt", 200),
        ("POST", "/v1/things", 405),
        ("GET", "/v1/other", 405),
        ("GET", "/v1/thing", 404),
        ("GET", "/things", 404),
        ("GET", "/", 404),
    ],
)
async def test_the_route_answers_when_its_path_is_asked(method: str, path: str, wanted: int) -> None:
    assert await status(an_app(), method, path) == wanted


async def test_the_route_answers_when_a_proxy_has_the_service_below_a_path() -> None:
    assert await status(an_app(), "GET", "/below/v1/things", root="/below") == 200


async def test_the_route_answers_when_it_came_after_the_first_request() -> None:
    app, late = FastAPI(openapi_url=None), Router()
    late.get("/first")(found)
    app.include_router(late)
    assert await status(app, "GET", "/second") == 404
    late.get("/second")(found)
    assert await status(app, "GET", "/second") == 200


async def test_routes_are_not_asked_when_their_router_cannot_have_the_path() -> None:
    app = FastAPI(openapi_url=None)
    for name in ("/things", "/people"):
        router = Router(prefix=name, route_class=Telling)
        router.get("/{id}")(found)
        app.include_router(router)
    asked.clear()
    assert await status(app, "GET", "/nothing/7") == 404
    assert asked == []
    assert await status(app, "GET", "/people/7") == 200
    assert set(asked) == {"/people/{id}"}
