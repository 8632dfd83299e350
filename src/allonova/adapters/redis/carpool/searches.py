"""What searches found lately, kept in Redis for all processes together."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from redis.exceptions import RedisError

from allonova.adapters.redis.together import Together
from allonova.application.carpool.ports import Found, Search, SearchCache

log = logging.getLogger(__name__)

# The number is that of the hits' shape: another release with another shape finds nothing of ours.
PAGES, ASKED, MOST_ASKED = "searches:page:1:", "searches:asked:", "searches:most"
PASSED_BY = "searches:passed-by:"  # of a viewer: until what was kept for him before is over, nothing kept is for him
ASK = """
if redis.call('EXISTS', KEYS[2]) == 1 then return nil end
return redis.call('GET', KEYS[1])
"""
MINUTES = 10  # allocar.md: most asked lately; counted by the minute
FORGET_S = 10  # of real time, longer than any page is kept: its own deadline is inside, this frees its memory
DOWN_S = 1.0  # while Redis is down, one search a second asks whether it is back; the others do not wait for it


class RedisSearchCache:
    """One round trip each, but none to count or keep. While Redis is down it knows nothing, and says so at once."""

    def __init__(self, together: Together, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._redis, self._together = together.redis, together
        self._ask = self._redis.register_script(ASK)
        self._monotonic = monotonic
        self._down_until: float | None = None

    async def ask(self, search: Search, *, now: datetime) -> Found | None:
        """See SearchCache."""

        async def send() -> Any:
            keys = [_page_key(_written(search)), f"{PASSED_BY}{search.viewer_id}"]
            return await self._together.run(self._ask, keys=keys, args=())

        kept = await self._try(send)
        return None if kept is None else _read(kept, now)

    async def count(self, search: Search, *, now: datetime) -> None:
        """See SearchCache."""
        if self._down_until is None:
            bucket = _bucket(now)
            self._together.later("ZINCRBY", bucket, 1, _written(search))
            self._together.later("EXPIRE", bucket, 60 * (MINUTES + 1))

    async def keep(self, search: Search, found: Found, *, until: datetime) -> None:
        """See SearchCache."""
        if self._down_until is not None:
            return
        value = b"\n".join([f"{until.isoformat()} {found.total} {len(found.hits)}".encode(), *found.hits])
        self._together.later("SET", _page_key(_written(search)), value, "EX", FORGET_S)

    async def forget(self, *viewer_ids: UUID) -> None:
        """See SearchCache."""

        async def send() -> Any:
            async with self._redis.pipeline(transaction=False) as pipe:
                for viewer_id in viewer_ids:
                    pipe.set(f"{PASSED_BY}{viewer_id}", b"", ex=FORGET_S)
                return await pipe.execute()

        await self._try(send)

    async def most_asked(self, *, now: datetime, limit: int) -> Sequence[Search]:
        """See SearchCache."""

        async def send() -> Any:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.zunionstore(MOST_ASKED, [_bucket(now - timedelta(minutes=ago)) for ago in range(MINUTES)])
                pipe.expire(MOST_ASKED, 60)
                pipe.zrevrangebyscore(MOST_ASKED, "+inf", 2, start=0, num=limit)
                return (await pipe.execute())[-1]

        return tuple(search for question in await self._try(send) or () if (search := _question(question)))

    async def _try(self, send: Callable[[], Awaitable[Any]]) -> Any:
        """None when Redis does not answer."""
        if not self._may_ask():
            return None
        try:
            answer = await send()
        except (RedisError, OSError) as error:
            self._down(error)
            return None
        self._up()
        return answer

    def _down(self, error: Exception) -> None:
        if self._down_until is None:
            log.error("searches are not cached", extra={"error": type(error).__name__})
        self._down_until = self._monotonic() + DOWN_S

    def _up(self) -> None:
        if self._down_until is not None:
            log.info("searches are cached again")
            self._down_until = None

    def _may_ask(self) -> bool:
        if self._down_until is None:
            return True
        now = self._monotonic()
        if now < self._down_until:
            return False
        self._down_until = now + DOWN_S
        return True


@cache
def _searches() -> TypeAdapter[Search]:
    return TypeAdapter(Search)


def _written(search: Search) -> bytes:
    return _searches().dump_json(search)


def _page_key(question: bytes) -> str:
    return PAGES + hashlib.blake2b(question, digest_size=16).hexdigest()


def _bucket(at: datetime) -> str:
    return f"{ASKED}{at:%Y%m%d%H%M}"


def _question(text: bytes) -> Search | None:
    try:
        return _searches().validate_json(text)
    except ValidationError:  # another release asked it
        return None


def _read(value: bytes, now: datetime) -> Found | None:
    """JSON has no bare line ends: each line is a hit."""
    head, *hits = value.split(b"\n")
    until, total, number = head.decode().split(" ")
    if now >= datetime.fromisoformat(until) or len(hits) != int(number):
        return None
    return Found(tuple(hits), int(total))


def _conforms(searches: RedisSearchCache) -> SearchCache:
    return searches
