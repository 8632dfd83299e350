"""A trace as it travels: in requests' `traceparent` (W3C Trace Context), and with events through the outbox."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_WIRE = TraceContextTextMapPropagator()


def are_kept() -> bool:
    """Whether anybody wants them: a process without a collector does no work for them."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def current() -> str | None:
    """The trace that this task works for, written down; None outside any."""
    carrier: dict[str, str] = {}
    _WIRE.inject(carrier)
    return carrier.get("traceparent")


def context_of(written: str | None) -> Context | None:
    """What goes on with it; None for the task's own."""
    return _WIRE.extract({"traceparent": written}) if written else None
