"""Figures that only the database knows, read when somebody scrapes: never older than the scrape itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from prometheus_client import Gauge

from allonova.adapters.telemetry import metrics
from allonova.application.kernel.gauges import GaugeQueries, Gauges, Tally
from allonova.application.kernel.ports import Clock

log = logging.getLogger(__name__)

TIMEOUT_S = 3.0  # of the ten that Prometheus waits

type Count = Callable[[], Awaitable[int]]


class GaugeReader:
    """Reads them all into the metrics. What cannot be read is not shown at all, lest an old figure look new.

    `waiting_jobs` counts what lies in the worker's own queue.
    """

    def __init__(self, queries: GaugeQueries, clock: Clock, waiting_jobs: Count | None = None) -> None:
        self._queries = queries
        self._clock = clock
        self._waiting_jobs = waiting_jobs

    async def read(self) -> None:
        """Never fails."""
        now = self._clock.now()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                gauges = await self._queries.gauges(now=now)
                waiting = None if self._waiting_jobs is None else await self._waiting_jobs()
        except Exception as error:  # noqa: BLE001 - whatever is down, the figures of the process are still there
            log.warning("gauges not read", extra={"error": type(error).__name__})
            _forget()
            metrics.BACKLOG_READ.set(0)
            return
        _show(gauges, now)
        if waiting is not None:
            metrics.BACKLOG.labels("worker").set(waiting)
        metrics.BACKLOG_READ.set(1)


def _forget() -> None:
    for gauge in (metrics.BACKLOG, metrics.BACKLOG_OLDEST_S, metrics.TICK_AT, metrics.PAYMENTS, metrics.PAYOUTS):
        gauge.clear()
    metrics.ARCHIVED_AT.clear()


def _show(gauges: Gauges, now: datetime) -> None:
    _forget()
    for queue in gauges.queues:
        age_s = 0.0 if queue.oldest_at is None else max(0.0, (now - queue.oldest_at).total_seconds())
        metrics.BACKLOG.labels(queue.name).set(queue.count)
        metrics.BACKLOG_OLDEST_S.labels(queue.name).set(age_s)
    for tick in gauges.ticks:
        metrics.TICK_AT.labels(tick.job, "ok" if tick.is_well else "failed").set(tick.at.timestamp())
    _tally(metrics.PAYMENTS, gauges.payments)
    _tally(metrics.PAYOUTS, gauges.payouts)
    metrics.ARCHIVING.set(gauges.archiving.is_on)
    for outcome, at in (("ok", gauges.archiving.done_at), ("failed", gauges.archiving.failed_at)):
        if at is not None:
            metrics.ARCHIVED_AT.labels(outcome).set(at.timestamp())


def _tally(gauge: Gauge, tallies: Iterable[Tally]) -> None:
    for tally in tallies:
        gauge.labels(tally.method, tally.status).set(tally.count)
