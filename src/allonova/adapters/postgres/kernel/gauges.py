"""What stands in the database, for whoever watches: counts over partial indexes of what is open, which is little."""

from __future__ import annotations

from datetime import datetime

from allonova.adapters.postgres.runner import Runner
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

_QUEUES = """
SELECT 'outbox', count(*), min(due_at) FROM platform.outbox
WHERE done_at IS NULL AND dead_at IS NULL AND NOT is_live AND due_at <= $1::timestamptz
UNION ALL SELECT 'live', count(*), min(created_at) FROM platform.outbox WHERE is_live AND dead_at IS NULL
UNION ALL SELECT 'dead', count(*), min(dead_at) FROM platform.outbox WHERE dead_at IS NOT NULL
UNION ALL SELECT 'requests', count(*), min(created_at) FROM platform.job_requests
WHERE taken_at IS NULL AND done_at IS NULL
"""
_TICKS = """
SELECT job, error IS NULL, max(finished_at) FROM platform.job_runs WHERE finished_at IS NOT NULL
GROUP BY 1, 2 ORDER BY 1, 2
"""
_PAYMENTS = """
SELECT method, status, count(*) FROM carpool.payments WHERE created_at > $1::timestamptz GROUP BY 1, 2 ORDER BY 1, 2
"""
_PAYOUTS = """
SELECT method, status, count(*) FROM carpool.payouts WHERE created_at > $1::timestamptz GROUP BY 1, 2 ORDER BY 1, 2
"""
_ARCHIVING = """
SELECT current_setting('archive_mode') <> 'off', last_archived_time, last_failed_time FROM pg_stat_archiver
"""


class PostgresGaugeQueries:
    """A statement for each kind, one after the other on one connection or the next."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def gauges(self, *, now: datetime) -> Gauges:
        """See GaugeQueries."""
        ask = self._runner
        archiving = await ask.fetchrow(_ARCHIVING)
        return Gauges(
            queues=[Queue(*row) for row in await ask.fetch(_QUEUES, now)],
            ticks=[LastTick(*row) for row in await ask.fetch(_TICKS)],
            payments=[Tally(*row) for row in await ask.fetch(_PAYMENTS, now - PAYMENTS_WITHIN)],
            payouts=[Tally(*row) for row in await ask.fetch(_PAYOUTS, now - PAYOUTS_WITHIN)],
            archiving=Archiving(is_on=False) if archiving is None else Archiving(*archiving),
        )


def _conforms(queries: PostgresGaugeQueries) -> GaugeQueries:
    return queries
