"""The sandbox as one ASGI app: the played providers, the payer's page and the controls under `/sandbox`."""

from __future__ import annotations

import sqlite3
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Router

from allonova.adapters.sandbox import answers, calls, checkout
from allonova.adapters.sandbox.callbacks import Callbacks
from allonova.adapters.sandbox.controls import Controls
from allonova.adapters.sandbox.faults import Faults
from allonova.adapters.sandbox.ledger import Ledger
from allonova.adapters.sandbox.outbox import Outbox
from allonova.adapters.sandbox.pace import REAL_PACE, Pace
from allonova.adapters.sandbox.providers.brevo import brevo
from allonova.adapters.sandbox.providers.fcm import fcm
from allonova.adapters.sandbox.providers.mtn import mtn
from allonova.adapters.sandbox.providers.oidc import apple, google
from allonova.adapters.sandbox.providers.orange import orange
from allonova.adapters.sandbox.providers.orange_sms import orange_sms
from allonova.adapters.sandbox.providers.osrm import osrm
from allonova.adapters.sandbox.providers.recaptcha import recaptcha
from allonova.adapters.sandbox.providers.stripe import stripe
from allonova.adapters.sandbox.providers.wave import wave
from allonova.adapters.sandbox.state import State, StateClosed
from allonova.adapters.sandbox.world import SandboxConfig, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    from starlette.types import ASGIApp, Receive, Scope, Send

    from allonova.application.kernel.ports import ClockControl, JobTrigger

__all__ = ["Pace", "SandboxConfig", "create_sandbox", "sandbox_running"]

PREFIX: Final = "/sandbox"
PLAYED: Final = (wave, orange, stripe, brevo, recaptcha, fcm, osrm, mtn, orange_sms, google, apple)


def create_sandbox(
    config: SandboxConfig,
    *,
    clock: ClockControl,
    jobs: JobTrigger,
    http: httpx.AsyncClient,
    pace: Pace = REAL_PACE,
) -> Starlette:
    """The played outside world; nothing is opened before it runs.

    Its routes carry `/sandbox`, whether it runs alone, is called by another app, or is mounted there.
    Run alone, its lifespan starts it; inside another app, whose mounts get none, enter `sandbox_running`.
    `http` must reach `config.webhook_base_url`; the caller closes it, after the sandbox has stopped.
    """
    world = _world(config, clock, http, pace)
    providers = {provider.name: provider for provider in (play(world) for play in PLAYED)}
    for provider in providers.values():
        if provider.callbacks is not None:
            world.callbacks.manners[provider.name] = provider.callbacks
    routes = [
        *Controls(world, providers, jobs).routes(),
        *checkout.routes(tuple(providers.values())),
        *(route for provider in providers.values() for route in calls.routes(world, provider)),
    ]
    app = Starlette(
        routes=[Mount(PREFIX, app=Router(routes, redirect_slashes=False))],
        middleware=[Middleware(_AnyMount)],
        exception_handlers={
            answers.Refused: answers.on_refused,
            answers.BodyTooLarge: answers.on_too_large,
            HTTPException: answers.on_http_exception,
            StateClosed: answers.on_broken,
            sqlite3.Error: answers.on_broken,
        },
        lifespan=sandbox_running,
    )
    app.router.redirect_slashes = False
    app.state.world = world
    return app


@asynccontextmanager
async def sandbox_running(app: Starlette) -> AsyncIterator[None]:
    """Opens the state, takes up undelivered callbacks, and stops all of it at the end."""
    world: World = app.state.world
    world.state.open()
    world.closing.clear()
    world.callbacks.resume()
    try:
        yield
    finally:
        world.closing.set()
        await world.callbacks.close()
        world.state.close()


def _world(config: SandboxConfig, clock: ClockControl, http: httpx.AsyncClient, pace: Pace) -> World:
    state = State(config.state_path)
    faults = Faults(state)
    return World(
        config=config,
        state=state,
        clock=clock,
        pace=pace,
        faults=faults,
        ledger=Ledger(state),
        outbox=Outbox(state),
        callbacks=Callbacks(
            state=state, faults=faults, clock=clock, http=http, base_url=config.webhook_base_url, pace=pace
        ),
    )


class _AnyMount:
    """Lets `/sandbox/…` mean the same whether the app around mounted us there or passed the path on whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root = scope.get("root_path", "")
        if root.endswith(PREFIX):
            scope = {**scope, "root_path": root.removesuffix(PREFIX)}
        await self._app(scope, receive, send)
