"""Taxis, clients, positions, devices and figures."""

from __future__ import annotations

from allonova.application.dispatch.fleet_queries import FleetQueries
from allonova.application.dispatch.stats_queries import StatsQueries
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside) -> Part:
    """On its adapters."""
    return Part(use={FleetQueries: platform.dispatch.fleet, StatsQueries: platform.dispatch.stats})
