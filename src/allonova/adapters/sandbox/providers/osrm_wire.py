"""How OSRM's questions are written and its answers look (project-osrm.org/docs; compared with osrm-routed 26.10)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from allonova.adapters.sandbox.world import ProviderRefused
from allonova.domain.kernel.geo import Point

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from allonova.adapters.sandbox.state import Json

HINT: Final = "A" * 64  # what a client may send back to save a search; here there is nothing to save
_NUMBER: Final = r"-?\d+(?:\.\d+)?"
_PAIR: Final = re.compile(rf"({_NUMBER}),({_NUMBER})", re.ASCII)
_BEGUN: Final = re.compile(rf"(?:{_NUMBER},?)?", re.ASCII)
_FLAG: Final = r"true|false"
_INDEXES: Final = r"all|\d+(?:;\d+)*"
_GENERAL: Final = {"radiuses": rf"(?:unlimited|{_NUMBER})?(?:;(?:unlimited|{_NUMBER})?)*", "generate_hints": _FLAG}
_OPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "route": {
        **_GENERAL,
        "overview": "simplified|full|false",
        "geometries": "polyline6|polyline|geojson",
        "alternatives": rf"{_FLAG}|\d+",
        "steps": _FLAG,
        "annotations": rf"{_FLAG}|[a-z]+(?:,[a-z]+)*",
    },
    "table": {
        **_GENERAL,
        "sources": _INDEXES,
        "destinations": _INDEXES,
        "annotations": "(?:duration|distance)(?:,(?:duration|distance))*",
    },
    "nearest": {**_GENERAL, "number": r"\d+"},
}
SERVICES: Final = frozenset(_OPTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A service's points, and the options that were written out."""

    points: tuple[Point, ...]
    options: Mapping[str, str]

    def radiuses(self) -> list[float]:
        """How far each point may be moved, in metres.

        Raises: ProviderRefused unless there is one for each point.
        """
        written = self.options.get("radiuses")
        if written is None:
            return [math.inf] * len(self.points)
        parts = written.split(";")
        if len(parts) != len(self.points):
            counts = f"size {len(parts)} does not match coordinate size {len(self.points)}"
            raise refused("InvalidOptions", f"Number of elements in radiuses {counts}")
        return [math.inf if part in {"", "unlimited"} else _unless_negative(float(part)) for part in parts]

    def indexes(self, name: str) -> list[int]:
        """Which points a table has on this side.

        Raises: ProviderRefused for a point that is none.
        """
        written = self.options.get(name, "all")
        if written == "all":
            return list(range(len(self.points)))
        found = [int(part) for part in written.split(";")]
        if max(found) >= len(self.points):
            raise refused("InvalidOptions", "")
        return found


def read_question(service: str, coordinates: str, query: str) -> Question:
    """Raises: ProviderRefused, which names the place in the URL from which on it makes no sense."""
    start = len(f"/{service}/v1/driving/")
    written = coordinates.removesuffix(".json")
    points = tuple(_points(written, start))
    options = dict(_options(_OPTIONS[service], query, start + len(coordinates) + 1)) if query else {}
    return Question(points=points, options=options)


def refused(code: str, message: str) -> ProviderRefused:
    """Whatever is wrong is 400; the code says what."""
    return ProviderRefused(400, {"message": message, "code": code})


def waypoint(asked: Point, snapped: Point, options: Mapping[str, str]) -> Json:
    """Where a point came to lie on a road; the road has no name."""
    hint = {} if options.get("generate_hints") == "false" else {"hint": HINT}
    moved_m = round(asked.distance_m(snapped), 8)
    return {**hint, "distance": moved_m, "name": "", "location": [_short(snapped.lon, 6), _short(snapped.lat, 6)]}


def geometry(points: Sequence[Point], form: str) -> Json | str:
    """As GeoJSON, or as a line of letters (developers.google.com, "Encoded Polyline Algorithm Format")."""
    if form == "geojson":
        return {"coordinates": [[_short(at.lon, 6), _short(at.lat, 6)] for at in points], "type": "LineString"}
    scale, letters, before = 10 ** (6 if form == "polyline6" else 5), "", (0, 0)
    for at in points:
        now = (round(at.lat * scale), round(at.lon * scale))
        letters += "".join(_letters(value - last) for value, last in zip(now, before, strict=True))
        before = now
    return letters


def figure(value: float) -> float:
    """Metres and seconds have one decimal, none where it is a nought."""
    return _short(value, 1)


def _points(written: str, start: int) -> Iterator[Point]:
    at = start
    for part in written.split(";"):
        pair = _PAIR.fullmatch(part)
        if pair is None:
            raise _malformed(at + _understood(part))
        try:
            yield Point(lat=float(pair[2]), lon=float(pair[1]))
        except ValueError as error:
            raise refused("InvalidValue", "Invalid coordinate value.") from error
        at += len(part) + 1


def _understood(part: str) -> int:
    """How many letters could have become a point."""
    begun = _BEGUN.match(part)
    return begun.end() if begun else 0


def _options(known: Mapping[str, str], query: str, start: int) -> Iterator[tuple[str, str]]:
    at = start
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name not in known:
            raise _malformed(at - 1)
        if re.fullmatch(known[name], value, re.ASCII) is None:
            raise _malformed(at + len(name) + 1)
        yield name, value
        at += len(part) + 1


def _malformed(position: int) -> ProviderRefused:
    return refused("InvalidQuery", f"Query string malformed close to position {position}")


def _unless_negative(radius_m: float) -> float:
    return math.inf if radius_m < 0 else radius_m


def _letters(value: int) -> str:
    rest, found = ~(value << 1) if value < 0 else value << 1, ""
    while rest >= 32:
        found, rest = found + chr((32 | (rest & 31)) + 63), rest >> 5
    return found + chr(rest + 63)


def _short(value: float, digits: int) -> float:
    rounded = round(value, digits)
    return int(rounded) if rounded == int(rounded) else rounded


type Answerer = Callable[[Question], Json]
