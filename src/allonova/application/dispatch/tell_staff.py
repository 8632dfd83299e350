"""Mails to companies' staff about their accounts."""

from __future__ import annotations

from collections.abc import Mapping

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.identity.codes import sent_token
from allonova.application.kernel.ports import BeginFor, Clock, Secrets
from allonova.application.kernel.wired import wired
from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.templates import Template
from allonova.domain.dispatch.events import SocieteFounded, StaffInvited, StaffPasswordAsked, StaffPasswordChanged
from allonova.domain.identity.link import LinkPurpose

LANGUAGE = "fr"  # NOVA's; its accounts have none of their own

LETTERS: Mapping[LinkPurpose, tuple[Template, str]] = {
    LinkPurpose.STAFF_INVITATION: (Template.STAFF_INVITED, "nova/invitation"),
    LinkPurpose.STAFF_EMAIL: (Template.STAFF_EMAIL_CONFIRM, "nova/email"),
    LinkPurpose.STAFF_PASSWORD: (Template.STAFF_PASSWORD_RESET, "nova/password"),
}
"""What a link is mailed with, and the page that it leads to."""


@wired
class MailStaffLink:
    """Hears StaffInvited, StaffPasswordAsked and SocieteFounded: mails the link, if it still works and its account is
    open.
    """

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    secrets: Secrets
    messenger: Messenger
    web_url: str

    async def __call__(self, event: StaffInvited | StaffPasswordAsked | SocieteFounded) -> None:
        """The token is derived here, and stands in the URL's fragment, which browsers keep to themselves."""
        async with self.begin_for(event.societe_id) as unit:
            link = await unit.links.get(event.link_id)
            user = None if link.user_id is None else await unit.staff.find(id=link.user_id)
            societe = await unit.societes.find(id=event.societe_id)
        if user is None or societe is None or not user.active or not link.is_live(self.clock.now()):
            return
        token = sent_token(self.secrets, link.id, link.token_hash)
        if token is None:
            return
        template, page = LETTERS[link.purpose]
        await self.messenger.mail(
            to=user.email,
            language=LANGUAGE,
            template=template,
            url=f"{self.web_url}/{page}#token={token}",
            token=token,
            societe=societe.nom,
        )


@wired
class WarnOfStaffPassword:
    """Hears StaffPasswordChanged: whoever did not change it must know."""

    begin_for: BeginFor[DispatchUnit]
    messenger: Messenger

    async def __call__(self, event: StaffPasswordChanged) -> None:
        """Nobody is told when the account is closed."""
        async with self.begin_for(event.societe_id) as unit:
            user = await unit.staff.find(id=event.user_id)
        if user is not None and user.active:
            await self.messenger.mail(to=user.email, language=LANGUAGE, template=Template.STAFF_PASSWORD_CHANGED)
