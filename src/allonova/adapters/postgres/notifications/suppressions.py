"""Addresses to which nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from allonova.adapters.postgres.notifications.mailbox_tables import SUPPRESSED_ADDRESSES
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.notifications.suppression_ports import (
    SuppressionQueries,
    SuppressionStore,
    SuppressionView,
)
from allonova.domain.identity.contact import Channel
from allonova.domain.notifications.suppression import Suppression, SuppressionReason

_MAPPER = RowMapper(Suppression, SUPPRESSED_ADDRESSES)
_PUT = compile_once(
    insert(SUPPRESSED_ADDRESSES)
    .values({name: bindparam(name) for name in _MAPPER.names})
    .on_conflict_do_nothing(index_elements=["address_hash", "channel"])
    .returning(SUPPRESSED_ADDRESSES.c.id)
)
_LIFT = """
DELETE FROM platform.suppressed_addresses WHERE address_hash = ANY($1::text[]) AND channel = $2::text RETURNING id
"""
_FIND = """
SELECT id, reason, created_at FROM platform.suppressed_addresses
WHERE address_hash = ANY($1::text[]) AND channel = $2::text
ORDER BY created_at LIMIT 1
"""


class PostgresSuppressions:
    """The list, inside a unit."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def put(self, suppression: Suppression) -> bool:
        """See SuppressionStore."""
        return await self._runner.fetchval(_PUT.sql, *_PUT.args(**_MAPPER.values(suppression))) is not None

    async def lift(self, channel: Channel, hashes: Sequence[str]) -> list[UUID]:
        """See SuppressionStore."""
        return [row["id"] for row in await self._runner.fetch(_LIFT, list(hashes), channel.value)]


class PostgresSuppressionQueries:
    """The list, read."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def suppression(self, channel: Channel, hashes: Sequence[str]) -> SuppressionView | None:
        """See SuppressionQueries."""
        row = await self._runner.fetchrow(_FIND, list(hashes), channel.value)
        if row is None:
            return None
        reason = SuppressionReason(row["reason"])
        return SuppressionView(id=row["id"], channel=channel, reason=reason, created_at=row["created_at"])


def _conforms(store: PostgresSuppressions, queries: PostgresSuppressionQueries) -> tuple[object, ...]:
    kept: SuppressionStore = store
    read: SuppressionQueries = queries
    return kept, read
