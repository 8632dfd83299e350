"""The company, its staff and their own accounts."""

from __future__ import annotations

from allonova.adapters.postgres.company import Reading
from allonova.application.dispatch.company_queries import CompanyQueries


class PostgresCompanyQueries:
    """Reads in short transactions of a company, or in the unit that it is given."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading


def _conforms(queries: PostgresCompanyQueries) -> CompanyQueries:
    return queries
