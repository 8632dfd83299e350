"""Ask providers about payouts of which nothing was heard."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.application.money.payout_ports import PayoutQueries
from allonova.application.money.send_payout import SendPayout
from allonova.domain.kernel.errors import DomainError

log = logging.getLogger(__name__)

ASK_AFTER = timedelta(minutes=2)
BATCH = 200
AT_ONCE = 8


@wired
class CheckPayouts:
    """A job. One that was scheduled and whose event was lost is sent here as well; whatever fails is tried again at
    the next run.
    """

    queries: PayoutQueries
    sending: SendPayout
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many have ended."""
        waiting = await self.queries.unsettled(before=self.clock.now() - ASK_AFTER, limit=BATCH)
        lanes = [self._check_all(waiting[lane::AT_ONCE]) for lane in range(AT_ONCE)]
        return sum(await asyncio.gather(*lanes))

    async def _check_all(self, payout_ids: list[UUID]) -> int:
        return sum([await self._check(payout_id) for payout_id in payout_ids])

    async def _check(self, payout_id: UUID) -> bool:
        try:
            return await self.sending.check(payout_id)
        except Exception as error:  # noqa: BLE001 - whatever one provider does, the others are asked
            said = {"payout_id": str(payout_id), "error": type(error).__name__}
            log.warning("a payout could not be checked", extra=said)
            return False
