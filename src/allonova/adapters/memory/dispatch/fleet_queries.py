"""Taxis and clients, in memory."""

from __future__ import annotations

from allonova.adapters.memory.store import Rows
from allonova.application.dispatch.fleet_queries import FleetQueries


class MemoryFleetQueries:
    """Reads of committed rows, through the eyes of a company: `self._source.of(societe_id)`."""

    def __init__(self, source: Rows) -> None:
        self._source = source


def _conforms(queries: MemoryFleetQueries) -> FleetQueries:
    return queries
