"""Rate limits counted in Redis, for all processes together."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from itertools import batched

from limits import RateLimitItemPerSecond
from limits.aio.storage.redis.bridge import RedisBridge
from redis.exceptions import RedisError

from allonova.adapters.redis.together import Together
from allonova.adapters.telemetry.metrics import LIMITS_UNSHARED
from allonova.application.kernel.limits import Count, Limit, RateLimiter, Verdict, judge
from allonova.domain.kernel.errors import ServiceUnavailable

log = logging.getLogger(__name__)

# The library's two scripts as functions of one, which runs both for each key: one command is a third of the work that
# a pipeline of them is. A table ends at its first nil, hence the falses.
TAKE_AND_READ = f"""
local function take(KEYS, ARGV) {RedisBridge.SCRIPT_ACQUIRE_MOVING_WINDOW.decode()} end
local function read(KEYS, ARGV) {RedisBridge.SCRIPT_MOVING_WINDOW.decode()} end
local now, answers = table.remove(ARGV, 1), {{}}
for i, key in ipairs(KEYS) do
    local most, window, since = ARGV[3 * i - 2], ARGV[3 * i - 1], ARGV[3 * i]
    answers[2 * i - 1] = take({{key}}, {{now, most, window, '1'}}) or false
    answers[2 * i] = read({{key}}, {{since, most}}) or false
end
return answers
"""
PREFIX = "limits"
DOWN_S = 1.0  # while Redis is down, one request a second asks whether it is back; the others do not wait for it


class RedisRateLimiter:
    """The moving window of `limits.aio`, by its own scripts, all rules in one round trip, with others' that come now.

    Its strategy object would take two per rule (count, then read) and would count a hit under one rule that another
    refuses; here a second trip, on refusals alone, takes those back. While Redis is down, closed rules refuse and the
    others are counted by `fallback`, in this process.
    """

    def __init__(
        self,
        together: Together,
        *,
        fallback: RateLimiter,
        monotonic: Callable[[], float] = time.monotonic,
        real_time: Callable[[], float] = time.time,
    ) -> None:
        self._redis, self._together = together.redis, together
        self._take_and_read = self._redis.register_script(TAKE_AND_READ)
        self._fallback = fallback
        self._monotonic = monotonic
        self._real_time = real_time
        self._down_until: float | None = None

    async def hit(self, rules: Sequence[Limit]) -> Verdict:
        """See RateLimiter."""
        if self._may_ask():
            try:
                verdict = judge(await self._hit(rules))
            except (RedisError, OSError) as error:
                self._down(error)
            else:
                self._up()
                return verdict
        is_closed = any(rule.closed for rule in rules)
        LIMITS_UNSHARED.labels("refused" if is_closed else "counted").inc()
        if is_closed:
            raise ServiceUnavailable
        return await self._fallback.hit(rules)

    async def _hit(self, rules: Sequence[Limit]) -> list[Count]:
        keys, now = [_key(rule) for rule in rules], self._real_time()
        bounds = [str(bound) for rule in rules for bound in (rule.amount, rule.window_s, now - rule.window_s)]
        answers = await self._together.run(self._take_and_read, keys=keys, args=[str(now), *bounds])
        pairs = zip(rules, batched(answers, 2), strict=True)
        counts = [_count(rule, taken, window, now) for rule, (taken, window) in pairs]
        if not all(count.accepted for count in counts):
            await self._give_back([key for key, count in zip(keys, counts, strict=True) if count.accepted])
        return counts

    async def _give_back(self, keys: Sequence[str]) -> None:
        """Take out the newest hit of each; should another's have come since, it stands for ours."""
        if not keys:
            return
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.lpop(key)
            await pipe.execute()

    def _may_ask(self) -> bool:
        if self._down_until is None:
            return True
        now = self._monotonic()
        if now < self._down_until:
            return False
        self._down_until = now + DOWN_S
        return True

    def _down(self, error: Exception) -> None:
        if self._down_until is None:
            log.error("rate limits are counted in this process", extra={"error": type(error).__name__})
        self._down_until = self._monotonic() + DOWN_S

    def _up(self) -> None:
        if self._down_until is not None:
            log.info("rate limits are counted in redis again")
            self._down_until = None


def _key(rule: Limit) -> str:
    """Hashed: who is counted is a phone, an e-mail or an address, of any length and in any letters."""
    who = hashlib.blake2b(rule.key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return RateLimitItemPerSecond(rule.amount, rule.window_s, namespace=PREFIX).key_for(rule.name, who)


def _count(rule: Limit, taken: int | None, window: Sequence[bytes | int] | None, now: float) -> Count:
    """What the two scripts answer: 1 or nothing; then the oldest hit's instant and how many there are, or nothing."""
    oldest, hits = window or (now, 0)
    return Count(rule=rule, accepted=bool(taken), hits=int(hits), oldest_leaves_s=float(oldest) + rule.window_s - now)


def _conforms(limiter: RedisRateLimiter) -> RateLimiter:
    return limiter
