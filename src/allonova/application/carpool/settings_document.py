"""Settings as JSON has them, in their record and on the wire, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from allonova.domain.carpool.rules import CancelWindow, Corridor, Terms
from allonova.domain.carpool.settings import NAMES, OF_MESSAGES, OF_MONEY, OF_RIDES, TERM_BOUNDS, BusinessSettings
from allonova.domain.kernel.geo import Point
from allonova.domain.money.rules import PayoutSchedule


def read_settings(document: Mapping[str, Any], defaults: BusinessSettings) -> BusinessSettings:
    """The settings that a document makes of the defaults. Names that no setting has any more are passed over."""
    rides = {name: _READ.get(name, _same)(value) for name, value in document.items() if name in OF_RIDES}
    money = {name: _READ.get(name, _same)(value) for name, value in document.items() if name in OF_MONEY}
    messages = {name: value for name, value in document.items() if name in OF_MESSAGES}
    return BusinessSettings(
        rides=replace(defaults.rides, **rides),
        money=replace(defaults.money, **money),
        messages=replace(defaults.messages, **messages),
    )


def written(settings: BusinessSettings, names: Iterable[str]) -> dict[str, Any]:
    """These settings as a document."""
    return {name: _WRITTEN.get(name, _same)(settings.value(name)) for name in names}


def changes_between(before: BusinessSettings, after: BusinessSettings) -> dict[str, Any]:
    """What is otherwise, by name: how it was and how it is."""
    names = sorted(name for name in NAMES if before.value(name) != after.value(name))
    old, new = written(before, names), written(after, names)
    return {name: {"before": old[name], "after": new[name]} for name in names}


def _same(value: Any) -> Any:
    return value


def _windows(given: Iterable[Mapping[str, int]]) -> tuple[CancelWindow, ...]:
    """The widest first, in whichever order they came."""
    windows = [CancelWindow(one["hours_before"], one["fee_percent"]) for one in given]
    return tuple(sorted(windows, key=lambda window: window.hours_before, reverse=True))


def _windows_written(windows: Iterable[CancelWindow]) -> list[dict[str, int]]:
    return [{"hours_before": one.hours_before, "fee_percent": one.fee_percent} for one in windows]


def _corridor(given: Mapping[str, Any]) -> Corridor:
    start, end, windows = given["from"], given["to"], given.get("cancel_windows")
    return Corridor(
        given["id"],
        Point(start["lat"], start["lon"]),
        Point(end["lat"], end["lon"]),
        radius_m=given["radius_km"] * 1000,
        floor=given["floor"],
        ceiling=given["ceiling"],
        terms=Terms(
            **{name: given.get(name) for name in TERM_BOUNDS},
            cancel_windows=None if windows is None else _windows(windows),
        ),
        start_text=start.get("text") or "",
        end_text=end.get("text") or "",
    )


def _corridor_written(corridor: Corridor) -> dict[str, Any]:
    windows = corridor.terms.cancel_windows
    return {
        "id": corridor.id,
        "from": _point_written(corridor.start, corridor.start_text),
        "to": _point_written(corridor.end, corridor.end_text),
        "radius_km": corridor.radius_m // 1000,
        "floor": corridor.floor,
        "ceiling": corridor.ceiling,
        **{name: getattr(corridor.terms, name) for name in TERM_BOUNDS},
        "cancel_windows": None if windows is None else _windows_written(windows),
    }


def _point_written(point: Point, text: str) -> dict[str, Any]:
    return {"lat": point.lat, "lon": point.lon, "text": text or None}


_READ: Mapping[str, Callable[[Any], Any]] = {
    "cancel_windows": _windows,
    "corridors": lambda given: tuple(_corridor(one) for one in given),
    "payout_schedule": PayoutSchedule,
}
_WRITTEN: Mapping[str, Callable[[Any], Any]] = {
    "cancel_windows": _windows_written,
    "corridors": lambda corridors: [_corridor_written(one) for one in corridors],
    "payout_schedule": str,
}
