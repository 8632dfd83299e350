"""A board's moves by python-socketio, as its documentation has it: a request is checked, counted, logged and measured,
and shown to a company's room through Redis. PORT, REDIS_URL and ALLONOVA_SECRET_KEYS are its settings.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from typing import Any

import jwt
import socketio
import uvicorn
from prometheus_client import Histogram
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

PER_MINUTE = 60
PATH = "/moves"
SECONDS = Histogram("board_seconds", "How long requests took.", ["method", "path", "status"])
KEYS = dict(pair.split(":", 1) for pair in os.environ["ALLONOVA_SECRET_KEYS"].split(","))
URL = os.environ["REDIS_URL"]

log = logging.getLogger("board")
redis = Redis.from_url(URL)
# Its own pings would have to be read and answered by the clients, who look at nothing: it goes without them.
QUIET_S = 3600
sio = socketio.AsyncServer(async_mode="asgi", client_manager=socketio.AsyncRedisManager(URL), ping_interval=QUIET_S)


def caller_of(token: str) -> dict[str, Any]:
    """The claims of a token that is good."""
    key = KEYS[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, ["HS256"], audience="nova", issuer="allonova")


@sio.event
async def connect(sid: str, environ: dict[str, Any], auth: dict[str, str]) -> None:
    """Into the room of one's company."""
    try:
        caller = caller_of(auth["token"])
    except (jwt.InvalidTokenError, KeyError) as error:
        raise ConnectionRefusedError("unauthorized") from error
    await sio.enter_room(sid, f"planning:{caller['org']}")


async def move(request: Request) -> JSONResponse:
    """Show what was moved to everybody of the company."""
    started = time.perf_counter()
    caller = caller_of(request.headers["authorization"].removeprefix("Bearer "))
    async with redis.pipeline(transaction=False) as pipe:
        key = f"board:{caller['sub']}:{int(time.time() / 60)}"
        calls, _ = await pipe.incr(key).expire(key, 60).execute()
    if calls > PER_MINUTE:
        raise HTTPException(429)
    moved = await request.json()
    await sio.emit("commande.updated", moved, room=f"planning:{caller['org']}")
    seconds = time.perf_counter() - started
    SECONDS.labels("POST", PATH, 200).observe(seconds)
    log.info('{"method": "POST", "path": "%s", "status": 200, "ms": %.1f}', PATH, seconds * 1000)
    return JSONResponse({"data": moved})


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(message)s")
    app = socketio.ASGIApp(sio, Starlette(routes=[Route(PATH, move, methods=["POST"])]))
    uvicorn.run(app, port=int(os.environ["PORT"]), log_config=None, access_log=False, server_header=False)
