"""Both limiters keep the same promises; the one on Redis also survives its server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from allonova.adapters.local.limits import SWEEP_EVERY_S, LocalRateLimiter
from allonova.adapters.redis.client import connect
from allonova.adapters.redis.limits import DOWN_S, RedisRateLimiter
from allonova.adapters.redis.together import Together
from allonova.application.kernel.limits import Limit, RateLimiter
from allonova.domain.kernel.errors import ServiceUnavailable
from tests.redis.conftest import OwnRedis
from tests.support.figures import growth


@dataclass
class Seconds:
    at: float = 1_772_352_000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Case:
    limiter: RateLimiter
    seconds: Seconds


@pytest.fixture(params=["local", "redis"])
def case(request: pytest.FixtureRequest, redis: Redis) -> Case:
    seconds = Seconds()
    local = LocalRateLimiter(seconds)
    if request.param == "local":
        return Case(local, seconds)
    return Case(RedisRateLimiter(Together(redis), fallback=local, real_time=seconds), seconds)


@pytest.fixture
def limit() -> Limit:
    return Limit(name="user", key=str(uuid4()), amount=3, window_s=60)


def other(amount: int = 100, *, closed: bool = False) -> Limit:
    return Limit(name="address", key=str(uuid4()), amount=amount, window_s=60, closed=closed)


async def test_refused_when_limit_is_reached(case: Case, limit: Limit) -> None:
    verdicts = [await case.limiter.hit([limit]) for _ in range(5)]
    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False, False]
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0, 0]
    assert {(verdict.limit, verdict.reset_s) for verdict in verdicts} == {(3, 60)}
    assert [verdict.retry_after_s for verdict in verdicts] == [0, 0, 0, 60, 60]


async def test_allowed_again_when_told_time_has_passed(case: Case, limit: Limit) -> None:
    for _ in range(3):
        await case.limiter.hit([limit])
        case.seconds.at += 10
    refused = await case.limiter.hit([limit])
    assert (refused.allowed, refused.retry_after_s) == (False, 30)
    case.seconds.at += 29
    assert not (await case.limiter.hit([limit])).allowed
    case.seconds.at += 2
    allowed = await case.limiter.hit([limit])
    assert (allowed.allowed, allowed.remaining) == (True, 0)
    assert not (await case.limiter.hit([limit])).allowed


async def test_keys_and_names_are_counted_apart(case: Case, limit: Limit) -> None:
    rules = [limit, Limit(name="user", key=limit.key + "x", amount=3, window_s=60)]
    rules += [Limit(name="phone", key=limit.key, amount=3, window_s=60)]
    for rule in rules:
        assert [(await case.limiter.hit([rule])).allowed for _ in range(4)] == [True] * 3 + [False]


async def test_tightest_rule_is_told_when_all_allow(case: Case, limit: Limit) -> None:
    verdict = await case.limiter.hit([other(), limit])
    assert (verdict.limit, verdict.remaining) == (3, 2)


async def test_nothing_is_counted_when_one_rule_refuses(case: Case, limit: Limit) -> None:
    address = other(4)
    for _ in range(10):
        await case.limiter.hit([limit, address])
    verdict = await case.limiter.hit([address])
    assert (verdict.allowed, verdict.remaining) == (True, 0)


async def test_longest_wait_is_told_when_several_refuse(case: Case, limit: Limit) -> None:
    hourly = Limit(name="hourly", key=limit.key, amount=3, window_s=3600)
    for _ in range(3):
        await case.limiter.hit([limit, hourly])
    assert (await case.limiter.hit([limit, hourly])).retry_after_s == 3600


@pytest.mark.promise("counters")
async def test_exactly_the_limit_passes_when_hits_are_parallel(case: Case) -> None:
    rule = other(5)
    verdicts = await asyncio.gather(*(case.limiter.hit([rule]) for _ in range(100)))
    assert sum(verdict.allowed for verdict in verdicts) == 5


async def test_any_text_is_a_key(case: Case) -> None:
    for key in ("", "\ud800\x00\r\n", "é" * 10_000, "a b{c}:*"):
        rule = Limit(name="login", key=key + str(uuid4()), amount=1, window_s=60)
        assert [(await case.limiter.hit([rule])).allowed for _ in range(2)] == [True, False]


async def test_nothing_passes_when_amount_is_zero(case: Case) -> None:
    assert not (await case.limiter.hit([other(0)])).allowed


async def test_old_keys_are_forgotten_in_the_process() -> None:
    seconds = Seconds()
    limiter = LocalRateLimiter(seconds)
    for _ in range(100):
        await limiter.hit([other()])
    seconds.at += SWEEP_EVERY_S
    await limiter.hit([other()])
    assert len(limiter._hits) == 1


async def test_old_keys_are_forgotten_by_redis(redis: Redis, limit: Limit) -> None:
    before = {key async for key in redis.scan_iter("limits*")}
    await RedisRateLimiter(Together(redis), fallback=LocalRateLimiter()).hit([limit])
    fresh = {key async for key in redis.scan_iter("limits*")} - before  # another test may count here as well
    assert fresh
    for key in fresh:
        assert limit.key.encode() not in key
        assert 0 < await redis.ttl(key) <= 3600


async def test_replicas_share_the_count(redis: Redis, redis_url: str, limit: Limit) -> None:
    second = connect(redis_url)
    limiters = [RedisRateLimiter(Together(each), fallback=LocalRateLimiter()) for each in (redis, second)]
    verdicts = [await limiters[n % 2].hit([limit]) for n in range(4)]
    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False]
    await second.aclose()


async def test_one_round_trip_for_all_rules(redis: Redis, limit: Limit, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = RedisRateLimiter(Together(redis), fallback=LocalRateLimiter())
    await limiter.hit([limit])
    writes: list[object] = []
    connection = await redis.connection_pool.get_connection()
    send = connection.send_packed_command

    async def counted(command: bytes, check_health: bool = True) -> None:
        writes.append(command)
        await send(command, check_health)

    monkeypatch.setattr(connection, "send_packed_command", counted)
    await redis.connection_pool.release(connection)
    await limiter.hit([limit, other(), other()])
    assert len(writes) == 1


@pytest.mark.promise("redis-down")
async def test_falls_back_and_comes_back_when_redis_does(own_redis: OwnRedis, limit: Limit) -> None:
    seconds, client = Seconds(), connect(own_redis.url)
    limiter = RedisRateLimiter(Together(client), fallback=LocalRateLimiter(), monotonic=seconds)
    login = other(closed=True)
    assert (await limiter.hit([limit, login])).allowed
    await own_redis.stop()
    assert [(await limiter.hit([limit])).allowed for _ in range(4)] == [True, True, True, False]
    with pytest.raises(ServiceUnavailable):
        await limiter.hit([limit, login])
    await own_redis.start()
    with pytest.raises(ServiceUnavailable):
        await limiter.hit([login])
    seconds.at += DOWN_S
    assert (await limiter.hit([login])).remaining == 99
    assert (await limiter.hit([login])).remaining == 98
    await client.aclose()


async def test_calls_that_redis_did_not_count_are_shown_when_it_is_down(own_redis: OwnRedis, limit: Limit) -> None:
    limiter = RedisRateLimiter(Together(connect(own_redis.url)), fallback=LocalRateLimiter())
    await own_redis.stop()
    name = "allonova_limits_unshared_total"
    alone, refused = growth(name, outcome="counted"), growth(name, outcome="refused")
    await limiter.hit([limit])
    with pytest.raises(ServiceUnavailable):
        await limiter.hit([other(closed=True)])
    assert (alone(), refused()) == (1, 1)


async def test_one_request_a_second_asks_when_redis_is_down() -> None:
    asked: list[int] = []

    def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(1)
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        seconds, client = Seconds(), connect(f"redis://127.0.0.1:{port}/0", retries=0)
        limiter = RedisRateLimiter(Together(client), fallback=LocalRateLimiter(), monotonic=seconds)
        await limiter.hit([other()])
        for _ in range(3):
            seconds.at += DOWN_S
            asked.clear()
            await asyncio.gather(*(limiter.hit([other()]) for _ in range(20)))
            assert len(asked) == 1
        await client.aclose()
