"""Figures of the fleet and of chauffeurs, in memory."""

from __future__ import annotations

from allonova.adapters.memory.store import Rows
from allonova.application.dispatch.stats_queries import StatsQueries


class MemoryStatsQueries:
    """Reads of committed rows, through the eyes of a company: `self._source.of(societe_id)`."""

    def __init__(self, source: Rows) -> None:
        self._source = source


def _conforms(queries: MemoryStatsQueries) -> StatsQueries:
    return queries
