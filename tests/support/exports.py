"""Exports, and tables that are as long as a test wants them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from allonova.application.files.sheets import Rows, Terms
from allonova.domain.files.export import Export, ExportKind, FileFormat
from tests.support.factories import NOW, new_id

DAY = timedelta(days=1)


def an_export(admin_id: UUID, **given: Any) -> Export:
    """What somebody wants: the books of the day before, as CSV."""
    made: dict[str, Any] = {
        "id": new_id(),
        "admin_id": admin_id,
        "kind": ExportKind.ENTRIES,
        "format": FileFormat.CSV,
        "since": NOW - DAY,
        "until": NOW + DAY,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Export(**(made | given))


async def _nothing() -> None:
    """Nothing happens meanwhile."""


@dataclass(slots=True)
class NumberedSheet:
    """So many pieces of ten rows each; `meanwhile` happens before each piece."""

    pieces: int
    meanwhile: Callable[[], Awaitable[None]] = _nothing
    columns: tuple[str, ...] = ("n", "text")

    async def count(self, terms: Terms, *, most: int) -> int:
        """See Sheet."""
        return min(most, self.pieces * 10)

    async def rows(self, terms: Terms) -> Rows:
        """See Sheet."""
        for piece in range(self.pieces):
            await self.meanwhile()
            yield [(piece * 10 + n, f"row {n}") for n in range(10)]
