"""Interventions, notifications and the audit log, in memory."""

from __future__ import annotations

from allonova.adapters.memory.store import Rows
from allonova.application.dispatch.desk_queries import DeskQueries


class MemoryDeskQueries:
    """Reads of committed rows, through the eyes of a company: `self._source.of(societe_id)`."""

    def __init__(self, source: Rows) -> None:
        self._source = source


def _conforms(queries: MemoryDeskQueries) -> DeskQueries:
    return queries
