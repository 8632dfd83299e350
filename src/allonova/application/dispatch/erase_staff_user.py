"""Somebody of staff asks his company to forget him."""

from __future__ import annotations

import dataclasses
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.dossier_ports import DossierUnit
from allonova.application.dispatch.staff_accounts import AccountDesk
from allonova.application.dispatch.staff_changes import StaffLocks, require_admin_left
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import ChauffeurDriving, LastAdmin, Membre
from allonova.domain.dispatch.taxi import TaxiPromised
from allonova.domain.kernel.errors import AuthRequired, DomainError, NotFound, StaleVersion


@wired
class EraseStaffUser:
    """Anonymise an account: name, address, phone, password, devices, messages and positions go, its sessions end and
    its taxi is free. Courses, answers and weeks stay under an id that names nobody, so that the company's figures
    do not change. Again, it changes nothing.
    """

    begin_for: BeginFor[DossierUnit]
    accounts: AccountDesk
    locks: StaffLocks

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        *(AuthRequired, NotFound, TaxiPromised, ChauffeurDriving, LastAdmin, StaleVersion),
    )

    async def __call__(self, *, by: Membre, user_id: UUID, force: bool) -> None:
        """`force` gives his promised courses back to the pool."""
        async with self.begin_for(by.societe_id) as unit:
            seen = await unit.staff.get(user_id)
            if seen.efface_at is not None:
                return
            taxi_ids = [] if seen.taxi_id is None else [seen.taxi_id]
            user, taxis = await self.locks.take(unit, by, seen, taxi_ids, force=force)
            if user.is_admin:
                await require_admin_left(unit, user)
            before = dataclasses.replace(user, taxi_id=seen.taxi_id)
            await self.accounts.shut(unit, user, reason="staff_erased")
            await unit.dossiers.forget_staff(user)
            user.erase(self.accounts.clock.now())
            await unit.staff.save(user)
            await self.accounts.trail.record(unit, by, by.societe_id, "user.efface", "user", before=before, after=user)
            await self.locks.handover.announce(unit, taxis, by)
