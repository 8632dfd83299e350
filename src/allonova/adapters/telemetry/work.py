"""Pieces of work that are watched: each is a span of its trace, timed, and counted by how it ended."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from prometheus_client import Histogram

from allonova.adapters.telemetry import metrics
from allonova.adapters.telemetry.traces import context_of
from allonova.application.kernel.relay import NotYet
from allonova.domain.kernel.errors import DomainError, ProviderUnavailable, ServiceUnavailable

tracer = trace.get_tracer("allonova")
FAILED = "failed"


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


@contextmanager
def watched(kind: Kind, name: str, *, continues: str | None = None) -> Iterator[None]:
    """One piece of work: `ok`, `refused` by a rule of the domain, `put off`, or `failed`. Of an exception its
    type is noted alone: messages may quote somebody's data.

    Args:
        name: one of few, since it is a label.
        continues: the trace that caused it, as `traces.current` wrote it down.
    """
    started, outcome = time.perf_counter(), "ok"
    with tracer.start_as_current_span(
        kind.prefix + name,
        context_of(continues),
        kind.span,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except BaseException as error:
            outcome = outcome_of(error)
            span.set_attribute("allonova.outcome", f"{outcome}: {type(error).__name__}")
            if outcome == FAILED:
                span.set_status(StatusCode.ERROR)
            raise
        finally:
            kind.seconds.labels(name, outcome).observe(time.perf_counter() - started)


def outcome_of(error: BaseException) -> str:
    """How work ended that this came out of."""
    if isinstance(error, NotYet):
        return "put off"
    is_refusal = isinstance(error, DomainError) and not isinstance(error, ServiceUnavailable | ProviderUnavailable)
    return "refused" if is_refusal else FAILED


class WatchedUseCase:
    """A use case, as routes get it."""

    __slots__ = ("_inner", "_name")

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._name = type(inner).__name__

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """See the use case."""
        with watched(USE_CASE, self._name):
            return await self._inner(*args, **kwargs)


def watching(made: object) -> object:
    """A use case as one that is watched; anything else (a port, a function) as it is."""
    call = getattr(type(made), "__call__", None)  # noqa: B004 - which kind of call it is
    is_use_case = hasattr(type(made), "errors") and inspect.iscoroutinefunction(call)
    return WatchedUseCase(made) if is_use_case else made
