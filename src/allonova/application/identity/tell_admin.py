"""Messages to the back office's people."""

from __future__ import annotations

from allonova.application.identity.codes import sent_token
from allonova.application.identity.invite_admin import password_url
from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin, Clock, Secrets
from allonova.application.kernel.wired import wired
from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.templates import Template
from allonova.domain.identity.events import AdminInvited


@wired
class MailInvitation:
    """Hears AdminInvited: mails the link, if it still works."""

    begin: Begin[IdentityUnit]
    clock: Clock
    secrets: Secrets
    messenger: Messenger
    web_url: str

    async def __call__(self, event: AdminInvited) -> None:
        """The token is derived here; nothing on the way ever held it."""
        async with self.begin() as unit:
            link = await unit.links.get(event.link_id)
            admin = await unit.admins.find(id=link.user_id)
        token = sent_token(self.secrets, link.id, link.token_hash)
        if admin is None or not admin.is_active or token is None or not link.is_live(self.clock.now()):
            return
        await self.messenger.mail(
            to=admin.email,
            language=admin.language,
            template=Template.ADMIN_INVITED,
            url=password_url(self.web_url, token),
            token=token,
        )
