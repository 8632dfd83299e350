"""Ask for a link that sets a new password."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.send_link import LinkDesk
from allonova.application.identity.views import LinkSent
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.identity.contact import Contact
from allonova.domain.identity.link import LINK_TTL, LinkPurpose
from allonova.domain.kernel.errors import DomainError


@wired
class ForgotPassword:
    """Send a link to the phone or e-mail. Nothing is said of whether an account has it, nor of a fourth link in ten
    minutes, which is not sent.
    """

    begin: Begin[IdentityUnit]
    links: LinkDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, *, contact: Contact) -> LinkSent:
        """The same work for everybody."""
        async with self.begin() as unit:
            await self.links.issue(unit, contact, LinkPurpose.PASSWORD_RESET)
        return LinkSent(expires_in=int(LINK_TTL[LinkPurpose.PASSWORD_RESET].total_seconds()))
