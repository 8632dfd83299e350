"""What one request sends, sent by pgbench for many: the same statements, other rides."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg  # type: ignore[import-untyped]
import pytest

from allonova.adapters.postgres.pool import open_pool
from allonova.domain.kernel.geo import Point
from benchmarks.people import Ride
from benchmarks.recording import text_of
from benchmarks.replay import WARM, Statement, replay, script_of
from tests.support.postgres import admin_dsn, drop_database, fresh_database

AT = datetime(2030, 1, 2, 3, 4, 5, 678901, UTC)
ID = UUID("5e7d0c5a-1111-4000-8000-000000000000")
VALUES: list[tuple[str, Any]] = [
    ("bool", True),
    ("bytea", b"\x00\xffa"),
    ("timestamptz", AT),
    ("interval", timedelta(days=1, microseconds=1)),
    ("numeric", Decimal("6000.00")),
    ("int", 7),
    ("uuid", ID),
    ("geography", Point(5.3575, -4.0083)),
    ("jsonb", {"words": 'with "quotes", {braces} and \\', "n": None}),
    ("jsonb[]", [{"a": '"b"'}, {}]),
    ("text[]", ["", "NULL", "a,b", 'say "c"', "back\\slash", None]),
    ("timestamptz[]", [AT]),
    ("bool[]", [True, False]),
]
KEEP = "INSERT INTO bench.done (trip, passenger, made, at, note) VALUES ($1, $2::uuid, $3, $4::timestamptz, $5::text)"


@pytest.fixture
async def dsn() -> AsyncIterator[str]:
    made = await fresh_database(admin_dsn())
    owner = await asyncpg.connect(made)
    await owner.execute("CREATE SCHEMA bench; GRANT USAGE ON SCHEMA bench TO allonova_app")
    await owner.execute("CREATE TABLE bench.done (trip uuid, passenger uuid, made uuid, at timestamptz, note text)")
    await owner.execute("GRANT INSERT ON bench.done TO allonova_app")
    await owner.close()
    yield made
    await drop_database(admin_dsn(), made)


def a_ride() -> Ride:
    return Ride(**{field.name: uuid4() for field in dataclasses.fields(Ride)})


def sent(ride: Ride) -> list[Statement]:
    """A transaction as it was recorded: ids of the ride, a new one, an instant, and nothing."""
    args = [str(ride.trip), str(ride.passenger), str(ID), AT.isoformat(), None]
    return [Statement("BEGIN", []), Statement(KEEP, args), Statement("COMMIT", [])]


async def test_parameters_mean_the_same_when_they_are_text(dsn: str) -> None:
    async with await open_pool(dsn, max_size=1) as pool:
        for kind, value in VALUES:
            assert await pool.fetchval(f"SELECT $1::text::{kind}", text_of(value)) == value
    assert text_of(None) is None


def test_a_script_has_a_variable_for_each_value_and_null_for_none() -> None:
    ride = a_ride()
    script = script_of(sent(ride), ride)
    assert script.lines.splitlines()[2:] == [
        "SELECT v0, v1, v2 FROM bench.replay WHERE n = :n \\gset",
        "BEGIN;",
        KEEP.replace("$1", ":v0")
        .replace("$2", ":v1")
        .replace("$3", ":v2")
        .replace("$4", ":v3")
        .replace("$5::text", "NULL::text")
        + ";",
        "COMMIT;",
    ]
    assert script.constants == {"v3": AT.isoformat()}


def test_another_ride_brings_its_own_ids_and_new_ones_for_new_ones() -> None:
    ride, other = a_ride(), a_ride()
    digest = "ab" * 32
    named = [Statement("SELECT $1, $2, $3", [f"cos-{ride.payment} {ID}", str(ID), digest])]
    words, new, hashed = script_of(named, ride).row(other)
    assert words == f"cos-{other.payment} {new}"
    assert new not in (str(ID), script_of(named, ride).row(other)[1])
    assert len(hashed) == len(digest)
    assert hashed != digest


def test_a_script_is_refused_when_pgbench_would_see_a_variable_in_a_word() -> None:
    with pytest.raises(SystemExit, match="b"):
        script_of([Statement("SELECT 'a:b', $1::int", ["1"])], a_ride())


async def test_each_ride_is_done_once_when_replayed(dsn: str) -> None:
    rides, clients = [a_ride() for _ in range(2 * (WARM + 5))], 2
    load = await replay(dsn, script_of(sent(rides[0]), rides[0]), rides, clients=clients)
    assert len(load.ms) == clients * 5
    assert min(load.ms) >= 0  # pgbench counts whole microseconds by a clock that may stand still for one round trip
    assert sum(load.ms) > 0
    assert load.seconds > 0
    owner = await asyncpg.connect(dsn)
    rows = await owner.fetch("SELECT * FROM bench.done")
    await owner.close()
    assert {(row["trip"], row["passenger"]) for row in rows} == {(ride.trip, ride.passenger) for ride in rides}
    assert len({row["made"] for row in rows}) == len(rows) == len(rides)
    assert {(row["at"], row["note"]) for row in rows} == {(AT, None)}
