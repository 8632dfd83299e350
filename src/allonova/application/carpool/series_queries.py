"""What is asked of the reads of series."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from allonova.application.carpool.series_views import SeriesView
from allonova.application.kernel.listing import ListQuery, Page


class SeriesQueries(Protocol):
    """Reads of series, one round trip each."""

    async def series(self, driver_id: UUID, query: ListQuery) -> Page[SeriesView]:
        """Somebody's series; fields: until, created_at."""

    async def one_series(self, id: UUID, *, driver_id: UUID) -> SeriesView | None:
        """One of somebody's series."""
