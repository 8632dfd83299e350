"""What the list of suppressed addresses asks of storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.kernel.ports import Unit
from allonova.domain.identity.contact import Channel
from allonova.domain.notifications.suppression import Suppression, SuppressionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionView:
    """An address to which nothing is sent; which one, who asks knows."""

    id: UUID
    channel: Channel
    reason: SuppressionReason
    created_at: datetime


class SuppressionStore(Protocol):
    """The list, inside a unit. An address is known by its hashes, one for each of the server's secrets."""

    async def put(self, suppression: Suppression) -> bool:
        """Add it. False when the address is on the list already, as it stays."""

    async def lift(self, channel: Channel, hashes: Sequence[str]) -> list[UUID]:
        """Take an address off; what was there of it."""


class SuppressionQueries(Protocol):
    """The list, read."""

    async def suppression(self, channel: Channel, hashes: Sequence[str]) -> SuppressionView | None:
        """An address' entry; None when it is not on the list."""


class SuppressionUnit(Unit, Protocol):
    """A transaction with the list."""

    @property
    def suppressions(self) -> SuppressionStore: ...
