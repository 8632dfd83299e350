"""Values at rest that are sealed, seen all at once: which key each was sealed by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

VERSION = "v1"
"""How a sealed value begins: `v1.<key>.<ciphertext>`."""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """So many values of a column (`schema.table.column`) go by this key; None where they do not say by which. Without
    the key a hash is never found again, and whatever `is_sealed` is lost.
    """

    column: str
    kid: str | None
    count: int
    is_sealed: bool = True


@dataclass(frozen=True, slots=True)
class SealedValue:
    """One value, and what it is bound to."""

    row: UUID
    sealed: str
    context: str


@dataclass(frozen=True, slots=True)
class Resealed:
    """The same value under another key."""

    row: UUID
    before: str
    after: str


class SealedValues(Protocol):
    """All sealed values of the database, of whomever they are."""

    @property
    def columns(self) -> Sequence[str]:
        """Where they lie: `schema.table.column`."""

    async def uses(self) -> Sequence[KeyUse]:
        """By which keys they are sealed, and keyed hashes were derived."""

    async def page(self, column: str, *, besides: str, after: UUID | None, limit: int) -> Sequence[SealedValue]:
        """Values that another key than `besides` has sealed, by the ids of their rows."""

    async def replace(self, column: str, values: Sequence[Resealed]) -> int:
        """Put them in the place of those before; how many were still there. Rows change in nothing else."""
