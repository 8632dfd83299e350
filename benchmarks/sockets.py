"""Measures sockets on one API process beside a bare `websockets` server, as a table: `python -m benchmarks.sockets`."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
from benchmarks.ground import KID, SECRET, environment, serving
from benchmarks.table import Figure, show
from tests.support.factories import a_booking, a_driver, a_trip, a_user, keep, paid

OURS, BARE = 8473, 8474
SOCKETS, FRAMES, PER_S = 1000, 200, 10
READERS, SILENT, SLOW_FRAMES = 400, 100, 700
DRIVERS, POSITIONS_S, POSITIONS_PER_S = 200, 10.0, 5
TICKS_S = os.sysconf("SC_CLK_TCK")
PATIENCE_S = 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


@dataclass(slots=True)
class Watch:
    """When frames came, in seconds since the last start."""

    started: float = 0.0
    wanted: int = 0
    at: list[float] = field(default_factory=list)
    is_full: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self, wanted: int) -> None:
        """From now on, until so many have come."""
        self.started, self.wanted, self.at = time.perf_counter(), wanted, []
        self.is_full.clear()

    def note(self) -> None:
        """One came."""
        self.at.append(time.perf_counter() - self.started)
        if len(self.at) >= self.wanted:
            self.is_full.set()


class Peer(asyncio.Protocol):
    """A socket that counts frames and looks at nothing in them, so that the client costs little."""

    def __init__(self, request: bytes, watch: Watch | None) -> None:
        self.request = request
        self.watch = watch
        self.size = 0
        self.close_code: int | None = None
        self.is_up = asyncio.Event()
        self.is_over = asyncio.Event()
        self._read = b""
        self._left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shakes hands."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Finds where frames end."""
        if not self.is_up.is_set():
            _, _, data = data.partition(b"\r\n\r\n")
            self.is_up.set()
        self.size += len(data)
        while data:
            if self._left:
                taken = min(self._left, len(data))
                self._left -= taken
                data = data[taken:]
                if self._left == 0 and self.watch is not None:
                    self.watch.note()
                continue
            self._read, data = self._read + data, b""
            if len(self._read) < 4:
                break
            short = self._read[1]
            if self._read[0] == 0x88:
                self.close_code = struct.unpack("!H", self._read[2:4])[0]
                return
            if self._read[0] == 0x89:
                if len(self._read) < 2 + short:
                    break
                self.transport.write(b"\x8a" + bytes([0x80 | short]) + b"\0\0\0\0" + self._read[2 : 2 + short])
                self._read, data = b"", self._read[2 + short :]
                continue
            head, self._left = (4, struct.unpack("!H", self._read[2:4])[0]) if short == 126 else (2, short)
            self._read, data = b"", self._read[head:]

    def connection_lost(self, error: Exception | None) -> None:
        """It is over."""
        self.is_over.set()

    def say(self, text: str) -> None:
        """One masked text frame; the mask is zero."""
        data = text.encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack("!H", len(data))
        self.transport.write(b"\x81" + size + b"\0\0\0\0" + data)


async def open_peer(port: int, path: str, token: str, watch: Watch | None = None, *, silent: bool = False) -> Peer:
    """A socket, accepted."""
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13", f"Authorization: Bearer {token}", "", ""]
    raw = socket.socket()
    if silent:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, ("127.0.0.1", port))
    _, peer = await loop.create_connection(lambda: Peer("\r\n".join(lines).encode(), watch), sock=raw)
    await asyncio.wait_for(peer.is_up.wait(), 10)
    if silent:
        peer.transport.pause_reading()
    return peer


def cpu_s(process: subprocess.Popen[bytes]) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_S


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


