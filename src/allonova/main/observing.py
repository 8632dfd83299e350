"""What a process tells the outside of itself: traces to a collector, faults to Sentry; nothing where neither is set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry import trace

from allonova.main.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

FLUSH_MS = 3000
"""How long a process that ends waits for its last spans to leave."""


@contextmanager
def observed(settings: Settings, *, process: str) -> Iterator[None]:
    """Until the end of the block, which sends what is left."""
    provider = _tracing(settings, process)
    if settings.sentry_dsn:
        from allonova.main.faults import report_faults  # noqa: PLC0415 - loads only where it is used

        report_faults(settings, process=process)
    try:
        yield
    finally:
        if provider is not None:
            provider.force_flush(FLUSH_MS)
            provider.shutdown()


def _tracing(settings: Settings, process: str) -> TracerProvider | None:
    if not settings.traces_url:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - heavy

    exporter = OTLPSpanExporter(endpoint=f"{settings.traces_url.rstrip('/')}/v1/traces", timeout=5)
    provider = traces_to(exporter, settings, process=process)
    trace.set_tracer_provider(provider)
    return provider


def traces_to(exporter: SpanExporter, settings: Settings, *, process: str) -> TracerProvider:
    """What keeps spans and sends them there, in batches and by a thread of its own."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - heavy
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased  # noqa: PLC0415

    # By its number, and so the same for every process that a trace goes through. A caller's own "keep this" does not
    # count: anybody may call.
    ratio = TraceIdRatioBased(settings.traces_ratio)
    provider = TracerProvider(
        sampler=ParentBased(ratio, remote_parent_sampled=ratio, remote_parent_not_sampled=ALWAYS_OFF),
        resource=Resource.create(
            {
                "service.name": f"allonova-{process}",
                "service.version": settings.release or "unknown",
                "deployment.environment.name": str(settings.env),
            }
        ),
        span_limits=SpanLimits(max_attributes=32, max_attribute_length=2000),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
