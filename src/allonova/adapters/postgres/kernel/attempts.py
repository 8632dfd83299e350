"""Tries within a sliding window."""

from __future__ import annotations

from datetime import datetime, timedelta

from allonova.adapters.postgres.runner import Runner

# One statement counts and refuses: a number that is read, then written, is no limit.
_TAKE = """
INSERT INTO platform.attempts AS a (key, times) VALUES ($1::text, ARRAY[$2::timestamptz])
ON CONFLICT (key) DO UPDATE
SET times = ARRAY(SELECT t FROM unnest(a.times) AS t WHERE t > $3::timestamptz ORDER BY t) || $2::timestamptz
WHERE (SELECT count(*) FROM unnest(a.times) AS t WHERE t > $3::timestamptz) < $4::int
RETURNING true
"""
_COUNTED = """
SELECT ARRAY(SELECT t FROM unnest(times) AS t WHERE t > $2::timestamptz ORDER BY t)
FROM platform.attempts WHERE key = $1::text
"""
_CLEAR = "DELETE FROM platform.attempts WHERE key = $1::text"


class PostgresAttempts:
    """Counts of tries that hold under parallel requests."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def take(self, key: str, *, limit: int, window: timedelta, now: datetime) -> datetime | None:
        """Count one try unless `limit` were made within the last `window`; else when the next one counts."""
        since = now - window
        if await self._runner.fetchval(_TAKE, key, now, since, limit):
            return None
        # The refused statement locked the row, so this reads what it was refused for.
        counted: list[datetime] = await self._runner.fetchval(_COUNTED, key, since)
        return counted[-limit] + window

    async def clear(self, key: str) -> None:
        """Forget the tries."""
        await self._runner.execute(_CLEAR, key)
