"""Name where one's money shall go."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.accounts import own_account
from allonova.application.identity.send_otp import OtpDesk
from allonova.application.identity.views import CodeSent
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.money.payout_account import PayoutAccountChange, PayoutAccountDesk, facts_within
from allonova.application.money.ports import PayoutGateways
from allonova.application.money.wallet_queries import OwnerUnit
from allonova.domain.identity.otp import OTP_TTL, OtpPurpose, TooManyCodes
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AuthRequired, DomainError
from allonova.domain.kernel.machine import Party
from allonova.domain.money.payment import MethodUnavailable
from allonova.domain.money.payout import PayoutMethod

PURPOSES = {PayoutMethod.WAVE: OtpPurpose.PAYOUT_WAVE, PayoutMethod.MTN: OtpPurpose.PAYOUT_MTN}


@wired
class ChangePayoutAccount:
    """At once for one's own verified phone and for the number that one's money goes to already; to any other number a
    code is sent, and nothing changes before it comes back.
    """

    begin: Begin[OwnerUnit]
    desk: PayoutAccountDesk
    codes: OtpDesk
    gateways: PayoutGateways

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired, MethodUnavailable, TooManyCodes)

    async def __call__(self, *, caller_id: UUID, method: PayoutMethod, phone: str) -> PayoutAccountChange:
        """`phone` in E.164. Raises TooManyCodes after three codes in ten minutes, of the caller's or to that number."""
        if method not in self.gateways:
            raise MethodUnavailable(method)
        wait_s: int | None = None
        code = None
        async with self.begin() as unit:
            user = await own_account(unit, caller_id)
            if await self._is_confirmed(unit, user, phone):
                await self.desk.change(unit, user, method, phone)
            else:
                wait_s = await self._ask(unit, user, method, phone)
                code = CodeSent(expires_in=int(OTP_TTL.total_seconds()), retry_after=0)
            account = self.desk.view(await facts_within(unit, user))
        if wait_s is not None:
            raise TooManyCodes(retry_after_s=wait_s)
        return PayoutAccountChange(account=account, code=code)

    async def _is_confirmed(self, unit: OwnerUnit, user: User, phone: str) -> bool:
        if user.is_phone_verified and user.phone == phone:
            return True
        standing = await unit.payout_accounts.of(user.id)
        return standing is not None and self.desk.number_of(standing) == phone

    async def _ask(self, unit: OwnerUnit, user: User, method: PayoutMethod, phone: str) -> int | None:
        wait_s = await self.codes.issue_to(unit, user.id, phone, PURPOSES[method])
        if wait_s is None:
            actor, meta = Actor(Party.OWNER, user.id), {"method": method.value}
            await unit.audit.put(
                actor=actor, action="user.payout_account_asked", entity="user", entity_id=user.id, meta=meta
            )
        return wait_s
