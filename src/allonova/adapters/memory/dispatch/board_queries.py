"""Cards and offers, as they are shown, in memory."""

from __future__ import annotations

from allonova.adapters.memory.store import Rows
from allonova.application.dispatch.board_queries import BoardQueries


class MemoryBoardQueries:
    """Reads of committed rows, through the eyes of a company: `self._source.of(societe_id)`."""

    def __init__(self, source: Rows) -> None:
        self._source = source


def _conforms(queries: MemoryBoardQueries) -> BoardQueries:
    return queries
