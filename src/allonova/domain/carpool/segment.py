"""Groups of people that the back office looks at again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.domain.kernel.errors import Conflict


@dataclass(eq=False)
class SegmentNameTaken(Conflict):
    """The team has a segment of that name, whatever its case."""


@dataclass(slots=True, kw_only=True)
class UserSegment:
    """A list of people by what they have in common, found anew whenever it is asked for. `filters` are those of the
    list of users, by their names there. The whole team sees it.
    """

    id: UUID
    name: str
    filters: dict[str, str | int | bool | float]
    created_by: UUID
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def change(
        self, *, name: str | None, filters: Mapping[str, str | int | bool | float] | None, at: datetime
    ) -> frozenset[str]:
        """None leaves a thing as it is. Returns the names of what is otherwise now."""
        before = (self.name, self.filters)
        self.name = self.name if name is None else name
        self.filters = self.filters if filters is None else dict(filters)
        after = (self.name, self.filters)
        changed = frozenset(
            field for field, old, new in zip(("name", "filters"), before, after, strict=True) if old != new
        )
        if changed:
            self.updated_at = at
        return changed
