"""The smallest Starlette + asyncpg service that reads a trip with the duties of ours: it verifies the token, counts the
call in Redis, asks once, writes a log line and counts in a metric; under `/naked` without any of these. What ours costs
beyond it is the price of its design.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
import uvicorn
from jose import jwt
from prometheus_client import Histogram
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

READ = """
SELECT t.*, ST_Y(t.origin_point::geometry) AS origin_lat, ST_X(t.origin_point::geometry) AS origin_lon,
    ST_Y(t.destination_point::geometry) AS destination_lat, ST_X(t.destination_point::geometry) AS destination_lon,
    u.first_name, u.last_name, u.photo_url, u.rating_avg, u.rating_count, v.make, v.model, v.color, v.comfort_level,
    v.year, v.verified,
    EXISTS (SELECT FROM carpool.kyc_documents k WHERE k.user_id = u.id AND k.status = 'approved'
        AND k.doc_type IN ('cni', 'passport')) AS is_verified,
    ARRAY(SELECT (s.id, s."order", ST_Y(s.point::geometry), ST_X(s.point::geometry), s.label, s.pickup_allowed,
        s.dropoff_allowed, s.price_from_origin::bigint, s.eta)
        FROM carpool.trip_stops s WHERE s.trip_id = t.id ORDER BY s."order") AS stops
FROM carpool.trips t JOIN carpool.users u ON u.id = t.driver_id JOIN carpool.vehicles v ON v.id = t.vehicle_id
WHERE t.id = $1 AND (t.status <> 'draft' OR t.driver_id = $2)
"""
STOP = ("id", "order", "lat", "lon", "label", "pickup_allowed", "dropoff_allowed", "price_from_origin", "eta")
PER_MINUTE = 60
NOBODY = UUID(int=0)
PATH = "/api/v1/trips/{id:uuid}"
SECONDS = Histogram("smallest_seconds", "How long requests took.", ["method", "path", "status"])

log = logging.getLogger("smallest")


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Its two servers."""
    app.state.keys = dict(pair.split(":", 1) for pair in os.environ["ALLONOVA_SECRET_KEYS"].split(","))
    async with (
        asyncpg.create_pool(os.environ["DATABASE_URL"], max_size=20) as app.state.pool,
        Redis.from_url(os.environ["REDIS_URL"]) as app.state.redis,
    ):
        yield


async def caller_of(request: Request) -> UUID:
    """Who asks, if he has not asked too often."""
    token = request.headers["authorization"].removeprefix("Bearer ")
    key = request.app.state.keys[jwt.get_unverified_header(token)["kid"]]
    who = jwt.decode(token, key, ["HS256"], audience="allocar", issuer="allonova")["sub"]
    async with request.app.state.redis.pipeline(transaction=False) as pipe:
        minute = int(time.time() / 60)
        calls, _ = await pipe.incr(f"smallest:{who}:{minute}").expire(f"smallest:{who}:{minute}", 60).execute()
    if calls > PER_MINUTE:
        raise HTTPException(429)
    return UUID(who)


async def get_trip(request: Request) -> JSONResponse:
    """The same JSON as ours."""
    started = time.perf_counter()
    answer = await read_trip(request, await caller_of(request))
    seconds = time.perf_counter() - started
    SECONDS.labels("GET", PATH, 200).observe(seconds)
    log.info('{"method": "GET", "path": "%s", "status": 200, "ms": %.1f}', PATH, seconds * 1000)
    return answer


async def get_naked_trip(request: Request) -> JSONResponse:
    """The same JSON for anybody, without a trace."""
    return await read_trip(request, NOBODY)


async def read_trip(request: Request, caller: UUID) -> JSONResponse:
    """One statement."""
    row = await request.app.state.pool.fetchrow(READ, request.path_params["id"], caller)
    if row is None:
        raise HTTPException(404)
    return JSONResponse({"data": trip_of(row), "meta": {"request_id": request.headers.get("x-request-id", "")}})


def trip_of(row: Any) -> dict[str, Any]:
    """A row as JSON."""
    taken = map(sum, zip(row["seats_sold"], strict=True))
    return {
        "id": str(row["id"]),
        "driver": {
            "id": str(row["driver_id"]),
            "first_name": row["first_name"],
            "last_initial": row["last_name"][:1].upper(),
            "photo_url": row["photo_url"],
            "rating_avg": float(row["rating_avg"]),
            "rating_count": row["rating_count"],
            "is_verified": row["is_verified"],
        },
        "vehicle": {
            "id": str(row["vehicle_id"]),
            **{name: row[name] for name in ("make", "model", "color", "comfort_level", "year", "verified")},
        },
        "origin": {"lat": row["origin_lat"], "lon": row["origin_lon"], "text": row["origin_text"]},
        "destination": {
            "lat": row["destination_lat"], "lon": row["destination_lon"], "text": row["destination_text"],
        },
        "stops": [stop_of(dict(zip(STOP, stop, strict=True))) for stop in row["stops"]],
        "departure_time": wire(row["departure_time"]),
        "arrival_eta": wire(row["arrival_eta"]),
        "distance_km": round(row["distance_m"] / 1000, 1),
        "price_per_seat": int(row["price_per_seat"]),
        "seats_total": row["seats_total"],
        "seats_available": row["seats_total"] - max(taken),
        **{name: row[name] for name in ("luggage_policy", "rules", "allow_auto_accept", "women_only")},
        "series_id": row["series_id"] and str(row["series_id"]),
        **{name: row[name] for name in ("status", "version")},
        "created_at": wire(row["created_at"]),
        "updated_at": wire(row["updated_at"]),
    }  # fmt: skip


def stop_of(stop: dict[str, Any]) -> dict[str, Any]:
    """A halt as JSON."""
    point = {"lat": stop.pop("lat"), "lon": stop.pop("lon")}
    return stop | {"id": str(stop["id"]), "point": point, "eta": wire(stop["eta"])}


def wire(instant: Any) -> str:
    """An instant as JSON."""
    return str(instant.isoformat().replace("+00:00", "Z"))


ROUTES = [Route(PATH, get_trip), Route(f"/naked{PATH}", get_naked_trip)]

if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(message)s")
    app = Starlette(routes=ROUTES, lifespan=lifespan)
    uvicorn.run(app, port=int(os.environ["PORT"]), log_config=None, access_log=False, server_header=False)
