"""Messages that were given up, for the back office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.kernel.ports import Begin, Clock, Unit
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.delivery import DeliveryNotDead
from allonova.domain.kernel.errors import DomainError, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """One event on its way to one subscriber, without what it is about. `error` is the kind of its last failure;
    `failed_at` is when it was given up.
    """

    id: UUID
    event: str
    subscriber: str
    attempts: int
    error: str | None
    created_at: datetime
    failed_at: datetime | None


class DeadLetterQueries(Protocol):
    """Reads of what was given up."""

    async def failed(self, query: ListQuery) -> Page[DeliveryView]:
        """Fields: event, subscriber, attempts, failed_at, created_at."""


class DeadLetters(Protocol):
    """Deliveries, one by one."""

    async def lock(self, id: UUID) -> DeliveryView:
        """One that this unit holds. Raises NotFound."""

    async def revive(self, id: UUID, *, at: datetime) -> DeliveryView:
        """It is due at once, as if it had never been tried."""


class LettersUnit(Unit, Protocol):
    """A transaction over deliveries."""

    @property
    def dead_letters(self) -> DeadLetters: ...


@wired
class ResendDelivery:
    """Send again what was given up."""

    begin: Begin[LettersUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, DeliveryNotDead)

    async def __call__(self, *, by: Actor, delivery_id: UUID) -> DeliveryView:
        """Raises DeliveryNotDead for one that is on its way, or has arrived."""
        async with self.begin() as unit:
            letter = await unit.dead_letters.lock(delivery_id)
            if letter.failed_at is None:
                raise DeliveryNotDead
            meta: dict[str, str | int] = {"event": letter.event, "subscriber": letter.subscriber}
            await unit.audit.put(
                actor=by, action="delivery.resent", entity="delivery", entity_id=delivery_id, meta=meta
            )
            return await unit.dead_letters.revive(delivery_id, at=self.clock.now())
