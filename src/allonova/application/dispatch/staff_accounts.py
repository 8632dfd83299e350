"""What every login, password and end of an account of staff does besides."""

from __future__ import annotations

from uuid import UUID

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.staff_views import StaffTokens, staff_tokens
from allonova.application.dispatch.trail import Trail
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.send_link import end_links
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.events import StaffPasswordChanged
from allonova.domain.dispatch.staff import Membre, StaffUser
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.identity.link import LinkPurpose
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AuthRequired

LINKS = (LinkPurpose.STAFF_INVITATION, LinkPurpose.STAFF_EMAIL, LinkPurpose.STAFF_PASSWORD)


@wired
class AccountDesk:
    """Lets people of staff in and out. Whoever it is about is locked by the unit."""

    clock: Clock
    sessions: SessionDesk
    trail: Trail

    async def enter(self, unit: DispatchUnit, user: StaffUser) -> StaffTokens:
        """A new session; the account is saved."""
        user.last_login = self.clock.now()
        await unit.staff.save(user)
        actor = Actor(user.role.party, user.id)
        await unit.audit.put(actor=actor, action="staff.logged_in", entity="staff", entity_id=user.id)
        pair = await self.sessions.open(unit, user.id, Audience.NOVA, role=user.role, tenant=user.societe_id)
        return staff_tokens(pair, user)

    async def set_password(
        self, unit: DispatchUnit, user: StaffUser, password_hash: str, *, keep: UUID | None = None
    ) -> None:
        """Whoever was in by the old one is out but for the session `keep`, links under way work no more, and its owner
        is told unless it is his first. The account is saved.
        """
        is_first = user.password_hash is None
        user.set_password(password_hash, self.clock.now())
        await unit.staff.save(user)
        await self.shut(unit, user, reason="password_changed", keep=keep)
        by = Membre(user.id, user.societe_id, user.role)
        await self.trail.record(unit, by, user.societe_id, "user.mot_de_passe_change", "user", after=user)
        if not is_first:
            await unit.outbox.put(StaffPasswordChanged(user.societe_id, user.id))

    async def shut(
        self, unit: DispatchUnit, user: StaffUser, *, reason: str, email: str | None = None, keep: UUID | None = None
    ) -> None:
        """End his sessions, and the links that were sent to his address (`email`, where that was another one)."""
        await end_links(unit, [Contact(Channel.EMAIL, email or user.email)], LINKS, self.clock.now())
        await self.sessions.end_all(unit, user.id, reason=reason, keep=keep)


async def own_account(unit: DispatchUnit, by: Membre) -> StaffUser:
    """The caller's account, locked. Raises AuthRequired when it is closed: his token outlived it."""
    user = await unit.staff.find(id=by.id, lock=True)
    if user is None or not user.active:
        raise AuthRequired
    return user
