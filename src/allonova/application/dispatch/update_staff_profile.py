"""Change one's own name and phone."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from allonova.application.dispatch.phones import PhoneReader, local_phone
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.staff_accounts import own_account
from allonova.application.dispatch.staff_taxis import announce_name
from allonova.application.dispatch.staff_views import StaffView, staff_view
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import Membre, StaffChange
from allonova.domain.kernel.errors import AuthRequired, DomainError, ValidationError


@wired
class UpdateStaffProfile:
    """Change what others call and reach one by; the address is for an admin to change."""

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    trail: Trail
    read_phone: PhoneReader

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired, ValidationError)

    async def __call__(self, *, by: Membre, name: str | None, phone: str | None) -> StaffView:
        """None leaves a thing as it is; an empty phone takes it away."""
        async with self.begin_for(by.societe_id) as unit:
            user = await own_account(unit, by)
            phone = await local_phone(unit, by.societe_id, phone, self.read_phone, path="phone")
            before = dataclasses.replace(user)
            if user.change(StaffChange(name=name, phone=phone), self.clock.now()):
                await unit.staff.save(user)
                await self.trail.record(unit, by, by.societe_id, "user.modifie", "user", before=before, after=user)
                await announce_name(unit, before, user, by)
        return staff_view(user)
