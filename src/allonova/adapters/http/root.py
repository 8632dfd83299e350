"""The FastAPI app: routers, middleware, refusals."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from allonova.adapters.http import files
from allonova.adapters.http.answers import json_response, refusal, refusal_body
from allonova.adapters.http.audit import admin_audit
from allonova.adapters.http.carpool import (
    account,
    admin_bookings,
    admin_disputes,
    admin_moderation,
    admin_payments,
    admin_ratings,
    admin_segments,
    admin_settings,
    admin_trips,
    admin_usage,
    admin_users,
    admin_vehicles,
    alerts,
    bookings,
    disputes,
    messages,
    payments,
    people,
    price_hint,
    promos,
    ratings,
    ride_page,
    rides,
    search,
    series,
    trips,
    vehicles,
    wallet,
)
from allonova.adapters.http.cors import Cors
from allonova.adapters.http.dispatch import ROUTERS as DISPATCH_ROUTERS
from allonova.adapters.http.errors import status_of
from allonova.adapters.http.guard import Frame, Guard
from allonova.adapters.http.identity import (
    admin_team,
    admins,
    auth,
    contacts,
    devices,
    me,
    pages,
    passwords,
    photos,
    sessions,
    social,
    tickets,
)
from allonova.adapters.http.kyc import papers, review
from allonova.adapters.http.limits import limit_admin_calls, limit_calls
from allonova.adapters.http.money import (
    admin_exports,
    admin_payouts,
    admin_promos,
    admin_reconciliation,
    admin_referrals,
    admin_reports,
    earnings,
    payout_account,
    payouts,
    referrals,
    wallet_moves,
)
from allonova.adapters.http.notifications import admin_failed, admin_suppressions, notices, reports
from allonova.adapters.http.ops import docs, metrics, probes
from allonova.adapters.http.provide import HttpConfig, edge_of, request_language
from allonova.application.kernel.idempotency import Answer, Keyed, Replay
from allonova.domain.kernel.errors import (
    CaptchaFailed,
    DomainError,
    FieldError,
    IdempotencyMismatch,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    ServiceUnavailable,
    StaleVersion,
    StillRunning,
    ValidationError,
)

log = logging.getLogger(__name__)

VERSION = "1.0.0"
KEPT = (402, 404, 409, 422)  # conventions.md: refusals of the domain that an Idempotency-Key replays
EXPOSED = (
    "ETag",
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "X-Request-ID",
    "Idempotent-Replayed",
)
# FastAPI's own spans hold whole paths and queries, with the tokens in them; telemetry.requests makes ours.
SILENT: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}

type Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    config: HttpConfig,
    *,
    lifespan: Lifespan | None = None,
    outside: ASGIApp | None = None,
    sockets: ASGIApp | None = None,
) -> FastAPI:
    """The app without its edge: whoever starts it sets `app.state.edge` first.

    Args:
        outside: plays `/sandbox/*`; None where there is no sandbox.
        sockets: takes WebSockets.
    """
    app = FastAPI(
        title="AlloNova",
        version=VERSION,
        description="AlloCar: carpooling in Côte d'Ivoire. Amounts are whole francs (XOF); instants are UTC.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        telemetry=SILENT,
    )
    identity = (auth.router, passwords.router, me.router, contacts.router, sessions.router, devices.router)
    # Routers are tried in this order: what is asked most comes first.
    offers = (price_hint.router, series.router, trips.router)
    often = (*offers, bookings.router, payments.router, vehicles.router, wallet.router)
    app.include_router(search.router, prefix="/api/v1")  # counts calls while it looks into its cache
    for router in (
        *often,
        *identity,
        social.router,
        account.router,
        alerts.router,
        messages.router,
        notices.router,
        people.router,
        ratings.router,
        disputes.router,
        promos.router,
        referrals.router,
        rides.router,
        photos.router,
        papers.router,
        tickets.router,
        wallet_moves.router,
        payout_account.router,
        earnings.router,
        payouts.router,
    ):
        app.include_router(router, prefix="/api/v1", dependencies=[Depends(limit_calls)])
    for router in (
        admins.router,
        admin_audit.router,
        admin_reconciliation.router,
        admin_promos.router,
        admin_referrals.router,
        admin_vehicles.router,
        admin_trips.router,
        admin_ratings.router,
        admin_bookings.router,
        admin_disputes.router,
        admin_disputes.beside,
        admin_segments.router,
        admin_users.router,
        admin_moderation.router,
        admin_team.router,
        admin_settings.router,
        admin_payments.router,
        admin_payments.refunds,
        admin_payouts.router,
        admin_exports.router,
        admin_reports.router,
        admin_usage.router,
        rides.admin_router,
        review.router,
        admin_failed.router,
        admin_suppressions.router,
    ):
        app.include_router(router, prefix="/api/v1", dependencies=[Depends(limit_admin_calls)])
    for router in (payments.webhooks, reports.router):  # of providers, who have no limit
        app.include_router(router, prefix="/api/v1")
    for router in DISPATCH_ROUTERS:
        app.include_router(router)
    app.include_router(files.router)
    app.include_router(probes.router)
    app.include_router(metrics.router)
    app.include_router(docs.router)
    app.include_router(pages.router)
    app.include_router(ride_page.router)
    app.mount("/api/docs/assets", docs.assets)
    if outside is not None:
        app.mount("/sandbox", _unmounted(outside))
    _handle_refusals(app)
    app.add_middleware(Guard, body_limit_bytes=config.body_limit_bytes)
    app.add_middleware(
        Cors,
        allow_origins=config.cors_origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "X-Request-ID"],
        expose_headers=EXPOSED,
        max_age=600,
    )
    app.add_middleware(Frame, sockets=sockets)
    return app


def create_ops(config: HttpConfig) -> FastAPI:
    """Probes and figures alone, for a process that serves nothing else: it sets `app.state.edge` first."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, telemetry=SILENT)
    app.include_router(probes.router)
    app.include_router(metrics.router)
    _handle_refusals(app)
    app.add_middleware(Guard, body_limit_bytes=config.body_limit_bytes)
    app.add_middleware(Frame)
    return app


