"""A runner that keeps the plan of whatever is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from allonova.adapters.postgres.runner import Pool, Row


@dataclass
class Explaining:
    """Asks as it is told, and keeps each plan."""

    pool: Pool
    plans: list[str] = field(default_factory=list)

    async def _explain(self, query: str, args: Sequence[object]) -> None:
        self.plans.append("\n".join(row[0] for row in await self.pool.fetch(f"EXPLAIN {query}", *args)))

    async def fetch(self, query: str, *args: object) -> Sequence[Row]:
        """See Runner."""
        await self._explain(query, args)
        return await self.pool.fetch(query, *args)

    async def fetchval(self, query: str, *args: object) -> Any:
        """See Runner."""
        await self._explain(query, args)
        return await self.pool.fetchval(query, *args)

    async def fetchrow(self, query: str, *args: object) -> Row | None:
        """See Runner."""
        await self._explain(query, args)
        return await self.pool.fetchrow(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        """See Runner."""
        return await self.pool.execute(query, *args)

    async def executemany(self, query: str, args: Sequence[Sequence[object]], /) -> None:
        """See Runner."""
        await self.pool.executemany(query, args)
