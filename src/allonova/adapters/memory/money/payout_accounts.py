"""Where people want their money, in memory."""

from __future__ import annotations

from uuid import UUID

from allonova.adapters.memory.money.tables import PAYOUT_ACCOUNTS
from allonova.adapters.memory.store import MemoryStore, Transaction
from allonova.domain.money.payout_account import PayoutAccount


class MemoryPayoutAccounts(MemoryStore[PayoutAccount]):
    """Where people want their money."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, PAYOUT_ACCOUNTS)

    async def of(self, user_id: UUID) -> PayoutAccount | None:
        """See PayoutAccountStore."""
        return await self.find(user_id=user_id)

    async def forget(self, user_id: UUID) -> None:
        """See PayoutAccountStore."""
        for id in [row.id for row in self._rows().values() if row.user_id == user_id]:
            self._transaction.remove(PAYOUT_ACCOUNTS, id)
