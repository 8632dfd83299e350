"""Fills a migrated, empty database with published trips, by COPY: `python -m benchmarks.fill TRIPS`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched, combinations
from random import Random

import asyncpg  # type: ignore[import-untyped]

from allonova.adapters.postgres.pool import asyncpg_dsn
from allonova.domain.carpool.vehicle import Comfort
from benchmarks.country import MOST_DAYS, PER_DAY, SEED, Plan, Slot, Town, francs, lasting, plan, slots

BATCH = 20_000
SEATS = 4
COLUMNS = {
    "users": ("id", "phone", "first_name", "last_name", "is_phone_verified", "is_driver", "rating_avg", "rating_count"),
    "kyc_documents": ("user_id", "doc_type", "doc_number", "front_url", "status"),
    "vehicles": ("id", "user_id", "make", "model", "color", "plate_number", "seats_total", "comfort_level"),
    "trips": (
        "id", "driver_id", "vehicle_id", "origin_point", "origin_text", "destination_point", "destination_text",
        "departure_time", "arrival_eta", "distance_m", "price_per_seat", "seats_total", "seats_available",
        "seats_held", "seats_sold", "status",
    ),
    "trip_stops": ("trip_id", "order", "point", "label", "price_from_origin", "distance_m", "eta"),
    "trip_legs": ("trip_id", "board", "alight", "departure_time", "origin", "destination", "price"),
}  # fmt: skip
FILLED = ("trips", "trip_stops", "trip_legs")

# Indexes and rules are taken away, and built again over all the rows at once: ten times faster than row by row.
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes i
WHERE schemaname = $2 AND tablename = ANY ($1)
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = format('%I.%I', $2, i.indexname)::regclass)
"""
_EXCLUSIONS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'x'
  AND conrelid = ANY (SELECT format('%I.%I', $2::text, name)::regclass FROM unnest($1::text[]) AS name)
"""

type Line = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """A driver, his car and his daily way."""

    driver_id: str
    vehicle_id: str
    slot: Slot


async def fill(dsn: str, trips: int, since: datetime) -> Plan:
    """Everything in one transaction, then statistics. `since`: the midnight before the first departure."""
    timetable, chance = plan(trips), Random(SEED)
    ways = [Way(_id(chance), _id(chance), slot) for slot in slots(timetable)]
    connection = await asyncpg.connect(asyncpg_dsn(dsn))
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")  # foreign keys hold by making
            await connection.execute("SET LOCAL maintenance_work_mem = '1GB'")
            rebuild = await take_away_indexes(connection, "carpool", list(COLUMNS))
            await _copy(connection, "users", _users(ways))
            await _copy(connection, "kyc_documents", _papers(ways))
            await _copy(connection, "vehicles", _vehicles(ways))
            for part in batched(_dated(timetable, ways), BATCH):
                await _copy_trips(connection, part, since, chance)
            for statement in rebuild:
                await connection.execute(statement)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return timetable


def _dated(timetable: Plan, ways: Sequence[Way]) -> Iterator[tuple[Way, int]]:
    """Each driver, each day, until there are as many as were asked for."""
    for number in range(timetable.trips):
        yield ways[number % len(ways)], number // len(ways)


async def _copy_trips(
    connection: asyncpg.Connection, part: Sequence[tuple[Way, int]], since: datetime, chance: Random
) -> None:
    lines: dict[str, list[Line]] = {name: [] for name in FILLED}
    for way, day in part:
        id_, towns = _id(chance), way.slot.towns
        departure = since + timedelta(days=day, minutes=way.slot.leaves_min)
        lines["trips"].append(_trip(id_, way, departure))
        prices = [0, *(francs(town.km) + 100 * order for order, town in enumerate(towns[1:]))]
        times = [(departure + lasting(town.km)).isoformat() if town.km else departure.isoformat() for town in towns]
        for order, town in enumerate(towns[1:-1], 1):
            lines["trip_stops"].append(
                (id_, order, _point(town), town.name, prices[order], round(town.km * 1000), times[order])
            )
        for (board, here), (alight, there) in combinations(enumerate(towns), 2):
            price = prices[alight] - prices[board]
            lines["trip_legs"].append((id_, board, alight, times[board], _point(here), _point(there), price))
    for name in FILLED:
        await _copy(connection, name, lines[name])


def _trip(id_: str, way: Way, departure: datetime) -> Line:
    towns = way.slot.towns
    origin, destination = towns[0], towns[-1]
    nothing = "{" + ",".join("0" * (len(towns) - 1)) + "}"
    return (
        id_, way.driver_id, way.vehicle_id, _point(origin), origin.name, _point(destination), destination.name,
        departure.isoformat(), (departure + lasting(destination.km)).isoformat(), round(destination.km * 1000),
        francs(destination.km) + 100 * (len(towns) - 2), SEATS, SEATS, nothing, nothing, "published",
    )  # fmt: skip


def _users(ways: Sequence[Way]) -> Iterator[Line]:
    for number, way in enumerate(ways):
        rating = f"{3 + number % 20 / 10:.1f}"
        yield way.driver_id, f"+22507{number:08d}", "Yao", f"Kouassi {number}", "t", "t", rating, number % 90


def _papers(ways: Sequence[Way]) -> Iterator[Line]:
    for way in ways:
        for kind in ("cni", "permis"):
            yield way.driver_id, kind, "not a sealed number", f"kyc/{way.driver_id}/{kind}.jpg", "approved"


def _vehicles(ways: Sequence[Way]) -> Iterator[Line]:
    levels = list(Comfort)
    for number, way in enumerate(ways):
        comfort = levels[number % len(levels)]
        yield way.vehicle_id, way.driver_id, "Toyota", "Corolla", "white", f"{number:06d}CI", SEATS + 1, comfort


def _id(chance: Random) -> str:
    """A UUID v4."""
    digits = f"{chance.getrandbits(128):032x}"
    return f"{digits[:12]}4{digits[13:16]}8{digits[17:]}"


def _point(town: Town) -> str:
    return f"SRID=4326;POINT({town.lon} {town.lat})"


async def _copy(connection: asyncpg.Connection, table: str, lines: Iterable[Line]) -> None:
    """Nothing here holds a tab, a newline or a backslash."""

    async def text() -> AsyncIterator[bytes]:
        for part in batched(lines, 1000):
            yield "".join("\t".join(map(str, line)) + "\n" for line in part).encode()

    await connection.copy_to_table(table, source=text(), columns=COLUMNS[table], schema_name="carpool")


async def take_away_indexes(connection: asyncpg.Connection, schema: str, tables: list[str]) -> list[str]:
    """Take them away; the statements that bring them back."""
    back = []
    for table, name, definition in await connection.fetch(_EXCLUSIONS, tables, schema):
        await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        back.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for name, definition in await connection.fetch(_INDEXES, tables, schema):
        await connection.execute(f'DROP INDEX {schema}."{name}"')
        back.append(definition)
    return back


def tomorrow() -> datetime:
    """Its midnight; Abidjan keeps UTC all year."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trips", type=int, help=f"{PER_DAY} a day on each corridor, at most {MOST_DAYS} days")
    trips = parser.parse_args().trips
    dsn = os.environ.get("DATABASE_URL")
    if not dsn:
        sys.exit("DATABASE_URL must name a migrated database without trips")
    started = time.monotonic()
    timetable = asyncio.run(fill(dsn, trips, tomorrow()))
    roads, days = len(timetable.corridors), timetable.days
    print(f"{trips} trips on {roads} corridors and {days} days in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
