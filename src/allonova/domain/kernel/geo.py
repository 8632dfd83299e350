"""Points on the earth and distances between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG


@dataclass(frozen=True, slots=True)
class Point:
    """A place in WGS84 degrees; latitude within ±90, longitude within ±180."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise ValueError("outside WGS84 bounds")

    def distance_m(self, other: Point) -> float:
        """Great-circle distance in metres (haversine; within 0.6 % of the ellipsoid's)."""
        lat_a, lat_b = math.radians(self.lat), math.radians(other.lat)
        half_lat = (lat_b - lat_a) / 2
        half_lon = math.radians(other.lon - self.lon) / 2
        chord = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
        return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(chord)))


@dataclass(frozen=True, slots=True)
class Place:
    """A point with what people call it."""

    point: Point
    text: str


@dataclass(frozen=True, slots=True)
class Box:
    """The area between two parallels and two meridians; it does not cross the 180th."""

    south_west: Point
    north_east: Point

    def __post_init__(self) -> None:
        if self.south_west.lat > self.north_east.lat or self.south_west.lon > self.north_east.lon:
            raise ValueError("the south-western corner comes first")

    def holds(self, point: Point) -> bool:
        """Whether a point lies in it or on its edge."""
        low, high = self.south_west, self.north_east
        return low.lat <= point.lat <= high.lat and low.lon <= point.lon <= high.lon

    @property
    def centre(self) -> Point:
        """Half way between its parallels and its meridians."""
        low, high = self.south_west, self.north_east
        return Point((low.lat + high.lat) / 2, (low.lon + high.lon) / 2)

    @property
    def reach_m(self) -> float:
        """Metres from the centre within which all of it lies. Up to half the globe's width the corners are farthest."""
        low, high = self.south_west, self.north_east
        if high.lon - low.lon > 180:
            return math.pi * EARTH_RADIUS_M
        corners = (low, Point(low.lat, high.lon), Point(high.lat, low.lon), high)
        return max(self.centre.distance_m(corner) for corner in corners)
