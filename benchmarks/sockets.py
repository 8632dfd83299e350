"""Measures sockets on one API process beside a bare `websockets` server, as a table: `python -m benchmarks.sockets`.

A move on the board is one of the jobs of `make bench`; here silent peers and positions come to it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import count as counting
from itertools import islice
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import UUID, uuid4

import httpx
import uvloop

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.crypto.tokens import JoseTokens
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.domain.carpool.booking import Booking
from allonova.domain.identity.session import Audience
from benchmarks.database import own_database
from benchmarks.ground import KID, SECRET, cpu_s, environment, serving
from benchmarks.jobs import sockets as board
from benchmarks.peers import Peer, Watch, open_peer
from benchmarks.table import Figure, end
from tests.support.factories import a_booking, a_driver, a_trip, a_user, keep, paid

OURS, BARE = 8473, 8474
READERS, SILENT, SLOW_FRAMES = 400, 100, 700
DRIVERS, POSITIONS_S, POSITIONS_PER_S = 200, 10.0, 5
PATIENCE_S = 10


class People:
    """Bookings and tokens on a database."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.clock = SystemClock()
        self.numbers = counting()
        self.tokens = JoseTokens({KID: SECRET}, KID, issuer="allonova", clock=self.clock)

    def token(self, user_id: UUID) -> str:
        """An hour's."""
        now = self.clock.now()
        return self.tokens.sign(
            subject=user_id,
            session=uuid4(),
            audience=Audience.ALLOCAR,
            issued_at=now,
            expires_at=now + timedelta(hours=1),
        )

    async def bookings(self, count: int) -> list[tuple[Booking, UUID]]:
        """Paid ones, each on a trip of its own that leaves soon, with its driver."""
        found, now = [], self.clock.now()
        async with await open_pool(self.dsn, max_size=2) as pool:
            units = PostgresUnits(pool, subscribers={}, ids=RandomIds(), clock=self.clock, wake=lambda _: None)
            async with units.begin() as unit:
                for number in islice(self.numbers, count):
                    driver, passenger = a_driver(phone=f"+22507{number:08d}"), a_user(phone=f"+22505{number:08d}")
                    trip = a_trip(driver, departure_time=now + timedelta(minutes=20))
                    booking = paid(trip, a_booking(trip, passenger, created_at=now, updated_at=now), at=now)
                    await keep(unit, driver, passenger, trip, booking)
                    await unit.trips.save(trip)
                    found.append((booking, driver.user.id))
        return found


async def silence(people: People) -> list[Figure]:
    """The same frames with and without peers that never read."""
    ((booking, _),) = await people.bookings(1)
    token = people.token(booking.passenger_id)
    alone, _ = await _latencies(booking, token, READERS + SILENT, 0)
    beside, silent = await _latencies(booking, token, READERS, SILENT)
    for peer in silent:
        peer.transport.resume_reading()
    await asyncio.wait([asyncio.create_task(peer.is_over.wait()) for peer in silent], timeout=25)
    codes = [peer.close_code for peer in silent]
    p95, p95_alone = quantiles(beside, n=20)[-1], quantiles(alone, n=20)[-1]
    return [
        Figure(
            f"p95 with {SILENT} silent ÷ without",
            f"{p95 / p95_alone:.2f} ({p95:.1f} ÷ {p95_alone:.1f} ms)",
            "≤ 1.5",
            p95 <= 1.5 * p95_alone,
        ),
        Figure("silent ones closed 1013", f"{codes.count(1013)} of {SILENT}", "all", codes.count(1013) == SILENT),
    ]


async def _latencies(booking: Booking, token: str, readers: int, silent: int) -> tuple[list[float], list[Peer]]:
    """Milliseconds from a request to each reader's frame."""
    watch, path = Watch(), f"/ws/bookings/{booking.id}"
    quiet = [await open_peer(OURS, path, token, silent=True) for _ in range(silent)]
    peers = [await open_peer(OURS, path, token, watch) for _ in range(readers)]
    found: list[float] = []
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{OURS}", headers=headers, trust_env=False) as http:
        for number in range(SLOW_FRAMES):
            watch.start(readers)
            content = f"{number} " + "\N{TAXI}" * 1900
            answer = await http.post(f"/api/v1/bookings/{booking.id}/messages", json={"content": content})
            answer.raise_for_status()
            await asyncio.wait_for(watch.is_full.wait(), PATIENCE_S)
            found += [1000 * at for at in watch.at]
    for peer in peers:
        peer.transport.abort()
    return found, quiet


async def positions(people: People, ours: subprocess.Popen[bytes], bare: subprocess.Popen[bytes]) -> list[Figure]:
    """The same positions, here and there."""
    found = await people.bookings(DRIVERS)
    mine = [
        await open_peer(OURS, f"/ws/trips/{booking.trip_id}/driver-location", people.token(driver))
        for booking, driver in found
    ]
    theirs = [await open_peer(BARE, "/", "none") for _ in range(DRIVERS)]
    each = await _drive(mine, ours)
    least = await _drive(theirs, bare)
    await asyncio.sleep(11)
    async with await open_pool(people.dsn, max_size=1) as pool:
        kept = await pool.fetchval("SELECT count(*) FROM carpool.driver_locations")
    ratio = least / each
    return [
        Figure(
            "positions: our rate ÷ bare",
            f"{ratio:.2f} ({each * 1e6:.0f} and {least * 1e6:.0f} µs each, {kept} kept)",
            "≥ 0.4",
            ratio >= 0.4 and kept >= DRIVERS,
        )
    ]


async def _drive(peers: Sequence[Peer], process: subprocess.Popen[bytes]) -> float:
    """Seconds of CPU for each position that was said."""
    before, said = cpu_s(process.pid), 0
    until = time.monotonic() + POSITIONS_S
    while time.monotonic() < until:
        for number, peer in enumerate(peers):
            data = {"lat": 5.3 + said / 1e6, "lon": -4.0 + number / 1e4}
            peer.say(json.dumps({"type": "location", "data": data}))
            said += 1
            if number % 20 == 0:
                await asyncio.sleep(1 / POSITIONS_PER_S * 20 / len(peers))
    await asyncio.sleep(1)
    return (cpu_s(process.pid) - before) / said


async def measure(people: People, ours: subprocess.Popen[bytes], bare: subprocess.Popen[bytes]) -> list[Figure]:
    """What silent peers do to others, and what positions cost."""
    return [*await silence(people), *await positions(people, ours, bare)]


def main() -> None:
    """Exit code 1 when a figure was missed."""
    with own_database() as dsn, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows, moved = board.measure(folder)
        env: dict[str, Any] = environment(dsn) | {"ALLONOVA_RATE_LIMIT_PER_MINUTE": "1000000"}
        env |= {"ALLONOVA_ADDRESS_LIMIT_PER_MINUTE": "1000000"}
        with (
            serving(["allonova.main.cli", "serve"], OURS, env, folder) as ours,
            serving(["benchmarks.bare_sockets"], BARE, env, folder) as bare,
        ):
            figures = [*moved, *uvloop.run(measure(People(dsn), ours, bare))]
    end(rows, figures)


if __name__ == "__main__":
    main()
