"""Change what somebody of the back office may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from allonova.application.identity.admin_views import AdminView, admin_view
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.domain.identity.admin_user import AdminUser
from allonova.domain.identity.roles import Role
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound


@dataclass(frozen=True, slots=True)
class ChangeAdmin:
    """Another role, open or closed, or without the authenticator that was lost. His sessions end at once: their tokens
    say what he was.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(
        self, *, by: Actor, email: str, role: Role | None, is_active: bool | None, reset_totp: bool
    ) -> AdminView:
        """None leaves a thing as it is. Raises NotFound."""
        async with self.begin() as unit:
            admin = await unit.admins.find(email=email, lock=True)
            if admin is None:
                raise NotFound
            changed = admin.change(role=role, is_active=is_active, reset_totp=reset_totp, at=self.clock.now())
            if changed:
                await self._keep(unit, admin, changed, by)
        return admin_view(admin)

    async def _keep(self, unit: IdentityUnit, admin: AdminUser, changed: frozenset[str], by: Actor) -> None:
        await unit.admins.save(admin)
        await self.sessions.end_all(unit, admin.id, reason="admin_changed")
        meta = {"changed": ",".join(sorted(changed))}
        await unit.audit.put(actor=by, action="admin.changed", entity="admin", entity_id=admin.id, meta=meta)
