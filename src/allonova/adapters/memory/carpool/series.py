"""Reads of series in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.carpool.tables import TRIP_SERIES
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.store import Rows
from allonova.application.carpool.series_queries import SeriesQueries
from allonova.application.carpool.series_views import SeriesView, series_view
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.series import TripSeries

FIELDS: Mapping[str, Callable[[TripSeries], Any]] = {name: attrgetter(name) for name in ("id", "until", "created_at")}


class MemorySeriesQueries:
    """Reads of series."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def series(self, driver_id: UUID, query: ListQuery) -> Page[SeriesView]:
        """See SeriesQueries."""
        own = [series for series in self._source.rows(TRIP_SERIES).values() if series.driver_id == driver_id]
        return listed(own, query, fields=FIELDS, show=series_view)

    async def one_series(self, id: UUID, *, driver_id: UUID) -> SeriesView | None:
        """See SeriesQueries."""
        found = self._source.rows(TRIP_SERIES).get(id)
        return None if found is None or found.driver_id != driver_id else series_view(found)


def _conforms(queries: MemorySeriesQueries) -> SeriesQueries:
    return queries
