"""Passwords are set in one way, whoever sets them."""

from __future__ import annotations

from uuid import UUID

from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.send_link import end_links
from allonova.application.kernel.ports import Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.identity.contact import ChangeKind, Channel, ContactChange, contact_of
from allonova.domain.identity.events import ContactChanged
from allonova.domain.identity.link import LinkPurpose
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.machine import Party


@wired
class PasswordDesk:
    """Sets a password: whoever was in by the old one is out, links under way work no more, the owner is told."""

    clock: Clock
    ids: Ids
    sessions: SessionDesk

    async def set(self, unit: IdentityUnit, user: User, password_hash: str, *, keep: UUID | None = None) -> None:
        """`user` is locked; `keep` is the session that goes on."""
        now = self.clock.now()
        user.set_password(password_hash, now)
        await unit.users.save(user)
        await self._void_links(unit, user)
        await self.sessions.end_all(unit, user.id, reason="password_changed", keep=keep)
        change = ContactChange(id=self.ids.new(), user_id=user.id, kind=ChangeKind.PASSWORD, created_at=now)
        await unit.contact_changes.add(change)
        await unit.outbox.put(ContactChanged(change.id))
        actor = Actor(Party.OWNER, user.id)
        await unit.audit.put(actor=actor, action="user.password_changed", entity="user", entity_id=user.id)

    async def _void_links(self, unit: IdentityUnit, user: User) -> None:
        proven = [contact_of(contact) for channel in Channel if (contact := user.proven(channel))]
        await end_links(unit, proven, [LinkPurpose.PASSWORD_RESET], self.clock.now())
