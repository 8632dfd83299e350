"""Kept searches on PostgreSQL: told once whoever asks at the same time, and found by their index."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta

import asyncpg  # type: ignore[import-untyped]
import pytest

from allonova.adapters.crypto.sealer import AesSealer
from allonova.adapters.postgres.carpool.alerts import MATCH
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.carpool import match_alerts
from allonova.application.carpool.match_alerts import AlertDesk, MatchAlerts
from allonova.application.identity.push_desk import Push, PushDesk
from allonova.application.notifications.ports import DeadToken, PushTarget
from allonova.application.notifications.pushes import PushText
from allonova.domain.carpool.events import AlertMatched, TripPublished
from allonova.domain.identity.device import Device, PushPlatform, token_context
from allonova.domain.identity.user import User
from allonova.main.wiring import HEARD
from tests.postgres.crowd import crowd
from tests.support.factories import HOUR, NOW, NumberedIds, SetClock, a_driver, a_trip, a_user, an_alert, keep, new_id
from tests.support.postgres import admin_dsn, drop_database, fresh_database

READERS, ROUNDS = 30, 5
SEALER = AesSealer({"k": "k" * 32}, "k")
_ALERTS = """
INSERT INTO carpool.alerts (user_id, origin_point, destination_point, radius_m, days, seats, expires_at)
SELECT u.id, ST_MakePoint(-7.5 + 4.5 * random(), 5 + 5 * random())::geography,
    ST_MakePoint(-7.5 + 4.5 * random(), 5 + 5 * random())::geography, 25000, '{}', 1, $1::timestamptz + interval '90 d'
FROM carpool.users AS u, generate_series(1, 200)
"""


@pytest.mark.promise("locks-in-order")
async def test_each_is_told_once_when_a_trip_is_published_many_times_at_once(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(match_alerts, "BATCH", 7)
    clock = SetClock()
    units = PostgresUnits(pool, subscribers=HEARD, ids=NumberedIds(), clock=clock, wake=lambda _: None)
    driver = a_driver()
    trip, readers = a_trip(driver), [a_user() for _ in range(READERS)]
    async with units.begin() as unit:
        await keep(unit, driver, trip, *readers, *(an_alert(reader) for reader in readers for _ in range(2)))
    hear = MatchAlerts(AlertDesk(units.begin, clock))
    await asyncio.gather(*(hear(TripPublished(trip.id)) for _ in range(8)))
    told = await pool.fetch("SELECT user_id FROM carpool.alert_matches WHERE trip_id = $1", trip.id)
    left = await pool.fetch("SELECT payload FROM platform.outbox WHERE event = $1", AlertMatched.name)
    assert sorted(row["user_id"] for row in told) == sorted(reader.id for reader in readers)
    assert len({row["payload"]["alert_id"] for row in left}) == len(left) == READERS


class NobodyThere:
    """A push service that knows none of its installations any more."""

    async def send(
        self, *, to: PushTarget, title: str, body: str, data: Mapping[str, str], key: str, lasts: timedelta
    ) -> None:
        raise DeadToken("UNREGISTERED")


async def test_next_channel_is_asked_once_when_all_devices_are_gone_at_once(pool: Pool) -> None:
    units = PostgresUnits(pool, subscribers=HEARD, ids=NumberedIds(), clock=SetClock(), wake=lambda _: None)
    desk = PushDesk(units.begin, SEALER, NobodyThere())
    push = Push(text=PushText("a", "b"), data={}, key="k", lasts=HOUR)
    for number in range(1, ROUNDS + 1):
        reader, otherwise = a_user(), AlertMatched(new_id(), new_id())
        devices = [a_device(reader) for _ in range(4)]
        async with units.begin() as unit:
            await keep(unit, reader)
            for device in devices:
                await unit.devices.add(device)
        sends = [desk.send(push, user_id=reader.id, device_id=each.id, otherwise=otherwise) for each in devices]
        await asyncio.gather(*sends)
        assert await pool.fetchval("SELECT count(*) FROM carpool.devices") == 0
        assert await pool.fetchval("SELECT count(*) FROM platform.outbox") == number


def a_device(owner: User) -> Device:
    """A phone of somebody's."""
    id = new_id()
    token = SEALER.seal("t", context=token_context(id))
    return Device(
        id=id,
        user_id=owner.id,
        platform=PushPlatform.IOS,
        token=token,
        token_hash=str(id),
        created_at=NOW,
        updated_at=NOW,
    )


@pytest.fixture(scope="module")
def country() -> Iterator[str]:
    """The DSN of a database with 4,000 kept searches of 20 drivers, and their trips."""

    async def make() -> str:
        dsn = await fresh_database(admin_dsn())
        owner = await asyncpg.connect(dsn)
        await crowd(owner, drivers=20, since=NOW)
        await owner.execute(_ALERTS, NOW)
        await owner.execute("ANALYZE carpool.alerts")
        await owner.close()
        return dsn

    made = asyncio.run(make())
    yield made
    asyncio.run(drop_database(admin_dsn(), made))


@pytest.fixture
async def connection(country: str) -> AsyncIterator[Connection]:
    """The application's connection to it."""
    async with await open_pool(country, max_size=1) as pool, pool.acquire() as connection, connection.transaction():
        yield connection


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_index_is_used_when_a_trip_looks_for_who_wants_it(connection: Connection, mode: str) -> None:
    trip_id = await connection.fetchval("SELECT id FROM carpool.trips WHERE departure_time > $1 LIMIT 1", NOW)
    literals = {"trip_id": f"'{trip_id}'", "now": f"'{NOW.isoformat()}'", "most": "500"}
    values = [literals[name] if name in literals else f"'{MATCH.fixed[name]}'" for name in MATCH.names]
    await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
    await connection.execute(f"PREPARE looking AS {MATCH.sql}")
    rows = await connection.fetch(f"EXPLAIN (ANALYZE, TIMING OFF) EXECUTE looking ({', '.join(values)})")
    await connection.execute("DEALLOCATE looking")
    plan = "\n".join(row[0] for row in rows)
    assert "using ix_alerts_search" in plan or "on ix_alerts_search" in plan
    assert re.search(r"Index Cond: .*origin_point && .*destination_point && ", plan)
    assert "Seq Scan on alerts" not in plan
    assert "Seq Scan on trip_legs" not in plan
    # Ten rides of one trip: the circles of 100 km hold a small part of the country's searches.
    read = sum(int(rows) * int(loops) for rows, loops in re.findall(r"alerts.*rows=(\d+) loops=(\d+)\)", plan))
    assert read < 4_000
