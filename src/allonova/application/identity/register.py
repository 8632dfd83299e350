"""Open an account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.send_otp import OtpDesk
from allonova.application.identity.views import Registered, VerificationSent
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.domain.identity.events import RegistrationRepeated
from allonova.domain.identity.otp import OTP_TTL, TooManyCodes
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AlreadyExists, DomainError
from allonova.domain.kernel.machine import Party


@dataclass(frozen=True, slots=True)
class Register:
    """Open an account with a phone, which a code must confirm before the first login.

    The answer for a phone that has an account is the same; its owner gets a message that says so.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    ids: Ids
    desk: OtpDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (TooManyCodes,)

    async def __call__(self, *, phone: str, first_name: str | None, last_name: str | None, language: str) -> Registered:
        """`phone` in E.164; `language` fr or en."""
        now = self.clock.now()
        user = User(
            id=self.ids.new(),
            phone=phone,
            first_name=first_name,
            last_name=last_name,
            language=language,
            created_at=now,
            updated_at=now,
        )
        try:
            wait_s = await self._open(user, phone)
        except AlreadyExists:  # the same phone registered at the same moment: now it is known
            wait_s = await self._open(user, phone)
        if wait_s is not None:
            raise TooManyCodes(retry_after_s=wait_s)
        return Registered(verification=VerificationSent(channel="sms", expires_in=int(OTP_TTL.total_seconds())))

    async def _open(self, user: User, phone: str) -> int | None:
        async with self.begin() as unit:
            wait_s = await self.desk.issue(unit, phone)
            if wait_s is not None:
                return wait_s
            known = await unit.users.find(phone=phone)
            if known is None:
                await unit.users.add(user)
                actor = Actor(Party.OWNER, user.id)
                await unit.audit.put(actor=actor, action="user.registered", entity="user", entity_id=user.id)
            elif known.is_phone_verified:
                await unit.outbox.put(RegistrationRepeated(known.id))
        return None
