"""Where a fleet's traces and faults go: a server of the tests' own that takes OTLP and Sentry's envelopes."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread

from google.protobuf.json_format import MessageToJson  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

TRACES, FAULTS = "traces.log", "faults.log"


@dataclass(frozen=True, slots=True)
class Seen:
    """A span, and the process that it came from."""

    process: str
    name: str
    trace: str
    id: str
    parent: str
    facts: dict[str, str]


@dataclass(slots=True)
class Collector:
    """Everything that came stands in two files of `folder`; spans are handed out while somebody records."""

    folder: Path
    server: ThreadingHTTPServer
    lock: Lock = field(default_factory=Lock)
    spans: list[Seen] = field(default_factory=list)
    records: bool = False

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def env(self) -> dict[str, str]:
        """What sends a process' traces and faults here, all of them and soon."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url,
            "OTEL_TRACES_SAMPLER_ARG": "1",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "SENTRY_DSN": f"{self.url.replace('//', '//key@')}/1",
        }

    @property
    def faults(self) -> str:
        """What was reported, over all lives."""
        file = self.folder / FAULTS
        return file.read_text() if file.exists() else ""

    @contextmanager
    def recording(self) -> Iterator[list[Seen]]:
        """The spans that come during the block."""
        self.spans, self.records = [], True
        try:
            yield self.spans
        finally:
            self.records = False

    def take(self, path: str, body: bytes) -> None:
        """One report."""
        is_traces = path.endswith("/v1/traces")
        text = "".join(lines(body)).encode() if is_traces else body
        with self.lock, (self.folder / (TRACES if is_traces else FAULTS)).open("ab") as file:
            file.write(text)
            if is_traces and self.records:
                self.spans += read(body)


def lines(body: bytes) -> Iterator[str]:
    """A report as JSON, all of it, for whoever searches it: a span a line."""
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        spans = [span for scope in group.scope_spans for span in scope.spans]
        for part in (group.resource, *(scope.scope for scope in group.scope_spans), *spans):
            yield MessageToJson(part, indent=None, ensure_ascii=False) + "\n"


def read(body: bytes) -> Iterator[Seen]:
    """The spans of a report."""
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        facts = {one.key: one.value.string_value for one in group.resource.attributes}
        for scope in group.scope_spans:
            yield from (_seen(facts["service.name"], span) for span in scope.spans)


def _seen(process: str, span: Span) -> Seen:
    facts = {one.key: one.value.string_value or str(one.value.int_value) for one in span.attributes}
    return Seen(process, span.name, span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(), facts)


@contextmanager
def collecting(folder: Path) -> Iterator[Collector]:
    """A collector, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            collector.take(self.path, body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: pytest's output is for results."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(folder, server)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield collector
        finally:
            server.shutdown()
