"""Take a new payout account by the code that came to it."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.accounts import own_account
from allonova.application.identity.codes import code_matches, target_of
from allonova.application.identity.send_otp import seconds_until
from allonova.application.kernel.ports import Begin, Secrets
from allonova.application.kernel.wired import wired
from allonova.application.money.change_payout_account import PURPOSES
from allonova.application.money.payout_account import PayoutAccountDesk, PayoutAccountView, facts_within
from allonova.application.money.wallet_queries import OwnerUnit
from allonova.domain.identity.otp import OTP_TRIES, OTP_WINDOW, Otp, TooManyCodes, WrongCode
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import AuthRequired, DomainError
from allonova.domain.money.payout import PayoutMethod


@wired
class ConfirmPayoutAccount:
    """Exchange the last code for the change. The try is counted before the code is looked at, and the count commits
    whatever the outcome.
    """

    begin: Begin[OwnerUnit]
    desk: PayoutAccountDesk
    secrets: Secrets

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired, WrongCode, TooManyCodes)

    async def __call__(self, *, caller_id: UUID, code: str) -> PayoutAccountView:
        """`code` of six digits."""
        now = self.desk.clock.now()
        tries = f"otp-try:payout:{caller_id}"
        async with self.begin() as unit:
            user = await own_account(unit, caller_id)
            wait_until = await unit.attempts.take(tries, limit=OTP_TRIES, window=OTP_WINDOW, now=now)
            asked = None if wait_until else await self._asked(unit, user, code)
            if asked is not None:
                method, phone = asked
                await unit.attempts.clear(tries)
                await self.desk.change(unit, user, method, phone)
                view = self.desk.view(await facts_within(unit, user))
                if view is not None:
                    return view
        if wait_until is not None:
            raise TooManyCodes(retry_after_s=seconds_until(wait_until, now))
        raise WrongCode

    async def _asked(self, unit: OwnerUnit, user: User, code: str) -> tuple[PayoutMethod, str] | None:
        """The way and the number that the code was sent for, if it is right; it is used up then."""
        now, found = self.desk.clock.now(), await _newest(unit, user.id)
        if found is None:
            return None
        method, otp = found
        if not otp.is_live(now) or not code_matches(self.secrets, otp.id, code, otp.code_hash):
            return None
        otp.consume(now)
        await unit.otps.save(otp)
        return method, target_of(self.desk.sealer, otp)


async def _newest(unit: OwnerUnit, user_id: UUID) -> tuple[PayoutMethod, Otp] | None:
    """The last code alone works, whichever way it was for."""
    sent = [(method, await unit.otps.newest_of(user_id, purpose)) for method, purpose in PURPOSES.items()]
    there = [(method, otp) for method, otp in sent if otp is not None]
    return max(there, key=lambda one: (one[1].created_at, one[1].id), default=None)
