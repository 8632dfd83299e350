"""Seal everything at rest by the server's current secret."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.application.kernel.ports import Begin, Ids, Sealer, Unit
from allonova.application.kernel.sealed_values import KeyUse, Resealed, SealedValue, SealedValues
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.changes import SYSTEM
from allonova.domain.kernel.errors import DomainError

BATCH = 200
PASSES = 10  # a unit that read a row before it was sealed anew may put the old text back: the next pass finds it


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value that no key opens where it stands: its key is gone, or it was moved or tampered with."""

    column: str
    row: UUID


@dataclass(frozen=True, slots=True)
class Rotation:
    """What was sealed anew, by column; how many hashes followed; what does not open; what other keys still hold."""

    resealed: Mapping[str, int]
    rehashed: int
    unreadable: Sequence[Unreadable]
    left: Sequence[KeyUse]


@wired
class RotateKeys:
    """Batch by batch, while the service runs on both keys: each value is replaced only where it still is what was
    read, so that what somebody writes meanwhile stays. It may be stopped anywhere and begun again.
    """

    begin: Begin[Unit]
    ids: Ids
    values: SealedValues
    sealer: Sealer
    kid: str
    rehash: Callable[[], Awaitable[int]]

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> Rotation:
        """`kid` names the current key. Values that do not open are left as they are, and named."""
        id = self.ids.new()
        await self._note(id, "keys.rotation_started", {"key": self.kid})
        rehashed = await self.rehash()
        resealed: Counter[str] = Counter()
        unreadable: list[Unreadable] = []
        for _ in range(PASSES):
            found, unreadable = await self._pass()
            if not found.total():
                break
            resealed += found
        counts = {"resealed": resealed.total(), "rehashed": rehashed, "unreadable": len(unreadable)}
        await self._note(id, "keys.rotated", {"key": self.kid, **counts})
        left = [use for use in await self.values.uses() if use.kid != self.kid]
        return Rotation(resealed, rehashed, unreadable, left)

    async def _pass(self) -> tuple[Counter[str], list[Unreadable]]:
        resealed: Counter[str] = Counter()
        unreadable: list[Unreadable] = []
        for column in self.values.columns:
            after: UUID | None = None
            while page := await self.values.page(column, besides=self.kid, after=after, limit=BATCH):
                after = page[-1].row
                anew = [self._anew(value) for value in page]
                unreadable += [Unreadable(column, v.row) for v, new in zip(page, anew, strict=True) if new is None]
                resealed[column] += await self.values.replace(column, [new for new in anew if new is not None])
        return resealed, unreadable

    def _anew(self, value: SealedValue) -> Resealed | None:
        try:
            opened = self.sealer.open(value.sealed, context=value.context)
        except ValueError:
            return None
        return Resealed(value.row, value.sealed, self.sealer.seal(opened, context=value.context))

    async def _note(self, id: UUID, action: str, meta: Mapping[str, str | int]) -> None:
        async with self.begin() as unit:
            await unit.audit.put(actor=SYSTEM, action=action, entity="key_rotation", entity_id=id, meta=meta)
