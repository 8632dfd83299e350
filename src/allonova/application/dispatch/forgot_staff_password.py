"""Ask for a link that sets a new password of NOVA."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from allonova.application.dispatch.staff_door import NOWHERE, StaffDoor
from allonova.application.dispatch.staff_views import StaffLinkSent
from allonova.application.identity.send_link import LinkDesk
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.events import StaffPasswordAsked
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.identity.link import LINK_TTL, LinkPurpose
from allonova.domain.kernel.errors import DomainError

PURPOSE = LinkPurpose.STAFF_PASSWORD


@wired
class ForgotStaffPassword:
    """Send a link. Nothing is said of whether an account has the address, nor of a fourth link in ten minutes, which is
    not sent.
    """

    door: StaffDoor
    links: LinkDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, *, email: str) -> StaffLinkSent:
        """The same work for everybody."""
        async with self.door.at_email(email) as unit:
            user = await unit.staff.find(email=email)
            societe_id = NOWHERE if user is None else user.societe_id
            await self.links.issue(
                unit,
                Contact(Channel.EMAIL, email),
                PURPOSE,
                user_id=None if user is None else user.id,
                event=partial(StaffPasswordAsked, societe_id),
            )
        return StaffLinkSent(expires_in=int(LINK_TTL[PURPOSE].total_seconds()))
