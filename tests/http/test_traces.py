"""One trace from a request over its rows and the outbox to a provider, and nothing in it that is anybody's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.support.api import Api
from tests.support.factories import a_user
from tests.support.wire import data, fresh_phone

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What ends during the test."""
    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.shutdown()


def of_caller(spans: InMemorySpanExporter) -> dict[int, ReadableSpan]:
    """The spans of the caller's trace, by their id."""
    found = {}
    for span in spans.get_finished_spans():
        context = span.get_span_context()
        if context is not None and trace.format_trace_id(context.trace_id) == TRACE:
            found[context.span_id] = span
    return found


def way_to(name: str, spans: dict[int, ReadableSpan]) -> list[str]:
    """From the request to a span of this name."""
    span: ReadableSpan | None = next(span for span in spans.values() if span.name == name)
    way: list[str] = []
    while span is not None:
        way.insert(0, span.name)
        span = spans.get(span.parent.span_id) if span.parent else None
    return way


async def send_code(api: Api, headers: dict[str, str]) -> None:
    """A request whose work goes on in a job, and ends at a provider."""
    phone = fresh_phone()
    await api.keep(a_user(phone=phone))
    data(await api.http.post("/auth/otp/send", json={"phone": phone}, headers=headers))
    await api.relay()


async def test_trace_leads_from_request_to_provider_when_code_is_sent(api: Api, spans: InMemorySpanExporter) -> None:
    await send_code(api, {"traceparent": f"00-{TRACE}-{SPAN}-01"})
    way = way_to("call brevo", of_caller(spans))
    assert way == ["POST /api/v1/auth/otp/send", "SendOtp", "deliver otp.requested send_code", "call brevo"]


RUBBISH = ("", "00-zz", f"00-{TRACE}", f"00-{'0' * 32}-{SPAN}-01", "\xff" * 60, "0" * 5000)


async def test_trace_is_our_own_when_the_callers_is_rubbish(api: Api, spans: InMemorySpanExporter) -> None:
    for written in RUBBISH:
        await api.http.get("/trips", headers=[(b"traceparent", written.encode("latin-1"))])
    served = [span for span in spans.get_finished_spans() if span.kind is trace.SpanKind.SERVER]
    assert [(span.name, span.parent) for span in served] == [("GET /api/v1/trips", None)] * len(RUBBISH)


async def test_span_names_no_path_when_nothing_is_there(api: Api, spans: InMemorySpanExporter) -> None:
    await api.http.get("/rides/a-token-that-was-mistyped")
    (served,) = [span for span in spans.get_finished_spans() if span.kind is trace.SpanKind.SERVER]
    assert served.name == "GET unmatched"
    assert "mistyped" not in served.to_json()


async def test_span_says_why_when_a_rule_refused(api: Api, spans: InMemorySpanExporter) -> None:
    await api.http.post("/auth/login", json={"identifier": fresh_phone(), "password": "not-the-password"})
    (deed,) = [span for span in spans.get_finished_spans() if span.name == "LogIn"]
    assert (deed.attributes or {})["allonova.outcome"] == "refused: WrongPassword"
    assert deed.status.is_ok
