"""Open an account of the back office and invite its owner."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.identity.admin_views import AdminView, admin_view
from allonova.application.identity.invite_admin import InviteAdmin
from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.identity.admin_user import AdminUser
from allonova.domain.identity.roles import Role
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AlreadyExists, DomainError


@wired
class HireAdmin:
    """A new account; a link that sets its password goes by mail, to nobody else."""

    begin: Begin[IdentityUnit]
    clock: Clock
    ids: Ids
    invite: InviteAdmin

    errors: ClassVar[tuple[type[DomainError], ...]] = (AlreadyExists,)

    async def __call__(self, *, by: Actor, email: str, role: Role) -> AdminView:
        """Raises AlreadyExists for an e-mail that has an account."""
        now = self.clock.now()
        admin = AdminUser(id=self.ids.new(), email=email, role=role, created_at=now, updated_at=now)
        async with self.begin() as unit:
            await unit.admins.add(admin)
            meta = {"role": role.value}
            await unit.audit.put(actor=by, action="admin.created", entity="admin", entity_id=admin.id, meta=meta)
            await self.invite.make(unit, admin, by=by, mailed=True)
        return admin_view(admin)
