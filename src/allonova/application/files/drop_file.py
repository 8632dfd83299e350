"""Forget a file that nothing refers to."""

from __future__ import annotations

from allonova.application.files.ports import FileStore
from allonova.application.kernel.wired import wired
from allonova.domain.files.events import FileDropped


@wired
class DropFile:
    """Hears FileDropped."""

    files: FileStore

    async def __call__(self, event: FileDropped) -> None:
        """Forgetting it twice is fine."""
        await self.files.delete(event.key)
