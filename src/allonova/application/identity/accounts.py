"""Accounts by what their owners say of themselves."""

from __future__ import annotations

from uuid import UUID

from allonova.application.identity.ports import IdentityUnit
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import AuthRequired


async def find_by(unit: IdentityUnit, contact: Contact, *, lock: bool = False) -> User | None:
    """Whoever has the phone or e-mail, verified or not."""
    if contact.channel is Channel.EMAIL:
        return await unit.users.find(email=contact.value, lock=lock)
    return await unit.users.find(phone=contact.value, lock=lock)


async def own_account(unit: IdentityUnit, caller_id: UUID) -> User:
    """The caller's account, locked. Raises AuthRequired when it is closed: his token outlived it."""
    user = await unit.users.find(id=caller_id, lock=True)
    if user is None or not user.is_active:
        raise AuthRequired
    return user
