"""The company, its staff and their own accounts, in memory."""

from __future__ import annotations

from allonova.adapters.memory.store import Rows
from allonova.application.dispatch.company_queries import CompanyQueries


class MemoryCompanyQueries:
    """Reads of committed rows, through the eyes of a company: `self._source.of(societe_id)`."""

    def __init__(self, source: Rows) -> None:
        self._source = source


def _conforms(queries: MemoryCompanyQueries) -> CompanyQueries:
    return queries
