"""Change what somebody of the back office may do."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.admin_views import AdminView, admin_view
from allonova.application.identity.named_admin import named_admin
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.identity.admin_user import AdminUser, LastSuper, OwnAccount
from allonova.domain.identity.roles import Role
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound, PreconditionFailed


@wired
class ChangeAdmin:
    """Another role, open or closed, or without the authenticator that was lost. His sessions end at once: their tokens
    say what he was. Whoever may do everything is locked first: of two who close each other one stays.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, OwnAccount, LastSuper, PreconditionFailed)

    async def __call__(
        self,
        *,
        by: Actor,
        who: UUID | str,
        role: Role | None,
        is_active: bool | None,
        reset_totp: bool,
        expected: int | None = None,
    ) -> AdminView:
        """None leaves a thing as it is; `who` is an id, or an e-mail; `expected` is the version that was read."""
        async with self.begin() as unit:
            named = await named_admin(unit, who, lock=False)
            locked = {admin.id: admin for admin in await unit.admins.with_supers(named.id)}
            supers = {admin.id for admin in locked.values() if admin.is_super}
            admin = locked[named.id]  # accounts of the back office are closed, never deleted
            if admin.id == by.id:
                raise OwnAccount
            require_version(expected, admin.version, admin_view(admin))
            changed = admin.change(role=role, is_active=is_active, reset_totp=reset_totp, at=self.clock.now())
            if supers == {admin.id} and not admin.is_super:
                raise LastSuper
            if changed:
                await self._keep(unit, admin, changed, by)
        return admin_view(admin)

    async def _keep(self, unit: IdentityUnit, admin: AdminUser, changed: frozenset[str], by: Actor) -> None:
        await unit.admins.save(admin)
        await self.sessions.end_all(unit, admin.id, reason="admin_changed")
        meta = {"changed": ",".join(sorted(changed))}
        await unit.audit.put(actor=by, action="admin.changed", entity="admin", entity_id=admin.id, meta=meta)
