"""What the report on usage reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from allonova.domain.carpool.usage import Actives, Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """By day, where there was anything, and who was active in the whole period."""

    counts: Mapping[date, Counts]
    actives: Mapping[date, Actives]
    active: Actives


class UsageQueries(Protocol):
    """Reads outside a transaction."""

    async def usage(self, since: datetime, until: datetime) -> Usage:
        """From `since` to before `until`, by days of Abidjan."""
