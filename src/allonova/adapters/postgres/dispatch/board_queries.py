"""Cards and offers, as they are shown."""

from __future__ import annotations

from allonova.adapters.postgres.company import Reading
from allonova.application.dispatch.board_queries import BoardQueries


class PostgresBoardQueries:
    """Reads in short transactions of a company, or in the unit that it is given."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading


def _conforms(queries: PostgresBoardQueries) -> BoardQueries:
    return queries
