"""Connections of the application: under its own role, with jsonb and points spoken natively."""

from __future__ import annotations

import asyncio
import json
import struct
import time
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]

from allonova.adapters.postgres.runner import Pool
from allonova.adapters.telemetry import traces
from allonova.adapters.telemetry.metrics import POOL_WAIT_SECONDS, POOL_WAITING
from allonova.adapters.telemetry.pools import show_pool
from allonova.adapters.telemetry.sql import note
from allonova.domain.kernel.geo import Point

SRID = 4326  # WGS84
_EWKB_POINT = struct.Struct("<BIIdd")  # byte order, kind, SRID, longitude, latitude
_LITTLE_ENDIAN = 1
_POINT_WITH_SRID = 0x2000_0001
_JSONB_VERSION = b"\x01"

SETTINGS = {
    "application_name": "allonova",
    "timezone": "UTC",
    # Longer than anything a request should wait for; the books' check is the slowest statement there is.
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
    # Compiling costs more than our statements run.
    "jit": "off",
}
# What PgBouncer carries from a client to the server that it lends; all else is set where it connects.
_CARRIED = {name: SETTINGS[name] for name in ("application_name", "timezone")}
# Statements that a connection keeps prepared. A pooler lends another server for each transaction, which knows none.
_PREPARED = 500


class SessionsDiffer(Exception):
    """The pooler's servers are not set as the application's sessions must be."""


def asyncpg_dsn(database_url: str) -> str:
    """The URL as asyncpg takes it, from `postgresql://`, `postgres://` or `postgresql+asyncpg://`."""
    parts = urlsplit(database_url)
    scheme = parts.scheme.partition("+")[0]
    if scheme not in ("postgresql", "postgres"):
        raise ValueError("DATABASE_URL must begin with postgresql://")
    return urlunsplit(parts._replace(scheme="postgresql"))


class _FairPool(asyncpg.Pool):  # type: ignore[misc]  # the driver has no types
    """A pool in which who waits for a connection gets it in his turn, and that says how long he waited. The driver's
    own queue gives a connection that has just come back to whoever asks at that moment, and sends him for whom it came
    to the end: of a thousand at once some waited for ten seconds and others not at all.
    """

    def __init__(self, *args: Any, max_size: int, **more: Any) -> None:
        super().__init__(*args, max_size=max_size, **more)
        self._turns = asyncio.Semaphore(max_size)

    async def _acquire(self, timeout: float | None) -> Any:  # noqa: ASYNC109 - the driver's own signature
        if self._turns.locked():
            async with asyncio.timeout(timeout):
                await self._wait()
        else:
            await self._turns.acquire()
        try:
            return await super()._acquire(timeout)
        except BaseException:
            self._turns.release()
            raise

    async def _wait(self) -> None:
        started = time.perf_counter()
        POOL_WAITING.inc()
        try:
            await self._turns.acquire()
        finally:
            POOL_WAITING.dec()
            POOL_WAIT_SECONDS.observe(time.perf_counter() - started)

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """See Pool. Once for each that was acquired, whatever became of it."""
        try:
            await super().release(connection, timeout=timeout)
        finally:
            self._turns.release()


async def open_pool(
    dsn: str, *, min_size: int = 1, max_size: int = 10, role: str | None = "allonova_app", pooled: bool = False
) -> Pool:
    """Open the pool. Its sessions become `role`, which owns no table; with None they stay who logged in.

    With `pooled`, `dsn` is a PgBouncer that lends a server for each transaction: it refuses to be told of roles and
    limits, so its own file sets them.

    Raises:
        SessionsDiffer: that file does not.
    """
    session = SETTINGS if role is None else SETTINGS | {"role": role}
    made = _FairPool(
        asyncpg_dsn(dsn),
        min_size=min_size,
        max_size=max_size,
        max_queries=50_000,
        max_inactive_connection_lifetime=300,
        connect=None,
        setup=None,
        init=_teach,
        reset=_leave_as_it_is,
        loop=None,
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
        server_settings=_CARRIED if pooled else session,
        statement_cache_size=0 if pooled else _PREPARED,
    )
    pool: Pool = await made
    if pooled:
        await _require(pool, session)
    show_pool(made)
    return pool


async def _require(pool: Pool, session: dict[str, str]) -> None:
    rows = await pool.fetch("SELECT name, current_setting(name) AS value FROM unnest($1::text[]) name", list(session))
    if differ := sorted(row["name"] for row in rows if row["value"] != session[row["name"]]):
        await pool.close()
        raise SessionsDiffer(f"set in connect_query of pgbouncer.ini: {', '.join(differ)}")


async def connect_plainly(dsn: str) -> asyncpg.Connection:
    """A connection of whoever logs in, without codecs: for migrations."""
    return await asyncpg.connect(asyncpg_dsn(dsn))


async def _teach(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", format="binary", encoder=encode_jsonb, decoder=decode_jsonb
    )
    await connection.set_type_codec("geography", format="binary", encoder=encode_point, decoder=decode_point)
    if traces.are_kept():
        connection.add_query_logger(note)


async def _leave_as_it_is(connection: asyncpg.Connection) -> None:
    """Instead of asyncpg's `RESET ALL`, a round trip for each read: nothing here changes a session's state."""


def encode_jsonb(value: object) -> bytes:
    """A JSON value on the wire."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return _JSONB_VERSION + text.encode()


def decode_jsonb(data: bytes) -> object:
    """The JSON value of a wire value."""
    value: object = json.loads(data[1:])
    return value


def encode_point(point: Point) -> bytes:
    """A point as EWKB."""
    return _EWKB_POINT.pack(_LITTLE_ENDIAN, _POINT_WITH_SRID, SRID, point.lon, point.lat)


def decode_point(data: bytes) -> Point:
    """The point of an EWKB value. Raises ValueError for any other shape."""
    order, kind, srid, lon, lat = _EWKB_POINT.unpack(data)
    if (order, kind, srid) != (_LITTLE_ENDIAN, _POINT_WITH_SRID, SRID):
        raise ValueError("not a WGS84 point")
    return Point(lat, lon)
