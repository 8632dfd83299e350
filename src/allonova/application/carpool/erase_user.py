"""Erase somebody's account, from the back office."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.erase_account import EraseAccount
from allonova.application.kernel.wired import wired
from allonova.domain.identity.user import AccountInUse
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class EraseUser:
    """The same as when its owner does it, also while it is suspended. Again, it changes nothing."""

    accounts: EraseAccount

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, AccountInUse)

    async def __call__(self, *, by: Actor, user_id: UUID) -> None:
        """Raises AccountInUse with what is still open."""
        async with self.accounts.begin() as unit:
            user = await unit.users.get(user_id, lock=True)
            if user.erased_at is None:
                await self.accounts.erase(unit, user, by=by)
