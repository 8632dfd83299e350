"""Ask for a code at a new phone or e-mail."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.accounts import own_account
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.send_otp import OtpDesk
from allonova.application.identity.views import CodeSent
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.identity.contact import Contact
from allonova.domain.identity.otp import OTP_TTL, TooManyCodes
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AuthRequired, DomainError
from allonova.domain.kernel.machine import Party


@wired
class AskContactChange:
    """Send a code to the phone or e-mail that the caller wants to have. Nothing changes before it comes back.

    Where somebody else has verified it, that one is told instead; the answer and the work are the same.
    """

    begin: Begin[IdentityUnit]
    codes: OtpDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired, TooManyCodes)

    async def __call__(self, *, caller_id: UUID, contact: Contact) -> CodeSent:
        """Raises TooManyCodes after three codes in ten minutes, of the caller's or to that phone or e-mail."""
        async with self.begin() as unit:
            user = await own_account(unit, caller_id)
            wait_s = await self.codes.issue_for(unit, user.id, contact)
            if wait_s is None:
                actor, meta = Actor(Party.OWNER, user.id), {"channel": contact.channel.value}
                await unit.audit.put(
                    actor=actor, action="user.contact_change_asked", entity="user", entity_id=user.id, meta=meta
                )
        if wait_s is not None:
            raise TooManyCodes(retry_after_s=wait_s)
        return CodeSent(expires_in=int(OTP_TTL.total_seconds()), retry_after=0)
