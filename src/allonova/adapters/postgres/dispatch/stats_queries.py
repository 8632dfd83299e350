"""Figures of the fleet and of chauffeurs."""

from __future__ import annotations

from allonova.adapters.postgres.company import Reading
from allonova.application.dispatch.stats_queries import StatsQueries


class PostgresStatsQueries:
    """Reads in short transactions of a company, or in the unit that it is given."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading


def _conforms(queries: PostgresStatsQueries) -> StatsQueries:
    return queries
