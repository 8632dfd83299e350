"""Taxis and clients."""

from __future__ import annotations

from allonova.adapters.postgres.company import Reading
from allonova.application.dispatch.fleet_queries import FleetQueries


class PostgresFleetQueries:
    """Reads in short transactions of a company, or in the unit that it is given."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading


def _conforms(queries: PostgresFleetQueries) -> FleetQueries:
    return queries
