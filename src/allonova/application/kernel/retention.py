"""What the clean-up asks of its store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from allonova.application.kernel.ports import Unit
from allonova.domain.kernel.retention import Kept


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows went or were emptied, and the keys of files that they had."""

    rows: int
    files: tuple[str, ...] = ()


class RetentionStore(Protocol):
    """What has had its time, whosesoever it is."""

    async def forget(self, kept: Kept, *, before: datetime, limit: int) -> Forgotten:
        """Delete, or empty, at most so many rows of a kind whose time began before then (domain/kernel/retention.py
        says when it begins), the oldest first. Rows that somebody else holds are left for the next time.
        """


class RetentionUnit(Unit, Protocol):
    """A transaction that forgets."""

    @property
    def retention(self) -> RetentionStore: ...