async def broadcast(people: People, ours: subprocess.Popen[bytes], bare: subprocess.Popen[bytes]) -> list[Figure]:
    """One frame to a thousand sockets, here and there by turns."""
    ((booking, _),) = await people.bookings(1)
    token, watch = people.token(booking.passenger_id), Watch()
    path, headers = f"/ws/bookings/{booking.id}", {"Authorization": f"Bearer {token}"}
    mine = [await open_peer(OURS, path, token, watch) for _ in range(SOCKETS)]
    theirs = [await open_peer(BARE, "/", token, watch) for _ in range(SOCKETS)]
    firsts: list[float] = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{OURS}", headers=headers, trust_env=False) as http:

        async def post(number: int) -> datetime:
            """When it was written, an instant before its commit."""
            body = {"content": f"message {number} " + "x" * 200, "client_id": str(uuid4())}
            answer = await http.post(f"/api/v1/bookings/{booking.id}/messages", json=body)
            answer.raise_for_status()
            return datetime.fromisoformat(answer.json()["data"]["created_at"])

        async def turn(number: int) -> None:
            watch.start(SOCKETS)
            since_s = time.time()
            written_at = await post(number)
            await asyncio.wait_for(watch.is_full.wait(), PATIENCE_S)
            firsts.append((since_s + watch.at[0] - written_at.timestamp()) * 1000)

        for number in range(10):
            await turn(number)
        firsts.clear()
        before, size = cpu_s(ours), mine[0].size
        for number in range(FRAMES):
            await turn(number)
            await asyncio.sleep(1 / PER_S / 2)
        used = cpu_s(ours) - before
        frame = (mine[0].size - size) // FRAMES
    before = cpu_s(bare)
    for _ in range(FRAMES):
        watch.start(SOCKETS)
        theirs[0].say("!" + "x" * (frame - 4))
        await asyncio.wait_for(watch.is_full.wait(), PATIENCE_S)
        await asyncio.sleep(1 / PER_S / 2)
    least = cpu_s(bare) - before
    for peer in (*mine, *theirs):
        peer.transport.abort()
    each, least_each = used / FRAMES / SOCKETS * 1e6, least / FRAMES / SOCKETS * 1e6
    p95 = quantiles(firsts, n=20)[-1]
    return [
        Figure(
            "CPU a delivered frame: ours ÷ bare",
            f"{each / least_each:.2f} ({each:.1f} ÷ {least_each:.1f} µs, {frame} bytes, {SOCKETS} sockets)",
            "≤ 2.5",
            each <= 2.5 * least_each,
        ),
        Figure("written to first frame, p95", f"{p95:.1f} ms (the commit lies between)", "≤ 30 ms", p95 <= 30),
    ]


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
    before, said = cpu_s(process), 0
    until = time.monotonic() + POSITIONS_S
    while time.monotonic() < until:
        for number, peer in enumerate(peers):
            data = {"lat": 5.3 + said / 1e6, "lon": -4.0 + number / 1e4}
            peer.say(json.dumps({"type": "location", "data": data}))
            said += 1
            if number % 20 == 0:
                await asyncio.sleep(1 / POSITIONS_PER_S * 20 / len(peers))
    await asyncio.sleep(1)
    return (cpu_s(process) - before) / said


async def measure(people: People, ours: subprocess.Popen[bytes], bare: subprocess.Popen[bytes]) -> list[Figure]:
    """The table."""
    found: list[Figure] = []
    for part in (broadcast(people, ours, bare), silence(people), positions(people, ours, bare)):
        found += await part
    return found


def main() -> None:
    """Exit code 1 when a figure was missed."""
    with own_database() as dsn, tempfile.TemporaryDirectory() as folder:
        env: dict[str, Any] = environment(dsn) | {"ALLONOVA_RATE_LIMIT_PER_MINUTE": "1000000"}
        env |= {"ALLONOVA_ADDRESS_LIMIT_PER_MINUTE": "1000000"}
        with (
            serving(["allonova.main.cli", "serve"], OURS, env, Path(folder)) as ours,
            serving(["benchmarks.bare_sockets"], BARE, env, Path(folder)) as bare,
        ):
            figures = uvloop.run(measure(People(dsn), ours, bare))
    show([], figures)
    sys.exit(not all(figure.is_kept for figure in figures))


if __name__ == "__main__":
    main()
