"""Everything that a test makes the service say is looked through: a canary in it fails the test.

Logs are as our own formatter prints them, spans as they end, reports of faults as they would go to Sentry, refusals as
a client gets them. Figures outlive a test: they are looked through after each file.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import warnings
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.canaries import ANSWER, Canaries, Leak, Said

if TYPE_CHECKING:
    import httpx
    from opentelemetry.sdk.trace import ReadableSpan
    from prometheus_client.registry import Collector

NOT_OURS = ("mail.", "aiohttp.", "werkzeug", "localstripe", "websockets.")
"""Loggers of programs that tests play the outside world with."""
MOST_AT_ONCE = 5000


class Sieve:
    """What was said since it was last looked through."""

    def __init__(self) -> None:
        self.canaries = Canaries()
        self._said: dict[Said, None] = {}  # what is said twice is looked at once
        self._leaks: list[Leak] = []

    def hear(self, place: str, text: str) -> None:
        """Something left."""
        self._said[Said(place, text)] = None
        if len(self._said) > MOST_AT_ONCE:
            self._look()

    def look_through(self) -> list[Leak]:
        """What should not have left since the last time."""
        self._look()
        leaks, self._leaks = self._leaks, []
        return leaks

    def _look(self) -> None:
        said, self._said = self._said, {}
        self._leaks += self.canaries.found_in(said)

    def begin(self) -> None:
        """Another test, with canaries of its own."""
        self.canaries = Canaries()

    async def exchanged(self, response: httpx.Response) -> None:
        """An httpx response hook for clients of ours."""
        if response.is_error:
            await response.aread()
            request = response.request
            place = f"{ANSWER} {response.status_code} of {request.method} {request.url.path}"
            self.hear(place, "\n".join((response.text, *(f"{name}: {it}" for name, it in response.headers.items()))))
        await self.told(response)

    async def told(self, response: httpx.Response) -> None:
        """An httpx response hook for clients of the played world, which may say anything."""
        if response.headers.get("content-type", "").startswith("application/json"):
            await response.aread()
        from httpx import StreamConsumed  # noqa: PLC0415 - whoever gets here has it loaded

        try:
            await response.request.aread()
        except StreamConsumed:  # sent piece by piece, and kept by nobody
            return
        self.canaries.note_exchange(response.request, response)


SIEVE = Sieve()
"""The one of this process."""


class Outputs:
    """What processes write, in addition to what they were heard to write before."""

    def __init__(self, logs: Iterable[Path]) -> None:
        self._read = dict.fromkeys(logs, 0)

    def hear(self) -> None:
        """All that is new."""
        for log, start in self._read.items():
            if log.exists():
                with log.open("rb") as file:
                    file.seek(start)
                    SIEVE.hear(f"output of {log.stem}", file.read().decode(errors="replace"))
                    self._read[log] = file.tell()


class _Lines:
    """A stream for a handler of logs."""

    def write(self, line: str) -> None:
        SIEVE.hear("log", line)

    def flush(self) -> None:
        """Nothing waits."""


def _is_printed(record: logging.LogRecord) -> bool:
    return not record.name.startswith(NOT_OURS)


def hear_logs() -> None:
    """Add the handler that a process of ours has, at its most talkative."""
    from allonova.main.logs import set_up_logs  # noqa: PLC0415 - coverage begins after this module was read

    root = logging.getLogger()
    kept = root.handlers[:]
    with _hooks_left_alone():
        set_up_logs("DEBUG", process="tests")
    (ours,) = root.handlers
    assert isinstance(ours, logging.StreamHandler)
    ours.setStream(_Lines())
    ours.addFilter(_is_printed)
    root.handlers[:] = [*kept, ours]


@contextmanager
def _hooks_left_alone() -> Iterator[None]:
    """What nobody caught is pytest's to report."""
    kept = (sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning)
    yield
    sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning = kept


def hear_traces() -> None:
    """Keep spans, all of them."""
    from opentelemetry import trace  # noqa: PLC0415 - heavy
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider  # noqa: PLC0415

    class Listening(SpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            SIEVE.hear("span", _text_of(span))

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(Listening())
    trace.set_tracer_provider(provider)


def _text_of(span: ReadableSpan) -> str:
    said: list[Any] = [span.name, dict(span.attributes or {}), span.status.description]
    said += [(event.name, dict(event.attributes or {})) for event in span.events]
    return repr(said)


def hear_faults() -> Any:
    """Report faults, to nobody; Sentry's client."""
    import sentry_sdk  # noqa: PLC0415 - heavy
    from sentry_sdk.envelope import Envelope  # noqa: PLC0415
    from sentry_sdk.transport import Transport  # noqa: PLC0415

    from allonova.main.faults import report_faults  # noqa: PLC0415
    from allonova.main.settings import Env, Settings  # noqa: PLC0415

    class Listening(Transport):
        def capture_envelope(self, envelope: Envelope) -> None:
            for item in envelope.items:
                SIEVE.hear("fault", json.dumps(item.payload.json, default=repr))

    settings = Settings.model_construct(env=Env.TEST, sentry_dsn="https://public@faults.invalid/1")
    report_faults(settings, process="tests", transport=Listening)
    return sentry_sdk.get_client()


class Leaks:
    """The plugin."""

    def __init__(self) -> None:
        self._faults: Any = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> None:
        """Begin with the first test: coverage counts from the start of the session on. Not in its setup: what that
        does to levels of loggers is undone after it.
        """
        import sentry_sdk  # noqa: PLC0415 - heavy

        SIEVE.begin()
        if self._faults is None:
            hear_logs()
            hear_traces()
            self._faults = hear_faults()
        if sentry_sdk.get_client() is not self._faults:  # a test may report in its own way
            sentry_sdk.get_global_scope().set_client(self._faults)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """A test fails for what it made leak."""
        with failing(item):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        """So does what ends after it; and the last of a file for what its figures say."""
        with failing(item):
            done = yield
            if nextitem is None or nextitem.path != item.path:
                SIEVE.hear("figures", figures())
            return done


@contextmanager
def failing(item: pytest.Item) -> Iterator[None]:
    """Fails at its end for what leaked, unless it has failed otherwise."""
    try:
        yield
    except BaseException:
        SIEVE.look_through()
        raise
    if leaks := SIEVE.look_through():
        pytest.fail("\n".join([f"{item.nodeid} leaks", *map(str, leaks)]), pytrace=False)


def figures(registry: Collector | None = None) -> str:
    """As `/metrics` shows them."""
    from prometheus_client import REGISTRY, generate_latest  # noqa: PLC0415 - heavy

    return generate_latest(registry or REGISTRY).decode()
