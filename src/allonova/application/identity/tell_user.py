"""Messages about accounts."""

from __future__ import annotations

from allonova.application.identity.accounts import find_by
from allonova.application.identity.codes import sent_code, sent_token, target_of
from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin, Clock, Sealer, Secrets
from allonova.application.kernel.wired import wired
from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.templates import Template
from allonova.domain.identity.contact import ChangeKind, Channel, Contact, ContactChange, contact_of
from allonova.domain.identity.events import (
    ContactChanged,
    EmailRegistrationRepeated,
    LinkRequested,
    OtpRequested,
    RegistrationRepeated,
)
from allonova.domain.identity.link import LinkPurpose
from allonova.domain.identity.otp import PAYOUT_PURPOSES, OtpPurpose
from allonova.domain.identity.user import User


@wired
class SendCode:
    """Hears OtpRequested: sends the code, if it has somebody to go to and still works.

    A login code goes to whose phone it is. A code for a change goes to the new phone or e-mail, unless another account
    has verified that: its owner is told that somebody tried. A code for a payout account says what it is for, as it
    may go to anybody's phone.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    secrets: Secrets
    sealer: Sealer
    messenger: Messenger

    async def __call__(self, event: OtpRequested) -> None:
        """The code is derived here; nothing on the way ever held it."""
        async with self.begin() as unit:
            otp = await unit.otps.get(event.otp_id)
            contact = contact_of(target_of(self.sealer, otp))
            holder = await find_by(unit, contact)
            asker = holder if otp.user_id is None else await unit.users.get(otp.user_id)
        code = sent_code(self.secrets, otp.id, otp.code_hash)
        if asker is None or not asker.is_active or code is None or not otp.is_live(self.clock.now()):
            return
        if otp.purpose in PAYOUT_PURPOSES:
            await tell(self.messenger, asker, contact, Template.PAYOUT_CODE, code=code)
            return
        is_change = otp.purpose is not OtpPurpose.LOGIN
        if is_change and holder is not None and holder.id != asker.id and holder.is_proven(contact.channel):
            await tell(self.messenger, holder, contact, Template.REGISTRATION_REPEATED)
            return
        await tell(self.messenger, asker, contact, Template.OTP, code=code)


async def tell(
    messenger: Messenger, user: User, contact: Contact, template: Template, *, code: str | None = None
) -> None:
    """A message in the user's language to a phone or e-mail."""
    if contact.channel is Channel.EMAIL:
        await messenger.mail(to=contact.value, language=user.language, template=template, code=code)
    else:
        facts = {} if code is None else {"code": code}
        await messenger.text(to=contact.value, language=user.language, template=template, **facts)


@wired
class SendLink:
    """Hears LinkRequested: sends the link, if some account has the phone or e-mail and the link still works."""

    begin: Begin[IdentityUnit]
    clock: Clock
    secrets: Secrets
    messenger: Messenger
    web_url: str

    async def __call__(self, event: LinkRequested) -> None:
        """The token is derived here, and stands in the URL's fragment, which browsers keep to themselves."""
        async with self.begin() as unit:
            link = await unit.links.get(event.link_id)
            contact = contact_of(link.target)
            user = await find_by(unit, contact)
        if user is None or not user.is_active or not link.is_live(self.clock.now()):
            return
        token = sent_token(self.secrets, link.id, link.token_hash)
        if token is None:
            return
        if link.purpose is LinkPurpose.PASSWORD_RESET:
            await self._send(user, contact.channel, Template.PASSWORD_RESET, f"{self.web_url}/reset-password", token)
        elif not user.is_email_verified:
            await self._send(user, contact.channel, Template.EMAIL_VERIFY, f"{self.web_url}/verify-email", token)

    async def _send(self, user: User, channel: Channel, template: Template, page: str, token: str) -> None:
        url = f"{page}#token={token}"
        if channel is Channel.EMAIL:
            await self.messenger.mail(
                to=user.email or "", language=user.language, template=template, url=url, token=token
            )
        else:
            await self.messenger.text(to=user.phone or "", language=user.language, template=template, url=url)


@wired
class TellOwner:
    """Hears RegistrationRepeated."""

    begin: Begin[IdentityUnit]
    messenger: Messenger

    async def __call__(self, event: RegistrationRepeated) -> None:
        """Tell whoever has the phone that somebody registered it again."""
        async with self.begin() as unit:
            user = await unit.users.get(event.user_id)
        if user.phone is not None:
            await self.messenger.text(to=user.phone, language=user.language, template=Template.REGISTRATION_REPEATED)


@wired
class MailOwner:
    """Hears EmailRegistrationRepeated."""

    begin: Begin[IdentityUnit]
    messenger: Messenger

    async def __call__(self, event: EmailRegistrationRepeated) -> None:
        """Tell whoever has the e-mail that somebody registered it again."""
        async with self.begin() as unit:
            user = await unit.users.get(event.user_id)
        if user.email is not None:
            await self.messenger.mail(to=user.email, language=user.language, template=Template.REGISTRATION_REPEATED)


WARNINGS = {
    ChangeKind.PHONE: Template.CONTACT_CHANGED,
    ChangeKind.EMAIL: Template.CONTACT_CHANGED,
    ChangeKind.PASSWORD: Template.PASSWORD_CHANGED,
    ChangeKind.PAYOUT_ACCOUNT: Template.PAYOUT_ACCOUNT_CHANGED,
    ChangeKind.SOCIAL: Template.SOCIAL_CHANGED,
}
WITHOUT_ADDRESS = frozenset({ChangeKind.PASSWORD, ChangeKind.PAYOUT_ACCOUNT, ChangeKind.SOCIAL})
"""Changes after which the owner is reached as before."""


@wired
class TellChange:
    """Hears ContactChanged, once for each channel: tells the owner at the phone or e-mail that was replaced, and at
    the verified one of the other kind. Preferences do not matter: it is a warning.
    """

    begin: Begin[IdentityUnit]
    sealer: Sealer
    messenger: Messenger
    channel: Channel

    async def __call__(self, event: ContactChanged) -> None:
        """Nobody is told who had nothing verified on this channel."""
        async with self.begin() as unit:
            change = await unit.contact_changes.get(event.change_id)
            user = await unit.users.get(change.user_id)
        to = self._address(user, change)
        if to is not None:
            await tell(self.messenger, user, Contact(self.channel, to), WARNINGS[change.kind])

    def _address(self, user: User, change: ContactChange) -> str | None:
        replaced = Channel.EMAIL if change.kind is ChangeKind.EMAIL else Channel.SMS
        if change.kind in WITHOUT_ADDRESS or self.channel is not replaced:
            return user.proven(self.channel)
        if change.old_value is None:
            return None
        return self.sealer.open(change.old_value, context=f"contact_changes.old_value:{change.id}")
