"""Both caches of searches keep the same promises; the one on Redis also survives its server."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from allonova.adapters.local.carpool.searches import MOST, LocalSearchCache
from allonova.adapters.redis.carpool.searches import ASKED, DOWN_S, PAGES, RedisSearchCache
from allonova.adapters.redis.client import connect
from allonova.adapters.redis.together import Together
from allonova.application.carpool.ports import Found, Search, SearchCache
from allonova.application.kernel.listing import Sort
from allonova.domain.carpool.vehicle import Comfort
from allonova.domain.kernel.geo import Box, Point
from tests.redis.conftest import OwnRedis
from tests.support.factories import (
    ABIDJAN,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    YAMOUSSOUKRO,
    new_id,
)

AREA = Box(ABIDJAN, Point(YAMOUSSOUKRO.lat, ABIDJAN.lon))
UNTIL = NOW + 5 * SECOND


def a_search(**given: Any) -> Search:
    """One that nobody else asks."""
    search = Search(
        start=ABIDJAN, end=YAMOUSSOUKRO, earliest=NOW, latest=NOW + 24 * HOUR, radius_m=25_000, viewer_id=new_id()
    )
    return replace(search, **given)


def a_page() -> Found:
    """Hits with all that a text can have."""
    return Found((b'{"rules":"Non-fumeur\\n\xc3\xa9"}', b"{}", b'{"a": 1}'), 41)


@pytest.fixture(params=["local", "redis"])
async def cache(request: pytest.FixtureRequest, redis: Redis) -> SearchCache:
    """One of the two."""
    if request.param == "local":
        return LocalSearchCache()
    async for key in redis.scan_iter(f"{ASKED}*"):
        await redis.delete(key)
    return RedisSearchCache(Together(redis))


async def test_nothing_is_known_when_it_was_kept_for_somebody_who_sees_otherwise_now(cache: SearchCache) -> None:
    he = uuid4()  # passed by for a while: nobody else may have his id
    his, hers, anybodys = a_search(viewer_id=he), a_search(), a_search(viewer_id=None, radius_m=7_777)
    for search in (his, hers, anybodys):
        await cache.keep(search, a_page(), until=UNTIL)
    await cache.forget(he)
    assert [await cache.ask(search, now=NOW) for search in (his, hers, anybodys)] == [None, a_page(), a_page()]


async def test_nothing_is_known_when_nothing_was_kept(cache: SearchCache) -> None:
    assert await cache.ask(a_search(), now=NOW) is None


async def test_page_is_the_same_when_it_is_asked_again(cache: SearchCache) -> None:
    search, page = a_search(), a_page()
    await cache.keep(search, page, until=UNTIL)
    found = await cache.ask(search, now=UNTIL - SECOND)
    assert found == page


async def test_page_is_gone_when_its_time_is_over(cache: SearchCache) -> None:
    search = a_search()
    await cache.keep(search, a_page(), until=UNTIL)
    assert await cache.ask(search, now=UNTIL) is None
    await cache.keep(search, Found((), 0), until=UNTIL + SECOND)
    assert await cache.ask(search, now=UNTIL) == Found((), 0)


OTHERS: list[dict[str, Any]] = [
    {"start": YAMOUSSOUKRO}, {"end": ABIDJAN}, {"area": AREA}, {"area": AREA, "start": None},
    {"area": AREA, "end": None}, {"area": Box(ABIDJAN, ABIDJAN)},
    {"earliest": NOW + SECOND}, {"latest": NOW + HOUR}, {"radius_m": 1_000}, {"seats": 2}, {"price_min": 1},
    {"price_max": 1}, {"comfort": Comfort.BASIC}, {"driver_rating": 4.5}, {"viewer_id": None},
    {"sort": (Sort("price"),)}, {"sort": (Sort("price", descending=True),)}, {"page": 2}, {"page_size": 10},
]  # fmt: skip


@pytest.mark.parametrize("other", OTHERS)
async def test_page_is_anothers_when_anything_differs(cache: SearchCache, other: dict[str, Any]) -> None:
    search = a_search()
    await cache.keep(search, a_page(), until=UNTIL)
    assert await cache.ask(a_search(**({"viewer_id": search.viewer_id} | other)), now=NOW) is None


async def test_most_asked_come_first_when_many_were_asked(cache: SearchCache) -> None:
    once, twice, often = a_search(), a_search(area=Box(ABIDJAN, ABIDJAN)), a_search(sort=(Sort("price"),))
    for search, times in ((twice, 2), (once, 1), (often, 3)):
        for n in range(times):
            await cache.count(search, now=NOW + n * MINUTE)
    await cache.ask(once, now=NOW)  # what is counted goes with the next question
    now = NOW + 3 * MINUTE
    assert list(await cache.most_asked(now=now, limit=50)) == [often, twice]
    assert list(await cache.most_asked(now=now, limit=1)) == [often]


async def test_asking_is_forgotten_when_ten_minutes_have_passed(cache: SearchCache) -> None:
    search = a_search()
    for _ in range(2):
        await cache.count(search, now=NOW)
    await cache.ask(search, now=NOW)
    assert list(await cache.most_asked(now=NOW + 9 * MINUTE, limit=50)) == [search]
    assert list(await cache.most_asked(now=NOW + 10 * MINUTE, limit=50)) == []


async def test_memory_is_bounded_when_all_searches_differ() -> None:
    cache = LocalSearchCache()
    searches = [a_search() for _ in range(MOST + 10)]
    for search in searches:
        await cache.keep(search, Found((), 0), until=UNTIL)
    kept = [search for search in searches if await cache.ask(search, now=NOW) is not None]
    assert kept == searches[10:]


async def test_everything_leaves_redis_by_itself_when_nobody_asks_any_more(redis: Redis) -> None:
    cache, search = RedisSearchCache(Together(redis)), a_search()
    await cache.keep(search, a_page(), until=UNTIL)
    await cache.count(search, now=NOW)
    await cache.ask(search, now=NOW)
    await cache.most_asked(now=NOW, limit=50)
    keys = [key async for key in redis.scan_iter("searches:*")]
    assert keys
    assert all([await redis.ttl(key) != -1 for key in keys])  # -2 has left already


async def test_page_is_not_known_when_it_is_not_whole(redis: Redis) -> None:
    cache, search = RedisSearchCache(Together(redis)), a_search()
    await cache.keep(search, a_page(), until=UNTIL)
    assert await cache.ask(search, now=NOW) == a_page()
    async for key in redis.scan_iter(f"{PAGES}*"):
        await redis.set(key, f"{UNTIL.isoformat()} 2 2\n{{}}", ex=10)  # one line is missing
    assert await cache.ask(search, now=NOW) is None


async def test_nothing_is_known_and_nobody_waits_when_redis_is_down(own_redis: OwnRedis) -> None:
    client, seconds = connect(own_redis.url), [0.0]
    cache, search = RedisSearchCache(Together(client), monotonic=lambda: seconds[0]), a_search()
    await cache.keep(search, a_page(), until=UNTIL)
    assert await cache.ask(search, now=NOW) is not None
    await own_redis.stop()
    assert await cache.ask(search, now=NOW) is None
    await cache.keep(search, a_page(), until=UNTIL)
    assert await cache.most_asked(now=NOW, limit=50) == ()
    await own_redis.start()
    assert await cache.ask(search, now=NOW) is None  # not asked again before the second is over
    seconds[0] += DOWN_S
    assert await cache.ask(search, now=NOW) is None  # asked again: it is back, and empty
    await cache.keep(search, Found((), 0), until=UNTIL + timedelta(hours=1))
    assert await cache.ask(search, now=NOW) == Found((), 0)
    await client.aclose()
