"""Messages about accounts."""

from __future__ import annotations

from dataclasses import dataclass

from allonova.application.identity.codes import six_digits
from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin, Clock, Secrets
from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.templates import Template
from allonova.domain.identity.events import OtpRequested, RegistrationRepeated


@dataclass(frozen=True, slots=True)
class SendCode:
    """Hears OtpRequested: sends the code to the phone, if an account has it and the code still works."""

    begin: Begin[IdentityUnit]
    clock: Clock
    secrets: Secrets
    messenger: Messenger

    async def __call__(self, event: OtpRequested) -> None:
        """The code is derived here; nothing on the way ever held it."""
        async with self.begin() as unit:
            otp = await unit.otps.get(event.otp_id)
            user = await unit.users.find(phone=otp.phone)
        if user is None or not user.is_active or not otp.is_live(self.clock.now()):
            return
        code = six_digits(self.secrets, otp.id)
        await self.messenger.text(to=otp.phone, language=user.language, template=Template.OTP, code=code)


@dataclass(frozen=True, slots=True)
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
