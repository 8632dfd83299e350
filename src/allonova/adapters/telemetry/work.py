"""Pieces of work that are watched: each is a span of its trace, timed, and counted by how it ended."""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from prometheus_client import Histogram

from allonova.adapters.telemetry import metrics
from allonova.adapters.telemetry.jobs import job_succeeded
from allonova.adapters.telemetry.traces import context_of
from allonova.application.kernel.relay import NotYet
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import DomainError, ProviderUnavailable, ServiceUnavailable

tracer = trace.get_tracer("allonova")
OK, FAILED, REFUSED = "ok", "failed", "refused"


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of work: what its spans are called before its name, and where its seconds go."""

    prefix: str
    span: SpanKind
    seconds: Histogram


USE_CASE = Kind("", SpanKind.INTERNAL, metrics.USE_CASE_SECONDS)
DELIVERY = Kind("deliver ", SpanKind.CONSUMER, metrics.DELIVERY_SECONDS)
JOB = Kind("job ", SpanKind.INTERNAL, metrics.JOB_SECONDS)
PROVIDER = Kind("call ", SpanKind.CLIENT, metrics.PROVIDER_SECONDS)


@dataclass(slots=True)
class Work:
    """A piece of work under way. Whoever knows more of its end than what comes out of it says so."""

    outcome: str = OK


@contextmanager
def watched(kind: Kind, name: str, *, continues: str | None = None) -> Iterator[Work]:
    """One piece of work: `ok`, `refused` by a rule of the domain, `put off`, or `failed`. Of an exception its
    type is noted alone: messages may quote somebody's data.

    Args:
        name: one of few, since it is a label.
        continues: the trace that caused it, as `traces.current` wrote it down.
    """
    started, work = time.perf_counter(), Work()
    with tracer.start_as_current_span(
        kind.prefix + name,
        context_of(continues),
        kind.span,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield work
        except BaseException as error:
            if work.outcome == OK:
                work.outcome = outcome_of(error)
            span.set_attribute("allonova.outcome", f"{work.outcome}: {type(error).__name__}")
            if work.outcome == FAILED:
                span.set_status(StatusCode.ERROR)
            raise
        finally:
            kind.seconds.labels(name, work.outcome).observe(time.perf_counter() - started)


def outcome_of(error: BaseException) -> str:
    """How work ended that this came out of."""
    if isinstance(error, NotYet):
        return "put off"
    is_refusal = isinstance(error, DomainError) and not isinstance(error, ServiceUnavailable | ProviderUnavailable)
    return REFUSED if is_refusal else FAILED


class WatchedUseCase:
    """A use case, as routes get it; its other deeds (`try_move`) are watched under their own names."""

    __slots__ = ("_name", "inner")

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self._name = type(inner).__name__

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """See the use case."""
        with watched(USE_CASE, self._name):
            return await self.inner(*args, **kwargs)

    def __getattr__(self, deed: str) -> Any:
        found = getattr(self.inner, deed)
        if not inspect.iscoroutinefunction(found):
            return found

        async def call(*args: Any, **kwargs: Any) -> Any:
            with watched(USE_CASE, f"{self._name}.{deed}"):
                return await found(*args, **kwargs)

        return call


@wired
class WatchedJob:
    """A job, as whoever runs it gets it."""

    name: str
    inner: Callable[[], Awaitable[object]]

    async def __call__(self) -> object:
        """See the job."""
        with watched(JOB, self.name):
            done = await self.inner()
        job_succeeded(self.name)
        return done


def watching(made: object) -> object:
    """A use case as one that is watched; anything else (a port, a function) as it is."""
    call = getattr(type(made), "__call__", None)  # noqa: B004 - which kind of call it is
    is_use_case = hasattr(type(made), "errors") and inspect.iscoroutinefunction(call)
    return WatchedUseCase(made) if is_use_case else made
