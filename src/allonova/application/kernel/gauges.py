"""What stands in the store, for whoever watches the service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

PAYMENTS_WITHIN = timedelta(hours=1)
PAYOUTS_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Queue:
    """How many things wait, and since when the oldest has been due; None where nothing waits."""

    name: str
    count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class LastTick:
    """When a job that works tick by tick last finished one well, or badly."""

    job: str
    is_well: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """How many payments, or payouts, of one method stand so."""

    method: str
    status: str
    count: int


@dataclass(frozen=True, slots=True)
class Archiving:
    """How the store's own log is kept elsewhere."""

    is_on: bool
    done_at: datetime | None = None
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """All of it, as of one instant. Queues: `outbox`, `live` (onto sockets), `dead` (given up), `requests` (jobs that
    somebody waits for).
    """

    queues: Sequence[Queue]
    ticks: Sequence[LastTick]
    payments: Sequence[Tally]
    payouts: Sequence[Tally]
    archiving: Archiving


class GaugeQueries(Protocol):
    """Counts that cost little."""

    async def gauges(self, *, now: datetime) -> Gauges:
        """Payments of the last hour and payouts of the last day; all else as it stands."""
