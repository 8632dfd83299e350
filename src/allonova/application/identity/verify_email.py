"""Log in with the link that came by mail."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.identity.accounts import find_by
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.send_link import LinkDesk
from allonova.application.identity.views import Tokens, tokens_view
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.application.notifications.suppressions import lift_proven
from allonova.domain.identity.contact import Channel, contact_of
from allonova.domain.identity.link import DeadLink, LinkPurpose
from allonova.domain.identity.session import Audience
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.machine import Party


@wired
class VerifyEmail:
    """Exchange the token of the link for tokens; the e-mail is verified, and the password that was registered with
    the link counts from then on. A link that opens nothing is used up all the same.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    links: LinkDesk
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (DeadLink,)

    async def __call__(self, *, token: str) -> Tokens:
        """Raises DeadLink."""
        async with self.begin() as unit:
            user = await self._owner(unit, token)
            if user is not None:
                actor = Actor(Party.OWNER, user.id)
                await unit.audit.put(actor=actor, action="user.logged_in", entity="user", entity_id=user.id)
                return tokens_view(await self.sessions.open(unit, user.id, Audience.ALLOCAR), user)
        raise DeadLink

    async def _owner(self, unit: IdentityUnit, token: str) -> User | None:
        link = await self.links.redeem(unit, token, LinkPurpose.EMAIL_VERIFY)
        user = None if link is None else await find_by(unit, contact_of(link.target), lock=True)
        if link is None or user is None or not user.is_active:
            return None
        if not user.is_email_verified or user.needs_code:
            user.prove(Channel.EMAIL, self.clock.now(), password_hash=link.password_hash)
            await unit.users.save(user)
        await lift_proven(unit, self.links.secrets, contact_of(link.target))
        return user
