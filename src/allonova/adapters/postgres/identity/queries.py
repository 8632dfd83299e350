"""Reads of identity."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select

from allonova.adapters.postgres.identity.stores import USER_SHELF
from allonova.adapters.postgres.identity.tables import SESSIONS, USERS
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.identity.ports import IdentityQueries
from allonova.application.identity.views import UserView, user_view

_USER = compile_once(USER_SHELF.select(USERS.c.id == bindparam("user_id")))
_REVOKED = compile_once(
    select(SESSIONS.c.id).where(SESSIONS.c.revoked_at >= bindparam("since")).order_by(SESSIONS.c.revoked_at)
)
_read_user = USER_SHELF.mapper.reader()


class PostgresIdentityQueries:
    """One round trip each, on a pool or on a unit's connection."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def user(self, id: UUID) -> UserView | None:
        """Somebody's own account."""
        row = await self._runner.fetchrow(_USER.sql, *_USER.args(user_id=id))
        return None if row is None else user_view(_read_user(row))

    async def revoked_sessions(self, since: datetime) -> list[UUID]:
        """Sessions ended at or after an instant."""
        return [row[0] for row in await self._runner.fetch(_REVOKED.sql, *_REVOKED.args(since=since))]


def _conforms(queries: PostgresIdentityQueries) -> IdentityQueries:
    return queries
