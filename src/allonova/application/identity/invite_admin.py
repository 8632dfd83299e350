"""Give somebody of the back office a link that sets his password."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.codes import link_token
from allonova.application.identity.named_admin import named_admin
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.send_link import LinkDesk
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.identity.admin_user import AdminUser
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.identity.events import AdminInvited
from allonova.domain.identity.link import LinkPurpose
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound


def password_url(web_url: str, token: str) -> str:
    """Where the link leads; its secret is in the fragment, which no server sees."""
    return f"{web_url}/admin-password#token={token}"


@wired
class InviteAdmin:
    """A link that works once, in the place of the one before."""

    begin: Begin[IdentityUnit]
    links: LinkDesk
    web_url: str

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, by: Actor, who: UUID | str, mailed: bool) -> str:
        """Where it leads; `mailed` sends it as well. Raises NotFound, also for an account that is closed."""
        async with self.begin() as unit:
            admin = await named_admin(unit, who)
            if not admin.is_active:
                raise NotFound
            link_id = await self.make(unit, admin, by=by, mailed=mailed)
        return password_url(self.web_url, link_token(self.links.secrets, link_id))

    async def make(self, unit: IdentityUnit, admin: AdminUser, *, by: Actor, mailed: bool) -> UUID:
        """The id of the link."""
        contact = Contact(Channel.EMAIL, admin.email)
        link = await self.links.make(unit, contact, LinkPurpose.ADMIN_PASSWORD, user_id=admin.id)
        if mailed:
            await unit.outbox.put(AdminInvited(link.id))
        await unit.audit.put(actor=by, action="admin.invited", entity="admin", entity_id=admin.id)
        return link.id
