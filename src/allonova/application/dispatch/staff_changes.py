"""What changing and removing somebody of staff have in common."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.staff_taxis import TaxiHandover
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import LastAdmin, Membre, StaffUser
from allonova.domain.dispatch.taxi import Taxi
from allonova.domain.kernel.errors import AuthRequired, StaleVersion


@wired
class StaffLocks:
    """Locks whoever is to be otherwise, with all that hangs on him."""

    handover: TaxiHandover

    async def take(
        self, unit: DispatchUnit, by: Membre, user: StaffUser, taxi_ids: Collection[UUID], *, force: bool
    ) -> tuple[StaffUser, list[Taxi]]:
        """The account, locked, and these taxis, which nobody drives any more.

        Changes of admins wait for each other at the company's row, before everything else: two who take each other's
        rights at once do it one after the other, and the second has none left.

        Args:
            user: as it was read, not locked.
            taxi_ids: the taxi that he loses, the one that he gets.

        Raises:
            AuthRequired: the caller is no admin any more.
            StaleVersion: the account was changed meanwhile.
        """
        if user.is_admin:
            await unit.societes.get(user.societe_id, lock=True)
            caller = await unit.staff.find(id=by.id)
            if caller is None or not caller.is_admin:
                raise AuthRequired
        taxis = []
        if taxi_ids:
            taxis = await self.handover.clear(unit, taxi_ids, force=force, by=by, leaver=user.id)
        found = await unit.staff.get(user.id, lock=True)
        was = None if user.taxi_id in taxi_ids else user.taxi_id
        if (found.role, found.active, found.taxi_id) != (user.role, user.active, was):
            raise StaleVersion
        return found, taxis


async def require_admin_left(unit: DispatchUnit, leaver: StaffUser) -> None:
    """Raise LastAdmin when nobody else could run the company; its row is locked."""
    if all(admin.id == leaver.id for admin in await unit.staff.active_admins()):
        raise LastAdmin
