"""What people see of the searches that they keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from allonova.domain.carpool.alert import Alert
from allonova.domain.kernel.geo import Point

_SPELT = {"start": "from", "end": "to"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPoint:
    """A point in WGS84 degrees and what its owner calls it."""

    lat: float
    lon: float
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """A kept search, to its owner. Days from 1 (Monday) to 7 (Sunday), none for all; times as `HH:MM`; francs."""

    id: UUID
    start: AlertPoint
    end: AlertPoint
    radius_km: int
    days: tuple[int, ...]
    time_from: str | None
    time_to: str | None
    seats: int
    price_max: int | None
    expires_at: datetime
    created_at: datetime


AlertView.__pydantic_config__ = {"alias_generator": lambda name: _SPELT.get(name, name)}  # type: ignore[attr-defined]


def alert_view(alert: Alert) -> AlertView:
    """A kept search as its owner sees it."""
    return AlertView(
        id=alert.id,
        start=_point(alert.origin_point, alert.origin_text),
        end=_point(alert.destination_point, alert.destination_text),
        radius_km=alert.radius_m // 1000,
        days=tuple(alert.days),
        time_from=_clock_time(alert.time_from),
        time_to=_clock_time(alert.time_to),
        seats=alert.seats,
        price_max=alert.price_max,
        expires_at=alert.expires_at,
        created_at=alert.created_at,
    )


def _point(point: Point, text: str | None) -> AlertPoint:
    return AlertPoint(lat=point.lat, lon=point.lon, text=text)


def _clock_time(at: time | None) -> str | None:
    return None if at is None else f"{at:%H:%M}"
