"""The list of suppressed addresses, beside the addresses that stand elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import Column, Integer, Uuid, bindparam, select

from allonova.adapters.postgres.keys.columns import ADDRESSES
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import Statement, compile_once
from allonova.application.notifications.rehash_suppressed import KnownAddresses
from allonova.domain.identity.contact import Channel

PAGE = 1000
FIRST = UUID(int=0)

_STALE = "SELECT count(*) FROM platform.suppressed_addresses WHERE kid IS DISTINCT FROM $1::text"
# Where a vendor named an address again after a change of keys it is there twice: the first entry stays.
_DROP_DOUBLES = """
DELETE FROM platform.suppressed_addresses AS s USING (
    SELECT o.id, row_number() OVER (PARTITION BY g.after ORDER BY o.created_at, o.id) AS place
    FROM platform.suppressed_addresses AS o
    JOIN unnest($1::text[], $2::text[]) AS g (before, after) ON g.before = o.address_hash
    WHERE o.channel = $3::text
) AS found
WHERE s.id = found.id AND found.place > 1
"""
_REHASH = """
UPDATE platform.suppressed_addresses AS s SET address_hash = g.after, kid = $4::text
FROM unnest($1::text[], $2::text[]) AS g (before, after)
WHERE s.address_hash = g.before AND s.channel = $3::text AND s.kid IS DISTINCT FROM $4::text
RETURNING s.id
"""
TRIES = 3


def _page(of: Column[Any]) -> Statement:
    table = of.table
    return compile_once(
        select(table.c.id, of.label("value"))
        .where(of.is_not(None), table.c.id > bindparam("past", type_=Uuid))
        .order_by(table.c.id)
        .limit(bindparam("at_most", type_=Integer))
    )


_PAGES = [(_page(column), channel) for column, channel in ADDRESSES]


class PostgresKnownAddresses:
    """See KnownAddresses. On connections that no wall stands around."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def count_stale(self, kid: str) -> int:
        """See KnownAddresses."""
        found: int = await self._runner.fetchval(_STALE, kid)
        return found

    async def contacts(self) -> AsyncIterator[tuple[Channel, Sequence[str]]]:
        """See KnownAddresses."""
        for page, channel in _PAGES:
            past = FIRST
            while rows := await self._runner.fetch(page.sql, *page.args(past=past, at_most=PAGE)):
                past = rows[-1]["id"]
                yield channel, [row["value"] for row in rows]

    async def rehash(self, channel: Channel, hashes: Mapping[str, str], *, kid: str) -> int:
        """See KnownAddresses."""
        before, after = list(hashes), list(hashes.values())
        for tried in range(1, TRIES + 1):
            await self._runner.execute(_DROP_DOUBLES, before, after, channel.value)
            try:
                return len(await self._runner.fetch(_REHASH, before, after, channel.value, kid))
            except asyncpg.UniqueViolationError:  # somebody put it on the list at this moment
                if tried == TRIES:
                    raise
        raise AssertionError


def _conforms(known: PostgresKnownAddresses) -> KnownAddresses:
    return known
