"""Accounts of the back office by what they are called."""

from __future__ import annotations

from uuid import UUID

from allonova.application.identity.ports import IdentityUnit
from allonova.domain.identity.admin_user import AdminUser
from allonova.domain.kernel.errors import NotFound


async def named_admin(unit: IdentityUnit, who: UUID | str, *, lock: bool = True) -> AdminUser:
    """By id, or by e-mail as the command line says it. Raises NotFound."""
    named = {"email": who} if isinstance(who, str) else {"id": who}
    admin = await unit.admins.find(lock=lock, **named)
    if admin is None:
        raise NotFound
    return admin
