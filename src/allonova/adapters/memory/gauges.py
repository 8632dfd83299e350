"""What stands in memory, for whoever watches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from allonova.adapters.memory.money.tables import PAYMENTS, PAYOUTS
from allonova.adapters.memory.platform import JOB_RUNS, OUTBOX, JobRunRow
from allonova.adapters.memory.store import Rows
from allonova.application.kernel.gauges import (
    PAYMENTS_WITHIN,
    PAYOUTS_WITHIN,
    Archiving,
    GaugeQueries,
    Gauges,
    LastTick,
    Queue,
    Tally,
)
from allonova.domain.money.payment import Payment
from allonova.domain.money.payout import Payout


class MemoryGaugeQueries:
    """Counts of rows. Nobody waits for a job here, and there is no log to archive."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def gauges(self, *, now: datetime) -> Gauges:
        """See GaugeQueries."""
        rows = list(self._source.rows(OUTBOX).values())
        open_rows = [row for row in rows if row.done_at is None and not row.is_dead]
        return Gauges(
            queues=[
                _queue("outbox", [row.due_at for row in open_rows if not row.is_live and row.due_at <= now]),
                _queue("live", [row.created_at for row in open_rows if row.is_live]),
                _queue("dead", [row.dead_at for row in rows if row.dead_at is not None]),
                _queue("requests", []),
            ],
            ticks=_ticks(self._source.rows(JOB_RUNS).values()),
            payments=_tallies(
                row for row in self._source.rows(PAYMENTS).values() if row.created_at > now - PAYMENTS_WITHIN
            ),
            payouts=_tallies(
                row for row in self._source.rows(PAYOUTS).values() if row.created_at > now - PAYOUTS_WITHIN
            ),
            archiving=Archiving(is_on=False),
        )


def _queue(name: str, instants: Sequence[datetime]) -> Queue:
    return Queue(name, len(instants), min(instants, default=None))


def _ticks(runs: Iterable[JobRunRow]) -> list[LastTick]:
    last: dict[tuple[str, bool], datetime] = {}
    for run in runs:
        if run.finished_at is not None:
            kind = (run.job, run.error is None)
            last[kind] = max(last.get(kind, run.finished_at), run.finished_at)
    return [LastTick(job, is_well, at) for (job, is_well), at in sorted(last.items())]


def _tallies(rows: Iterable[Payment | Payout]) -> list[Tally]:
    found = Counter((row.method.value, row.status.value) for row in rows)
    return [Tally(method, status, count) for (method, status), count in sorted(found.items())]


def _conforms(queries: MemoryGaugeQueries) -> GaugeQueries:
    return queries
