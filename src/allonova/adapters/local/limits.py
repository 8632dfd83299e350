"""Rate limits counted in this process."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

from allonova.application.kernel.limits import Count, Limit, RateLimiter, Verdict, judge

SWEEP_EVERY_S = 60.0


class LocalRateLimiter:
    """A moving window per key, exact. Nothing is awaited, so that no two requests count at once.

    `limits`' own memory storage looks at every key in a thread of its own after each hit, which is dear once there
    are thousands of keys; here they are swept once a minute.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._hits: dict[tuple[str, str, int], deque[float]] = {}
        self._sweep_at = monotonic() + SWEEP_EVERY_S

    async def hit(self, rules: Sequence[Limit]) -> Verdict:
        """See RateLimiter."""
        now = self._monotonic()
        self._sweep(now)
        windows = [(rule, self._window(rule, now)) for rule in rules]
        if all(len(hits) < rule.amount for rule, hits in windows):
            for _, hits in windows:
                hits.append(now)
            return judge([_count(rule, hits, now, accepted=True) for rule, hits in windows])
        return judge([_count(rule, hits, now, accepted=len(hits) < rule.amount) for rule, hits in windows])

    def _window(self, rule: Limit, now: float) -> deque[float]:
        hits = self._hits.setdefault((rule.name, rule.key, rule.window_s), deque())
        while hits and hits[0] <= now - rule.window_s:
            hits.popleft()
        return hits

    def _sweep(self, now: float) -> None:
        """Forget the keys whose hits all count no more."""
        if now < self._sweep_at:
            return
        self._sweep_at = now + SWEEP_EVERY_S
        idle = [key for key, hits in self._hits.items() if not hits or hits[-1] <= now - key[2]]
        for key in idle:
            del self._hits[key]


def _count(rule: Limit, hits: deque[float], now: float, *, accepted: bool) -> Count:
    leaves_s = hits[0] + rule.window_s - now if hits else 0.0
    return Count(rule=rule, accepted=accepted, hits=len(hits), oldest_leaves_s=leaves_s)


def _conforms(limiter: LocalRateLimiter) -> RateLimiter:
    return limiter
