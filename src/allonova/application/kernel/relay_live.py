"""Carries events from the outbox to sockets: in order, within milliseconds, each at least once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Protocol

from allonova.application.kernel.live import ChannelsDown
from allonova.application.kernel.ports import Clock, Delivery, LiveBatch, LiveQueue, Watch, unwatched
from allonova.application.kernel.relay import OtherRelease
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.events import Event

log = logging.getLogger(__name__)

BATCH = 50
ATTEMPTS = 10  # an event that no handler can show must not stand before all others for ever
SHOWER_LIMIT_S = 5
# A batch is shown within milliseconds; a relay whose process stands still is not asked for ever at that pace.
SOON_S, LATE_S = 0.005, 1.0
LEFT_FOR_OTHERS = timedelta(hours=1)  # as long as a channel keeps frames: nobody would be shown an older one


class Shower(Protocol):
    """Shows events on sockets."""

    def __call__(self, event: Any, *, once: str) -> Awaitable[None]:
        """It may come twice, with the same `once`, which Channels.post takes."""


@dataclass(frozen=True, slots=True)
class Showing:
    """`shower` shows `event`."""

    event: type[Event]
    subscriber: str
    shower: Shower


@wired
class RelayLive:
    """Show what is there until nothing is, each relay in its turn: one that finds another at it comes back. What only
    another release can show is left for it, and holds up nothing: its own processes may take it before or after what
    comes later.
    """

    queue: LiveQueue
    showings: Mapping[tuple[str, str], Showing]
    clock: Clock
    watch: Watch = unwatched

    errors: ClassVar[tuple[type[DomainError], ...]] = (ChannelsDown,)

    async def __call__(self) -> int:
        """Returns how many were dealt with. Raises ChannelsDown, with what is left kept for later."""
        shown, pause_s = 0, SOON_S
        while True:
            left_before = self.clock.now() - LEFT_FOR_OTHERS
            # left cleanly in any case: what was shown is done with
            async with self.queue.take(BATCH, known=self.showings.keys(), left_before=left_before) as batch:
                done, is_down = (0, False) if batch is None else await self._show(batch)
            if batch is None:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, LATE_S)
                continue
            shown += done
            if is_down:
                raise ChannelsDown
            if done < BATCH:
                return shown

    async def _show(self, batch: LiveBatch) -> tuple[int, bool]:
        """How many were shown or given up, to the first that failed, since later ones must not come before it; and
        whether nothing at all can be shown.
        """
        for done, delivery in enumerate(batch.deliveries):
            showing = self.showings.get((delivery.event, delivery.subscriber))
            if showing is None:
                await self._fail(batch, delivery, OtherRelease(), is_last=True)
                continue
            try:
                async with asyncio.timeout(SHOWER_LIMIT_S):
                    with self.watch(delivery):
                        await showing.shower(showing.event.of(delivery.payload), once=str(delivery.id))
            except ChannelsDown:
                return done, True
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again, and then given up
                await self._fail(batch, delivery, error, is_last=delivery.attempts >= ATTEMPTS)
                return done, False
            batch.done(delivery)
        return len(batch.deliveries), False

    async def _fail(self, batch: LiveBatch, delivery: Delivery, error: Exception, *, is_last: bool) -> None:
        log.log(
            logging.ERROR if is_last else logging.WARNING,
            "event not shown",
            extra={
                "delivery_id": str(delivery.id),
                "event": delivery.event,
                "subscriber": delivery.subscriber,
                "attempts": delivery.attempts,
                "given_up": is_last,
                "error": type(error).__name__,
            },
        )
        await batch.failed(delivery, error=type(error).__name__, is_last=is_last)


def showings_of(showings: list[Showing]) -> dict[tuple[str, str], Showing]:
    """The relay's look-up table."""
    return {(s.event.name, s.subscriber): s for s in showings}
