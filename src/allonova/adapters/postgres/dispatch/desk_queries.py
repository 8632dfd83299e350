"""Interventions, notifications and the audit log."""

from __future__ import annotations

from allonova.adapters.postgres.company import Reading
from allonova.application.dispatch.desk_queries import DeskQueries


class PostgresDeskQueries:
    """Reads in short transactions of a company, or in the unit that it is given."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading


def _conforms(queries: PostgresDeskQueries) -> DeskQueries:
    return queries
