"""Rate limits: how often a key may do a thing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `amount` hits of `key` in any `window_s` seconds of real time; `name` says what is counted.

    A `closed` one refuses everything while hits cannot be counted for all processes together.
    """

    name: str
    key: str
    amount: int
    window_s: int
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the tightest of the limits says. `remaining` hits now; `reset_s` until its oldest hit counts no more."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int

    @property
    def retry_after_s(self) -> int:
        """When to try again; 0 for who was allowed."""
        return 0 if self.allowed else self.reset_s


class RateLimiter(Protocol):
    """Counts hits."""

    async def hit(self, rules: Sequence[Limit]) -> Verdict:
        """Count one hit under every rule, or, when one of them refuses, under none.

        Raises:
            ServiceUnavailable: a closed rule that cannot be counted.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How one rule stands: hits in its window, and seconds until the oldest of them leaves it."""

    rule: Limit
    accepted: bool
    hits: int
    oldest_leaves_s: float


def judge(counts: Sequence[Count]) -> Verdict:
    """One verdict from all rules: of those that refuse the one that lasts longest, else the one with least left."""
    refusing = [count for count in counts if not count.accepted]
    if refusing:
        told = max(refusing, key=lambda count: count.oldest_leaves_s)
    else:
        told = min(counts, key=lambda count: count.rule.amount - count.hits)
    return Verdict(
        allowed=not refusing,
        limit=told.rule.amount,
        remaining=0 if refusing else max(0, told.rule.amount - told.hits),
        reset_s=max(1, math.ceil(told.oldest_leaves_s)),
    )
