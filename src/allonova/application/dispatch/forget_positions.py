"""Where taxis were long ago is nobody's business."""

from __future__ import annotations

from allonova.application.dispatch.ports import Doors
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.taxi import POSITIONS_KEPT

BATCH = 5_000  # rows in one transaction, so that none is long after a day without the job


@wired
class ForgetPositions:
    """Delete positions that were kept long enough, of all companies."""

    doors: Doors
    clock: Clock
    batch: int = BATCH

    async def __call__(self) -> int:
        """How many there were."""
        before = self.clock.now() - POSITIONS_KEPT
        total = 0
        while True:
            gone = await self.doors.forget_positions(before, limit=self.batch)
            total += gone
            if gone < self.batch:
                return total
