"""The least that `websockets` can do: broadcast a frame to all, or take positions and COPY them."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime

import asyncpg  # type: ignore[import-untyped]
import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from allonova.adapters.postgres.pool import asyncpg_dsn

COPY_EVERY_S = 1.0
TABLE = "CREATE TABLE IF NOT EXISTS bare_positions (at timestamptz, who int, lat float8, lon float8)"


async def main() -> None:
    """Serves on PORT: what comes as text `!…` goes to all as it is; any other text is a position."""
    rows: list[tuple[datetime, int, float, float]] = []
    sockets: set[ServerConnection] = set()

    async def take(socket: ServerConnection) -> None:
        sockets.add(socket)
        try:
            async for text in socket:
                if isinstance(text, str) and text[0] == "!":
                    broadcast(sockets, text[1:])
                else:
                    data = json.loads(text)["data"]
                    rows.append((datetime.now(UTC), id(socket) & 0xFFFF, float(data["lat"]), float(data["lon"])))
        finally:
            sockets.discard(socket)

    def answer(_: ServerConnection, request: Request) -> Response | None:
        return Response(200, "OK", Headers()) if request.path == "/healthz" else None

    connection = await asyncpg.connect(asyncpg_dsn(os.environ["DATABASE_URL"]))
    await connection.execute(TABLE)
    async with serve(take, "127.0.0.1", int(os.environ["PORT"]), compression=None, process_request=answer):
        while True:
            await asyncio.sleep(COPY_EVERY_S)
            batch, rows[:] = list(rows), []
            if batch:
                await connection.copy_records_to_table("bare_positions", records=batch)


if __name__ == "__main__":
    uvloop.run(main())
