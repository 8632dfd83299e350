"""Invitations to staff: a mail with a link that sets the first password."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.identity.send_link import LinkDesk
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.events import StaffInvited
from allonova.domain.dispatch.staff import StaffUser
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.identity.link import LinkPurpose

PURPOSE = LinkPurpose.STAFF_INVITATION


@wired
class InvitationDesk:
    """Invites. With `holds`, nobody is written to before one of the company's admins has shown that he reads what is
    sent to his own address (docs/decisions/0038).
    """

    clock: Clock
    links: LinkDesk
    holds: bool

    async def invite(self, unit: DispatchUnit, *users: StaffUser) -> None:
        """Have each sent a link, in the place of the one before; where that must wait, `confirm` does it."""
        if users and await self._may_write(unit):
            await self._send(unit, users)

    async def invite_again(self, unit: DispatchUnit, user: StaffUser) -> int | None:
        """The same, at most three times in ten minutes: None, or the seconds to wait; the unit must commit."""
        if not await self._may_write(unit):
            return None
        event = partial(StaffInvited, user.societe_id)
        return await self.links.issue(unit, _contact(user), PURPOSE, user_id=user.id, event=event)

    async def confirm(self, unit: DispatchUnit, user: StaffUser) -> None:
        """Somebody came by a mail of ours; the first admin who does lets all go who waited. `user` is locked, and is
        for the caller to save.
        """
        waited = self.holds and user.is_admin and not await self._may_write(unit)
        user.confirm(self.clock.now())
        if not waited:
            return
        colleagues = [*await unit.staff.active_admins(), *await unit.staff.drivers()]
        await self._send(unit, [each for each in colleagues if each.password_hash is None and each.id != user.id])

    async def _send(self, unit: DispatchUnit, users: Sequence[StaffUser]) -> None:
        links = await self.links.make_all(unit, [(_contact(user), user.id) for user in users], PURPOSE)
        for user, link in zip(users, links, strict=True):
            await unit.outbox.put(StaffInvited(user.societe_id, link.id))

    async def _may_write(self, unit: DispatchUnit) -> bool:
        if not self.holds:
            return True
        return any(admin.email_confirmed_at is not None for admin in await unit.staff.active_admins())


def _contact(user: StaffUser) -> Contact:
    return Contact(Channel.EMAIL, user.email)