def _unmounted(app: ASGIApp) -> ASGIApp:
    """Mounting moves the prefix into `root_path`; the sandbox's own routes carry it, as when it runs alone."""

    async def call(scope: Any, receive: Any, send: Any) -> None:
        root = scope.get("root_path", "").removesuffix("/sandbox")
        await app({**scope, "root_path": root}, receive, send)

    return call


def _handle_refusals(app: FastAPI) -> None:
    app.add_exception_handler(DomainError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_shape)
    app.add_exception_handler(HTTPException, _refuse_http)
    app.add_exception_handler(Replay, _replay)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)  # nosec B101 # noqa: S101 - narrows what the handler was registered for
    keyed: Keyed[object] | None = getattr(request.state, "keyed", None)
    passing = isinstance(error, StillRunning | IdempotencyMismatch | StaleVersion | CaptchaFailed)
    if keyed is None or passing or status_of(error) not in KEPT:
        return refusal(error, request_language(request))
    mine = Answer(status_of(error), refusal_body(error, request_language(request)))
    async with edge_of(request).begin() as unit:
        kept = await keyed.refuse(unit, mine)
    return _replayed(kept) if kept is not mine else json_response(mine.body, mine.status)


async def _replay(request: Request, error: Exception) -> Response:
    assert isinstance(error, Replay)  # nosec B101 # noqa: S101 - narrows what the handler was registered for
    return _replayed(error.answer)


def _replayed(answer: Answer) -> Response:
    return json_response(answer.body, answer.status, {"Idempotent-Replayed": "true"})


async def _refuse_shape(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # nosec B101 # noqa: S101 - narrows what the handler was registered for
    fields = tuple(
        FieldError(".".join(str(part) for part in fault["loc"][1:]), fault["type"], fault["msg"])
        for fault in error.errors()[:50]
    )
    return refusal(ValidationError(fields), request_language(request))


async def _refuse_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # nosec B101 # noqa: S101 - narrows what the handler was registered for
    known: dict[int, DomainError] = {
        404: NotFound(),
        405: MethodNotAllowed(),
        413: PayloadTooLarge(),
        400: ValidationError(),
        422: ValidationError(),
    }
    answer = refusal(known.get(error.status_code, ServiceUnavailable()), request_language(request))
    answer.headers.update({name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"})
    return answer
