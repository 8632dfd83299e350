"""Let somebody of staff go."""

from __future__ import annotations

import dataclasses
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.staff_accounts import AccountDesk
from allonova.application.dispatch.staff_changes import StaffLocks, require_admin_left
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import ChauffeurDriving, LastAdmin, Membre, StaffChange
from allonova.domain.dispatch.taxi import TaxiPromised
from allonova.domain.kernel.errors import AuthRequired, DomainError, NotFound, StaleVersion


@wired
class RemoveStaffUser:
    """Close an account: one that nothing names is gone, the others stay, no longer active. Its sessions end, and its
    taxi is free. Whoever goes by his own hand is named by the line that says so.
    """

    begin_for: BeginFor[DispatchUnit]
    accounts: AccountDesk
    locks: StaffLocks

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        *(AuthRequired, NotFound, TaxiPromised, ChauffeurDriving, LastAdmin, StaleVersion),
    )

    async def __call__(self, *, by: Membre, user_id: UUID, force: bool) -> None:
        """`force` gives his promised courses back to the pool."""
        async with self.begin_for(by.societe_id) as unit:
            seen = await unit.staff.get(user_id)
            taxi_ids = [] if seen.taxi_id is None else [seen.taxi_id]
            user, taxis = await self.locks.take(unit, by, seen, taxi_ids, force=force)
            if user.is_admin:
                await require_admin_left(unit, user)
            has_history = user.id == by.id or await unit.staff.has_history(user.id)
            if has_history and not user.active:
                return
            before = dataclasses.replace(user, taxi_id=seen.taxi_id)
            await self.accounts.shut(unit, user, reason="staff_removed")
            if not has_history:
                await unit.staff.remove(user)
                deed, after = "user.supprime", None
            else:
                user.change(StaffChange(active=False), self.accounts.clock.now())
                await unit.staff.save(user)
                deed, after = "user.desactive", user
            await self.accounts.trail.record(unit, by, by.societe_id, deed, "user", before=before, after=after)
            await self.locks.handover.announce(unit, taxis, by)
