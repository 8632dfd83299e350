"""Which traces are kept."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from allonova.adapters.telemetry.traces import context_of
from allonova.main.observing import traces_to
from allonova.main.settings import Settings

SAMPLED, LEFT_OUT = "00-{:032x}-00f067aa0ba902b7-01", "00-{:032x}-00f067aa0ba902b7-00"
FEW = 1 << 40
"""A trace's number whose lower half stands below any ratio but 0."""


def kept(ratio: str, written: str | None) -> int:
    """How many spans of one piece of work are kept."""
    exporter = InMemorySpanExporter()
    provider = traces_to(exporter, Settings.model_validate({"OTEL_TRACES_SAMPLER_ARG": ratio}), process="api")
    with provider.get_tracer("test").start_as_current_span("outer", context_of(written)):
        provider.get_tracer("test").start_span("inner").end()
    provider.shutdown()
    return len(exporter.get_finished_spans())


@pytest.mark.parametrize(
    ("ratio", "written", "spans"),
    [
        ("1", None, 2),
        ("0", None, 0),
        ("0", SAMPLED.format(FEW), 0),
        ("1", SAMPLED.format(FEW), 2),
        ("1", LEFT_OUT.format(FEW), 0),
        ("0.01", SAMPLED.format(FEW), 2),
    ],
)
def test_our_ratio_decides_when_a_caller_says_keep(ratio: str, written: str | None, spans: int) -> None:
    assert kept(ratio, written) == spans
