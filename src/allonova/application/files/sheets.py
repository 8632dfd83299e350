"""Tables that can be taken away as files: what they are asked for, and who writes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from allonova.domain.files.export import Export, FileFormat

type Rows = AsyncIterator[Sequence[Sequence[object]]]
"""Rows piece by piece. A cell is None, a text, a number, an instant or a day; anything else is its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Rows of `since ≤ t < until` whose fields equal `filters`. Phones are whole for those who may pay."""

    since: datetime
    until: datetime
    filters: Mapping[str, str] = field(default_factory=dict)
    shows_phones: bool = False

    @classmethod
    def of(cls, export: Export) -> Terms:
        """Those that an export keeps."""
        return cls(since=export.since, until=export.until, filters=export.filters, shows_phones=export.shows_phones)


class Sheet(Protocol):
    """A table over some rows of the store. Reading it holds neither a connection nor rows between two pieces."""

    @property
    def columns(self) -> Sequence[str]: ...

    async def count(self, terms: Terms, *, most: int) -> int:
        """How many rows there are; counting stops at `most`."""

    def rows(self, terms: Terms) -> Rows:
        """The rows, the oldest first."""


@dataclass(frozen=True, slots=True)
class Table:
    """What is sent as it is read."""

    columns: Sequence[str]
    rows: Rows


type TableWriter = Callable[[FileFormat, Sequence[str], Rows], AsyncIterator[bytes]]
"""Writes a table as a file, piece by piece."""
