"""What OSRM answers (project-osrm.org/docs, `route` and `table`; providers.md 1.10), read with suspicion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from allonova.adapters.maps.stretches import Stretch
from allonova.adapters.vendors.strict_json import Json
from allonova.application.kernel.roads import NoRoad
from allonova.domain.kernel.geo import Point

# A router takes the nearest road it knows, however far: OSRM moved (0, 0) by 737 km and said Ok. A village may well lie
# two kilometres off the mapped network; what is farther is somewhere else.
SNAP_M = 2_000
LONGEST_M = 100_000_000  # beyond any road on earth: no answer
LONGEST_S = 100 * 24 * 3600


class Unreadable(Exception):
    """It is JSON, but not what the documents promise."""


def coordinates(points: Sequence[Point]) -> str:
    """As the path of a question has them: longitude first, six decimals (11 cm)."""
    return ";".join(f"{point.lon:.6f},{point.lat:.6f}" for point in points)


def read_route(body: dict[str, Json], asked: Sequence[Point]) -> list[Stretch]:
    """The first route's legs.

    Raises:
        NoRoad: a waypoint is too far from any road.
        Unreadable: anything else that is not a route between these points.
    """
    if not all(_is_near(point, found) for point, found in _paired(asked, body.get("waypoints"))):
        raise NoRoad
    legs = _mapping(_items(body.get("routes"))[0]).get("legs")
    stretches = [Stretch(_metres(leg.get("distance")), _seconds(leg.get("duration"))) for leg in _mappings(legs)]
    if len(stretches) != len(asked) - 1:
        raise Unreadable
    return stretches


def read_table(body: dict[str, Json], origin: Point, destinations: Sequence[Point]) -> list[timedelta | None]:
    """The row of the one source, whose own column comes first.

    Raises:
        Unreadable: anything that is no such row.
    """
    asked = (origin, *destinations)
    [(_, source)] = _paired((origin,), body.get("sources"))
    starts = _is_near(origin, source)
    row = _items(_items(body.get("durations"))[0])
    if len(row) != len(asked):
        raise Unreadable
    ends = [_is_near(point, found) for point, found in _paired(asked, body.get("destinations"))]
    return [
        None if found is None or not (starts and is_near) else _seconds(found)
        for found, is_near in zip(row[1:], ends[1:], strict=True)
    ]


def _is_near(asked: Point, waypoint: dict[str, Json]) -> bool:
    """By where it was snapped to, not by the `distance` that some answers lack."""
    match waypoint.get("location"):
        case [int() | float() as lon, int() | float() as lat]:
            try:
                return asked.distance_m(Point(lat, lon)) <= SNAP_M
            except ValueError as error:
                raise Unreadable from error
        case _:
            raise Unreadable


def _paired(asked: Sequence[Point], waypoints: Json) -> list[tuple[Point, dict[str, Json]]]:
    found = _mappings(waypoints)
    if len(found) != len(asked):
        raise Unreadable
    return list(zip(asked, found, strict=True))


def _metres(value: Json) -> float:
    return _number(value, LONGEST_M)


def _seconds(value: Json) -> timedelta:
    return timedelta(seconds=_number(value, LONGEST_S))


def _number(value: Json, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise Unreadable
    return value


def _mappings(value: Json) -> list[dict[str, Json]]:
    return [_mapping(item) for item in _items(value)]


def _mapping(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise Unreadable
    return value


def _items(value: Json) -> list[Json]:
    if not isinstance(value, list) or not value:
        raise Unreadable
    return value
