"""Look-ups that cross companies: functions that run as their owner, past row-level security."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from allonova.adapters.postgres.runner import Runner
from allonova.application.dispatch.ports import Doors, Due, Zone

_KNOWN = "SELECT e.email FROM unnest($1::text[]) AS e (email) WHERE dispatch.societe_of_email(e.email) IS NOT NULL"
_FREE = """
SELECT s.slug FROM unnest($1::text[]) WITH ORDINALITY AS s (slug, position) WHERE dispatch.is_slug_free(s.slug)
ORDER BY s.position
"""


class PostgresDoors:
    """One round trip each."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def of_email(self, email: str) -> UUID | None:
        """See Doors."""
        return await self._one("SELECT dispatch.societe_of_email($1)", email)

    async def of_user(self, user_id: UUID) -> UUID | None:
        """See Doors."""
        return await self._one("SELECT dispatch.societe_of_user($1)", user_id)

    async def of_form(self, slug: str | None) -> UUID | None:
        """See Doors."""
        return await self._one("SELECT dispatch.societe_of_form($1)", slug)

    async def of_suivi(self, reference: str, suivi_hash: str) -> UUID | None:
        """See Doors."""
        return await self._one("SELECT dispatch.societe_of_suivi($1, $2)", reference, suivi_hash)

    async def is_slug_free(self, slug: str) -> bool:
        """See Doors."""
        return bool(await self._runner.fetchval("SELECT dispatch.is_slug_free($1)", slug))

    async def known_emails(self, emails: Collection[str]) -> set[str]:
        """See Doors."""
        return {row[0] for row in await self._runner.fetch(_KNOWN, list(emails))}

    async def free_slugs(self, slugs: Sequence[str]) -> list[str]:
        """See Doors."""
        return [row[0] for row in await self._runner.fetch(_FREE, list(slugs))]

    async def zones(self) -> list[Zone]:
        """See Doors."""
        rows = await self._runner.fetch("SELECT societe_id, fuseau, since, semaine FROM dispatch.zones()")
        return [Zone(row[0], row[1], row[2], row[3]) for row in rows]

    async def overdue_demandes(self, now: datetime, *, limit: int) -> list[Due]:
        """See Doors."""
        return await self._due("SELECT societe_id, commande_id FROM dispatch.overdue_demandes($1, $2)", now, limit)

    async def waiting_too_long(self, now: datetime, *, limit: int) -> list[Due]:
        """See Doors."""
        return await self._due("SELECT societe_id, commande_id FROM dispatch.waiting_too_long($1, $2)", now, limit)

    async def to_dispatch(self, now: datetime, *, limit: int) -> list[Due]:
        """See Doors."""
        return await self._due("SELECT societe_id, commande_id FROM dispatch.to_dispatch($1, $2)", now, limit)

    async def forget_positions(self, before: datetime, *, limit: int) -> int:
        """See Doors."""
        gone: int = await self._runner.fetchval("SELECT dispatch.forget_positions($1, $2)", before, limit)
        return gone

    async def _one(self, sql: str, *args: object) -> UUID | None:
        found: UUID | None = await self._runner.fetchval(sql, *args)
        return found

    async def _due(self, sql: str, now: datetime, limit: int) -> list[Due]:
        return [Due(row[0], row[1]) for row in await self._runner.fetch(sql, now, limit)]


def _conforms(doors: PostgresDoors) -> Doors:
    return doors
