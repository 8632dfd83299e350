"""Carries events from the outbox to their subscribers, each at least once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from allonova.application.kernel.ports import Clock, Delivery, DeliveryQueue, Watch, unwatched
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import DomainError, ProviderUnavailable
from allonova.domain.kernel.events import Event

log = logging.getLogger(__name__)

HANDLER_LIMIT_S = 17  # a vendor's call may take 15
BATCH = 5
LEASE = timedelta(seconds=90)  # longer than a whole batch of handlers at their limit: nobody else takes one meanwhile
ATTEMPTS = 12  # with the backoff below: given up after about 17 hours
LONGEST_BACKOFF = timedelta(hours=4)


class Hopeless(Exception):
    """Trying again will not help: the delivery is given up at once."""


class NotYet(Exception):
    """It is not the hour for this delivery: it comes again then, and nothing went wrong."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self.at = at


class OtherRelease(Exception):
    """Another release put it, and here is nobody of that name: its own processes find it when it comes again."""


type Handler = Callable[[Any], Awaitable[None]]
"""Takes the events it is subscribed to."""

type Notifier = Callable[[Any, UUID], Awaitable[None]]
"""The same, and the delivery's id: the name of what it makes, so that a second one finds it made."""


@wired
class Subscription:
    """`handler` reacts to `event`; it may see one event twice and must act once. A Notifier `is_told_the_delivery`."""

    event: type[Event]
    subscriber: str
    handler: Callable[..., Awaitable[None]]
    is_told_the_delivery: bool = False

    async def take(self, delivery: Delivery) -> None:
        """Hand it over."""
        event = self.event.of(delivery.payload)
        await (self.handler(event, delivery.id) if self.is_told_the_delivery else self.handler(event))


def backoff(attempts: int) -> timedelta:
    """How long to wait after the n-th failed try: 15 s, 30 s, 1 min … 4 h."""
    doubled: int = 1 << (attempts - 1)
    return min(timedelta(seconds=15) * doubled, LONGEST_BACKOFF)


@wired
class RelayOutbox:
    """Deliver what is due until nothing is."""

    queue: DeliveryQueue
    subscriptions: Mapping[tuple[str, str], Subscription]
    clock: Clock
    watch: Watch = unwatched

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many deliveries were tried."""
        tried = 0
        while batch := await self.queue.claim(now=self.clock.now(), lease=LEASE, limit=BATCH):
            for delivery in batch:
                await self._deliver(delivery)
            tried += len(batch)
        return tried

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            subscription = self._of(delivery)
            with self.watch(delivery):
                async with asyncio.timeout(HANDLER_LIMIT_S):
                    await subscription.take(delivery)
        except NotYet as early:
            await self.queue.failed(delivery.id, error=type(early).__name__, retry_at=early.at)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, the others go on and this one is retried
            await self._postpone(delivery, error)
        else:
            await self.queue.done(delivery.id, now=self.clock.now())

    def _of(self, delivery: Delivery) -> Subscription:
        subscription = self.subscriptions.get((delivery.event, delivery.subscriber))
        if subscription is None:
            raise OtherRelease
        return subscription

    async def _postpone(self, delivery: Delivery, error: Exception) -> None:
        is_last = delivery.attempts >= ATTEMPTS or isinstance(error, Hopeless)
        log.log(
            logging.ERROR if is_last else logging.WARNING,
            "delivery failed",
            extra={
                "delivery_id": str(delivery.id),
                "event": delivery.event,
                "subscriber": delivery.subscriber,
                "attempts": delivery.attempts,
                "given_up": is_last,
                "error": type(error).__name__,
            },
        )
        retry_at = None if is_last else self.clock.now() + max(backoff(delivery.attempts), _asked_for(error))
        await self.queue.failed(delivery.id, error=type(error).__name__, retry_at=retry_at)


def _asked_for(error: Exception) -> timedelta:
    """How long a vendor asked to be left in peace."""
    seconds = error.retry_after_s if isinstance(error, ProviderUnavailable) else None
    return timedelta(seconds=seconds or 0)


def by_event_and_subscriber(subscriptions: list[Subscription]) -> dict[tuple[str, str], Subscription]:
    """The relay's look-up table."""
    return {(s.event.name, s.subscriber): s for s in subscriptions}
