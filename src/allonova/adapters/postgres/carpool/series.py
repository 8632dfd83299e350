"""Reads of series."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam

from allonova.adapters.postgres.carpool.rows import SERIES
from allonova.adapters.postgres.carpool.tables import TRIP_SERIES
from allonova.adapters.postgres.carpool.trips import SERIES_SHELF
from allonova.adapters.postgres.lists import Listing
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.carpool.series_queries import SeriesQueries
from allonova.application.carpool.series_views import SeriesView, series_view
from allonova.application.kernel.listing import ListQuery, Page

_IS_HIS = TRIP_SERIES.c.driver_id == bindparam("driver_id")
_OWN = Listing(SERIES_SHELF.select(_IS_HIS), {name: TRIP_SERIES.c[name] for name in ("id", "until", "created_at")})
_ONE = compile_once(SERIES_SHELF.select(_IS_HIS, TRIP_SERIES.c.id == bindparam("series_id")))
_read = SERIES.reader()


class PostgresSeriesQueries:
    """Reads of series."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def series(self, driver_id: UUID, query: ListQuery) -> Page[SeriesView]:
        """Somebody's series; fields: until, created_at."""
        rows, total = await _OWN.rows(self._runner, query, driver_id=driver_id)
        return Page([series_view(_read(row)) for row in rows], total)

    async def one_series(self, id: UUID, *, driver_id: UUID) -> SeriesView | None:
        """One of somebody's series."""
        row = await self._runner.fetchrow(_ONE.sql, *_ONE.args(driver_id=driver_id, series_id=id))
        return None if row is None else series_view(_read(row))


def _conforms(queries: PostgresSeriesQueries) -> SeriesQueries:
    return queries
