"""Forget a file that nothing refers to."""

from __future__ import annotations

from dataclasses import dataclass

from allonova.application.files.ports import FileStore
from allonova.domain.files.events import FileDropped


@dataclass(frozen=True, slots=True)
class DropFile:
    """Hears FileDropped."""

    files: FileStore

    async def __call__(self, event: FileDropped) -> None:
        """Forgetting it twice is fine."""
        await self.files.delete(event.key)
