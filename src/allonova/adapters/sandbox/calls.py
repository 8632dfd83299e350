"""The calls made to a played provider: its refusals in its own shape, and the faults that strike them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from allonova.adapters.sandbox.answers import BodyTooLarge
from allonova.adapters.sandbox.faults import FaultKind
from allonova.adapters.sandbox.world import ProviderRefused

if TYPE_CHECKING:
    from starlette.requests import Request

    from allonova.adapters.sandbox.world import Call, Handler, Provider, World

_BAD_GATEWAY: Final = (
    "<!doctype html><html><head><title>502 Bad Gateway</title></head>"
    "<body><center><h1>502 Bad Gateway</h1></center><hr></body></html>"
)


def routes(world: World, provider: Provider) -> list[Route]:
    """The provider's endpoints, under its base path."""
    return [
        Route(provider.base + call.path, _struck(world, provider, call), methods=[call.method])
        for call in provider.calls
    ]


def _struck(world: World, provider: Provider, call: Call) -> Handler:
    """The call as the armed faults let it happen; a provider that is down is down before it reads a key."""

    async def endpoint(request: Request) -> Response:
        fault = None if call.is_spared else world.faults.strike_call(provider.name)
        match fault.kind if fault else None:
            case FaultKind.ERROR:
                return JSONResponse(provider.breakdown(500), 500)
            case FaultKind.HTML:
                return HTMLResponse(_BAD_GATEWAY, 502)
            case FaultKind.TIMEOUT | FaultKind.ACCEPTED_THEN_TIMEOUT if fault:
                accepted = fault.kind is FaultKind.ACCEPTED_THEN_TIMEOUT
                if accepted:
                    await _spoken(provider, call, request)
                await _hold(world, request, fault.delay_s)
                return Response(status_code=503 if accepted else 504)
            case _:
                return await _spoken(provider, call, request)

    return endpoint


async def _spoken(provider: Provider, call: Call, request: Request) -> Response:
    """The call's answer, refusals included, in the provider's shape."""
    try:
        return await call.handler(request)
    except ProviderRefused as refused:
        return JSONResponse(refused.body, refused.status, refused.headers)
    except BodyTooLarge:
        return JSONResponse(provider.breakdown(413), 413)


async def _hold(world: World, request: Request, seconds: float) -> None:
    """Keeps the caller waiting, but no longer than he waits himself, nor than the sandbox lives."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    waits = {
        asyncio.ensure_future(world.pace.sleep(seconds)),
        asyncio.ensure_future(gone()),
        asyncio.ensure_future(world.closing.wait()),
    }
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
