"""Forget the searches whose time is over."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import DomainError

BATCH = 1_000


@wired
class ExpireAlerts:
    """A job: kept searches that look no more go, with the notes of what they matched. They were seen by nobody since
    their time was over.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many went."""
        gone = 0
        while some := await self._some():
            gone += some
        return gone

    async def _some(self) -> int:
        async with self.begin() as unit:
            return await unit.alerts.remove_expired(now=self.clock.now(), limit=BATCH)
