"""Open an account of the back office."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.identity.admin_views import AdminView, admin_view
from allonova.application.identity.offers import require_sound
from allonova.application.identity.ports import IdentityUnit, PasswordHasher
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.identity.admin_user import AdminUser
from allonova.domain.identity.roles import Role
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AlreadyExists, DomainError, ValidationError


@wired
class CreateAdmin:
    """A new account. Without a password nobody can log in until a link from InviteAdmin has set one."""

    begin: Begin[IdentityUnit]
    clock: Clock
    ids: Ids
    hasher: PasswordHasher

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError, AlreadyExists)

    async def __call__(self, *, by: Actor, email: str, role: Role, password: str | None = None) -> AdminView:
        """Raises AlreadyExists for an e-mail that has an account, ValidationError for a common password."""
        if password is not None:
            require_sound(self.hasher, password, path="password")
        now = self.clock.now()
        admin = AdminUser(
            id=self.ids.new(),
            email=email,
            password_hash=None if password is None else await self.hasher.hash(password),
            role=role,
            created_at=now,
            updated_at=now,
        )
        async with self.begin() as unit:
            await unit.admins.add(admin)
            meta = {"role": role.value}
            await unit.audit.put(actor=by, action="admin.created", entity="admin", entity_id=admin.id, meta=meta)
        return admin_view(admin)
