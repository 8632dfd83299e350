"""Addresses to which nothing is sent, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from allonova.adapters.memory.rules import Table, Unique
from allonova.adapters.memory.store import Rows, Transaction
from allonova.application.notifications.suppression_ports import (
    SuppressionQueries,
    SuppressionStore,
    SuppressionView,
)
from allonova.domain.identity.contact import Channel
from allonova.domain.notifications.suppression import Suppression

SUPPRESSED_ADDRESSES = Table(
    name="suppressed_addresses",
    row=Suppression,
    uniques=(Unique("uq_suppressed_addresses_address_hash_channel", ("address_hash", "channel")),),
)


class MemorySuppressions:
    """The list, inside a unit."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def put(self, suppression: Suppression) -> bool:
        """See SuppressionStore."""
        if self._found(suppression.channel, [suppression.address_hash]):
            return False
        self._transaction.insert(SUPPRESSED_ADDRESSES, suppression)
        return True

    async def lift(self, channel: Channel, hashes: Sequence[str]) -> list[UUID]:
        """See SuppressionStore."""
        found = [row.id for row in self._found(channel, hashes)]
        for id in found:
            self._transaction.remove(SUPPRESSED_ADDRESSES, id)
        return found

    def _found(self, channel: Channel, hashes: Sequence[str]) -> list[Suppression]:
        rows = self._transaction.rows(SUPPRESSED_ADDRESSES).values()
        return [row for row in rows if row.channel is channel and row.address_hash in hashes]


class MemorySuppressionQueries:
    """The list, read."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def suppression(self, channel: Channel, hashes: Sequence[str]) -> SuppressionView | None:
        """See SuppressionQueries."""
        rows = self._source.rows(SUPPRESSED_ADDRESSES).values()
        found = sorted(
            (row for row in rows if row.channel is channel and row.address_hash in hashes),
            key=lambda row: row.created_at,
        )
        if not found:
            return None
        first = found[0]
        return SuppressionView(id=first.id, channel=channel, reason=first.reason, created_at=first.created_at)


def _conforms(store: MemorySuppressions, queries: MemorySuppressionQueries) -> tuple[object, ...]:
    kept: SuppressionStore = store
    read: SuppressionQueries = queries
    return kept, read
