"""Log in with a code."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.identity.codes import code_matches, counter
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.send_otp import seconds_until
from allonova.application.identity.views import Tokens, tokens_view
from allonova.application.kernel.ports import Begin, Clock, Secrets
from allonova.application.kernel.wired import wired
from allonova.application.notifications.suppressions import lift_proven
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.identity.otp import OTP_TRIES, OTP_WINDOW, TooManyCodes, WrongCode
from allonova.domain.identity.session import Audience
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.machine import Party


@wired
class VerifyOtp:
    """Exchange the code that came by SMS for tokens; the first time it also verifies the phone, and
    the password that was registered with it counts from then on.

    The try is counted before the code is looked at, and the count commits whatever the outcome.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    secrets: Secrets
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (WrongCode, TooManyCodes)

    async def __call__(self, *, phone: str, code: str) -> Tokens:
        """`phone` in E.164, `code` of six digits."""
        now = self.clock.now()
        tries = counter(self.secrets, "otp-try", phone)
        async with self.begin() as unit:
            wait_until = await unit.attempts.take(tries, limit=OTP_TRIES, window=OTP_WINDOW, now=now)
            user = None if wait_until else await self._owner(unit, phone, code)
            if user is not None:
                await unit.attempts.clear(tries)
                return await self._log_in(unit, user)
        if wait_until is not None:
            raise TooManyCodes(retry_after_s=seconds_until(wait_until, now))
        raise WrongCode

    async def _owner(self, unit: IdentityUnit, phone: str, code: str) -> User | None:
        """Whose phone it is, when the code is right; it is used up then."""
        now = self.clock.now()
        otp = await unit.otps.newest(phone)
        if otp is None or not otp.is_live(now) or not code_matches(self.secrets, otp.id, code, otp.code_hash):
            return None
        offered = otp.password_hash
        otp.consume(now)
        await unit.otps.save(otp)
        user = await unit.users.find(phone=phone, lock=True)
        if user is None or not user.is_active:
            return None
        if not user.is_phone_verified or user.needs_code:
            user.prove(Channel.SMS, now, password_hash=offered)
            await unit.users.save(user)
        await lift_proven(unit, self.secrets, Contact(Channel.SMS, phone))
        return user

    async def _log_in(self, unit: IdentityUnit, user: User) -> Tokens:
        actor = Actor(Party.OWNER, user.id)
        await unit.audit.put(actor=actor, action="user.logged_in", entity="user", entity_id=user.id)
        return tokens_view(await self.sessions.open(unit, user.id, Audience.ALLOCAR), user)
