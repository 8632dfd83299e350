"""OSRM: roads of a country where all of them lead straight (project-osrm.org/docs, HTTP API: route, table, nearest)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse

from allonova.adapters.sandbox.faults import CALL_KINDS
from allonova.adapters.sandbox.providers.osrm_wire import (
    SERVICES,
    Question,
    figure,
    geometry,
    read_question,
    refused,
    waypoint,
)
from allonova.adapters.sandbox.world import Call, Provider
from allonova.domain.kernel.geo import Box, Point

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from allonova.adapters.sandbox.providers.osrm_wire import Answerer
    from allonova.adapters.sandbox.state import Json
    from allonova.adapters.sandbox.world import World

NAME: Final = "osrm"
# Beyond these the map ends, and a point is moved to its edge, as OSRM moves it to the nearest road, however far.
MAP: Final = Box(Point(4.0, -9.0), Point(11.0, -2.0))
# Île Boulay in the lagoon of Abidjan: it has tracks, but no bridge leads there.
ISLAND: Final = Box(Point(5.262, -4.135), Point(5.283, -4.095))
# Other figures than the service falls back to, so that one can tell who answered.
ROAD_FACTOR: Final = 1.25
SPEED_M_S: Final = 65_000 / 3600
MOST_IN_TABLE: Final = 100
MOST_ON_ROUTE: Final = 500


def osrm(_world: World) -> Provider:
    """The three services that clients of ours use. No key is asked for, as OSRM has none."""
    calls = (
        Call(method="GET", path="/{service}/{version}/{profile}/{coordinates:path}", handler=_answer),
        Call(method="GET", path="/{rest:path}", handler=_lost),
    )
    return Provider(name=NAME, base="/osrm", calls=calls, breakdown=_breakdown, fault_kinds=CALL_KINDS)


async def _answer(request: Request) -> Response:
    """`GET /{service}/v1/{profile}/{lon,lat;…}?…`; the profile is read by nobody."""
    service, coordinates = request.path_params["service"], request.path_params["coordinates"]
    if service not in SERVICES:
        raise refused("InvalidService", f"Service {service} not found!")
    if request.path_params["version"] != "v1":
        raise refused("InvalidVersion", f"Service {service} not found!")
    if not coordinates:
        return await _lost(request)
    question = read_question(service, coordinates, request.url.query)
    return JSONResponse({"code": "Ok", **_SERVICES[service](question)})


async def _lost(request: Request) -> Response:
    """A path of no service."""
    path = "/" + request.url.path.partition("/osrm/")[2]
    raise refused("InvalidUrl", f'URL string malformed close to position {len(path)}: "{path[-3:]}"')


def _route(question: Question) -> Json:
    _require_two(question)
    if len(question.points) > MOST_ON_ROUTE:
        limit = f"is higher than current maximum ({MOST_ON_ROUTE})"
        raise refused("TooBig", f"Number of entries {len(question.points)} {limit}")
    options = question.options
    if options.get("steps") == "true" or options.get("annotations", "false") != "false":
        raise refused("NotImplemented", "The sandbox knows no turns.")
    found = _snapped(question)
    lengths_m = [_road_m(here, there) for here, there in pairwise(found)]
    if None in lengths_m:
        raise refused("NoRoute", "Impossible route between points")
    legs = [{"steps": [], "summary": "", **_figures(length_m)} for length_m in lengths_m if length_m is not None]
    drawn: Json = {}
    if options.get("overview", "simplified") != "false":
        drawn = {"geometry": geometry(found, options.get("geometries", "polyline"))}
    total = {name: figure(sum(leg[name] for leg in legs)) for name in ("weight", "duration", "distance")}
    return {
        "routes": [{"legs": legs, "weight_name": "routability", **drawn, **total}],
        "waypoints": _waypoints(question, found),
    }


def _table(question: Question) -> Json:
    _require_two(question)
    sources, destinations = question.indexes("sources"), question.indexes("destinations")
    if len(sources) * len(destinations) > MOST_IN_TABLE**2:
        raise refused("TooBig", "Too many table coordinates")
    found = _snapped(question)
    rows = [[_road_m(found[here], found[there]) for there in destinations] for here in sources]
    wanted = question.options.get("annotations", "duration").split(",")
    columns: Json = {}
    if "distance" in wanted:
        columns["distances"] = [[None if m is None else figure(m) for m in row] for row in rows]
    if "duration" in wanted:
        columns["durations"] = [[None if m is None else figure(m / SPEED_M_S) for m in row] for row in rows]
    shown = _waypoints(question, found)
    return {
        **columns,
        "sources": [shown[index] for index in sources],
        "destinations": [shown[index] for index in destinations],
    }


def _nearest(question: Question) -> Json:
    if len(question.points) > 1 or question.options.get("number", "1") != "1":
        raise refused("NotImplemented", "The sandbox has one road to each point.")
    return {"waypoints": [{"nodes": [2, 1], **shown} for shown in _waypoints(question, _snapped(question))]}


_SERVICES: Final[dict[str, Answerer]] = {"route": _route, "table": _table, "nearest": _nearest}


def _require_two(question: Question) -> None:
    if len(question.points) < 2:
        raise refused("InvalidOptions", "Number of coordinates needs to be at least two.")


def _snapped(question: Question) -> list[Point]:
    """Each point on its road; the first one that is farther from any than was allowed is named."""
    found = [_on_map(point) for point in question.points]
    radiuses = question.radiuses()
    for at, (asked, snapped, radius_m) in enumerate(zip(question.points, found, radiuses, strict=True)):
        if asked.distance_m(snapped) > radius_m:
            raise refused("NoSegment", f"Could not find a matching segment for coordinate {at}")
    return found


def _on_map(point: Point) -> Point:
    low, high = MAP.south_west, MAP.north_east
    return Point(min(max(point.lat, low.lat), high.lat), min(max(point.lon, low.lon), high.lon))


def _road_m(here: Point, there: Point) -> float | None:
    """None between the island and the main land."""
    return None if ISLAND.holds(here) != ISLAND.holds(there) else here.distance_m(there) * ROAD_FACTOR


def _figures(length_m: float) -> Json:
    driven_s = figure(length_m / SPEED_M_S)
    return {"weight": driven_s, "duration": driven_s, "distance": figure(length_m)}


def _waypoints(question: Question, found: list[Point]) -> list[Json]:
    return [waypoint(asked, snapped, question.options) for asked, snapped in zip(question.points, found, strict=True)]


def _breakdown(_status: int) -> Json:
    return {"message": "Internal Server Error", "code": "InternalError"}
