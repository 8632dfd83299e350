"""Where people want their money."""

from __future__ import annotations

from uuid import UUID

from allonova.adapters.postgres.money.tables import PAYOUT_ACCOUNTS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.domain.money.payout_account import PayoutAccount

ACCOUNT_SHELF = Shelf(RowMapper(PayoutAccount, PAYOUT_ACCOUNTS), {})
_FORGET = "DELETE FROM carpool.payout_accounts WHERE user_id = $1::uuid"


class PostgresPayoutAccounts(PostgresStore[PayoutAccount]):
    """Where people want their money."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, ACCOUNT_SHELF)

    async def of(self, user_id: UUID) -> PayoutAccount | None:
        """Somebody's, if he has named one and a code came back from it."""
        return await self.find(user_id=user_id)

    async def forget(self, user_id: UUID) -> None:
        """Delete somebody's."""
        await self._runner.execute(_FORGET, user_id)
