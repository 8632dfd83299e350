"""Statements as spans. Their texts have placeholders where values stand; arguments are never looked at."""

from __future__ import annotations

import re
import time
from typing import Any, Protocol

from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from allonova.adapters.telemetry.work import tracer

TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+(?:ONLY\s+)?([a-z_]+\.[a-z_]+)", re.IGNORECASE)
MOST_LETTERS = 2000
NS = 1_000_000_000


class Statement(Protocol):
    """One that ran, as the driver tells of it."""

    @property
    def query(self) -> str: ...
    @property
    def elapsed(self) -> float: ...
    @property
    def exception(self) -> BaseException | None: ...


def note(statement: Any) -> None:
    """Show it in the trace of the task that ran it."""
    ran: Statement = statement
    if not trace.get_current_span().get_span_context().trace_flags.sampled:
        return
    ended = time.time_ns()
    span = tracer.start_span(
        summary_of(ran.query),
        kind=SpanKind.CLIENT,
        start_time=ended - int(ran.elapsed * NS),
        attributes={"db.system.name": "postgresql", "db.query.text": ran.query[:MOST_LETTERS].strip()},
        record_exception=False,
    )
    if ran.exception is not None:
        span.set_attribute("error.type", type(ran.exception).__name__)
        span.set_status(StatusCode.ERROR)
    span.end(ended)


def summary_of(query: str) -> str:
    """What it does and to which table: `SELECT carpool.trips`."""
    verb = query.split(maxsplit=1)[0].upper() if query.strip() else ""
    table = TABLE.search(query)
    return f"{verb} {table[1]}" if table else verb
