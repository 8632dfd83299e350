"""Requests that are served: a span each, by the route's template, since paths hold ids and tokens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from opentelemetry.trace import SpanKind, StatusCode
from prometheus_client import Counter, Histogram

from allonova.adapters.telemetry.metrics import HTTP_REQUESTS, HTTP_SECONDS
from allonova.adapters.telemetry.traces import context_of
from allonova.adapters.telemetry.work import tracer

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "unmatched"
OUTSIDE = "/sandbox"


@dataclass(slots=True)
class Served:
    """What is known of a request at its end. A status of 0: nothing was answered."""

    started: float
    status: int = 0

    @property
    def seconds(self) -> float:
        """Since its head was read."""
        return time.perf_counter() - self.started


@contextmanager
def serving(scope: Any, request_id: str) -> Iterator[Served]:
    """Serve one; whoever called us with a trace of his own finds this in it.

    Args:
        scope: the ASGI scope, which names the route once it was found.
    """
    served, method = Served(time.perf_counter()), scope["method"]
    caller = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
    with tracer.start_as_current_span(
        method,
        context_of(caller.decode("latin-1")),
        SpanKind.SERVER,
        attributes={"http.request.method": method, "allonova.request_id": request_id},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield served
        finally:
            route = route_of(scope)
            span.update_name(f"{method} {route}")
            span.set_attributes({"http.route": route, "http.response.status_code": served.status})
            if served.status >= 500 or not served.status:
                span.set_status(StatusCode.ERROR)
            _count(method, route, served)


def route_of(scope: Any) -> str:
    """The template of the path that was asked for."""
    if scope["path"].startswith(f"{OUTSIDE}/"):
        return OUTSIDE
    # The route itself knows nothing of the prefix that its router was included with.
    found = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    template: str = getattr(found, "path", UNMATCHED)
    return template


def _count(method: str, route: str, served: Served) -> None:
    known = method if method in METHODS else "other"  # a client may write anything there
    answers, seconds = _figures(known, route, served.status)
    answers.inc()
    seconds.observe(served.seconds)


@cache
def _figures(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Kept: to find them takes longer than to count."""
    return HTTP_REQUESTS.labels(method, route, status or "none"), HTTP_SECONDS.labels(method, route)
