"""Accounts elsewhere that open an account here."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam

from allonova.adapters.postgres.identity.social_tables import SOCIAL_IDENTITIES
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.identity.ports import REFUSALS
from allonova.domain.identity.social import SocialIdentity

SOCIAL_SHELF = Shelf(RowMapper(SocialIdentity, SOCIAL_IDENTITIES), REFUSALS)
OF_USER = compile_once(
    SOCIAL_SHELF.select(SOCIAL_IDENTITIES.c.user_id == bindparam("user_id")).order_by(
        SOCIAL_IDENTITIES.c.created_at, SOCIAL_IDENTITIES.c.id
    )
)
_REMOVE = "DELETE FROM carpool.social_identities WHERE id = $1::uuid"


class PostgresSocialIdentities(PostgresStore[SocialIdentity]):
    """Accounts elsewhere."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, SOCIAL_SHELF)

    async def of_user(self, user_id: UUID) -> list[SocialIdentity]:
        """A user's, the oldest first."""
        rows = await self._runner.fetch(OF_USER.sql, *OF_USER.args(user_id=user_id))
        return [await self._entity(row, is_locked=False) for row in rows]

    async def remove(self, identity: SocialIdentity) -> None:
        """It opens nothing any more."""
        await self._runner.execute(_REMOVE, identity.id)
