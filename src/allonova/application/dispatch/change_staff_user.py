"""An admin says something else of a colleague."""

from __future__ import annotations

import dataclasses
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.invitations import InvitationDesk
from allonova.application.dispatch.invite_staff import require_chauffeur
from allonova.application.dispatch.phones import PhoneReader, local_phone
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.staff_accounts import AccountDesk
from allonova.application.dispatch.staff_changes import StaffLocks, require_admin_left
from allonova.application.dispatch.staff_taxis import announce_name
from allonova.application.dispatch.staff_views import StaffView, staff_view
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import (
    ChauffeurDriving,
    EmailTaken,
    LastAdmin,
    Membre,
    StaffChange,
    StaffUser,
    TaxiTaken,
)
from allonova.domain.dispatch.taxi import TaxiPromised
from allonova.domain.kernel.errors import AuthRequired, DomainError, NotFound, StaleVersion, ValidationError

ENDS_SESSIONS = frozenset({"email", "role", "active"})
"""What a token says of its owner, or whom it is for: after such a change his sessions end."""


@wired
class ChangeStaffUser:
    """Change an account: another taxi is taken from whoever had it; another role, address or a closed account end its
    sessions at once. Courses that were promised on a taxi that loses its chauffeur go back to the pool.
    """

    begin_for: BeginFor[DispatchUnit]
    accounts: AccountDesk
    invitations: InvitationDesk
    locks: StaffLocks
    read_phone: PhoneReader

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        *(ValidationError, AuthRequired, NotFound, EmailTaken, TaxiTaken),
        *(TaxiPromised, ChauffeurDriving, LastAdmin, StaleVersion),
    )

    async def __call__(self, *, by: Membre, user_id: UUID, change: StaffChange, force: bool) -> StaffView:
        """`force` gives promised courses back to the pool. Raises NotFound for the account and for its taxi."""
        now = self.accounts.clock.now()
        async with self.begin_for(by.societe_id) as unit:
            phone = await local_phone(unit, by.societe_id, change.phone, self.read_phone, path="phone")
            change = dataclasses.replace(change, phone=phone)
            seen = await unit.staff.get(user_id)
            if seen.efface_at is not None:
                raise NotFound
            wanted = dataclasses.replace(seen)
            wanted.change(change, now)
            require_chauffeur(wanted.role, change.taxi_id)
            moved = {seen.taxi_id, wanted.taxi_id} - {None} if seen.taxi_id != wanted.taxi_id else set()
            user, taxis = await self.locks.take(unit, by, seen, [id for id in moved if id is not None], force=force)
            before = dataclasses.replace(user, taxi_id=seen.taxi_id)
            changed = user.change(change, now)
            if before.is_admin and not user.is_admin:
                await require_admin_left(unit, user)
            if changed or moved:
                await unit.staff.save(user)
                await self._settle(unit, by, before, user)
                await announce_name(unit, before, user, by)
            await self.locks.handover.announce(unit, taxis, by)
        return staff_view(user)

    async def _settle(self, unit: DispatchUnit, by: Membre, before: StaffUser, user: StaffUser) -> None:
        ends = any(getattr(before, name) != getattr(user, name) for name in ENDS_SESSIONS)
        if ends:
            await self.accounts.shut(unit, user, reason="staff_changed", email=before.email)
        if user.active and user.password_hash is None and ends:
            await self.invitations.invite(unit, user)
        deed = "user.desactive" if before.active and not user.active else "user.modifie"
        await self.accounts.trail.record(unit, by, by.societe_id, deed, "user", before=before, after=user)
