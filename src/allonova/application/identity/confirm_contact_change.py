"""Take a new phone or e-mail by the code that came to it."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.accounts import find_by, own_account
from allonova.application.identity.codes import code_matches
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.send_otp import CHANGES, seconds_until
from allonova.application.identity.views import UserView, user_view
from allonova.application.kernel.ports import Begin, Clock, Ids, Sealer, Secrets
from allonova.application.kernel.wired import wired
from allonova.application.notifications.suppressions import lift_proven
from allonova.domain.identity.contact import ChangeKind, Channel, Contact, ContactChange
from allonova.domain.identity.events import ContactChanged
from allonova.domain.identity.otp import OTP_TRIES, OTP_WINDOW, TooManyCodes, WrongCode
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AlreadyExists, AuthRequired, DomainError
from allonova.domain.kernel.machine import Party

KINDS = {Channel.SMS: ChangeKind.PHONE, Channel.EMAIL: ChangeKind.EMAIL}


@wired
class ConfirmContactChange:
    """Exchange the code for the change; the owner is told where he was reached before.

    A phone or e-mail that another account only claims goes to the caller, who has proven it; one that another account
    has verified stays there, and the code counts as wrong. The try is counted before the code is looked at, and the
    count commits whatever the outcome.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    ids: Ids
    secrets: Secrets
    sealer: Sealer

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired, WrongCode, TooManyCodes)

    async def __call__(self, *, caller_id: UUID, channel: Channel, code: str) -> UserView:
        """`code` of six digits."""
        now = self.clock.now()
        tries = f"otp-try:{CHANGES[channel]}:{caller_id}"
        try:
            async with self.begin() as unit:
                user = await own_account(unit, caller_id)
                wait_until = await unit.attempts.take(tries, limit=OTP_TRIES, window=OTP_WINDOW, now=now)
                contact = None if wait_until else await self._confirmed(unit, user, channel, code)
                if contact is not None and await self._is_free(unit, user, contact):
                    await unit.attempts.clear(tries)
                    await self._change(unit, user, contact)
                    return user_view(user)
        except AlreadyExists as error:  # somebody else verified it at the same moment
            raise WrongCode from error
        if wait_until is not None:
            raise TooManyCodes(retry_after_s=seconds_until(wait_until, now))
        raise WrongCode

    async def _confirmed(self, unit: IdentityUnit, user: User, channel: Channel, code: str) -> Contact | None:
        """The phone or e-mail that the code was sent to, if it is right; it is used up then."""
        now = self.clock.now()
        otp = await unit.otps.newest_of(user.id, CHANGES[channel])
        if otp is None or not otp.is_live(now) or not code_matches(self.secrets, otp.id, code, otp.code_hash):
            return None
        otp.consume(now)
        await unit.otps.save(otp)
        return Contact(channel, otp.target)

    async def _is_free(self, unit: IdentityUnit, user: User, contact: Contact) -> bool:
        other = await find_by(unit, contact, lock=True)
        if other is None or other.id == user.id:
            return True
        if other.is_proven(contact.channel):
            return False
        other.give_up(contact.channel, self.clock.now())
        await unit.users.save(other)
        return True

    async def _change(self, unit: IdentityUnit, user: User, contact: Contact) -> None:
        now, id, kind = self.clock.now(), self.ids.new(), KINDS[contact.channel]
        await lift_proven(unit, self.secrets, contact)
        old = user.proven(contact.channel)
        if old == contact.value:
            return
        sealed = None if old is None else self.sealer.seal(old, context=f"contact_changes.old_value:{id}")
        user.take(contact, now)
        await unit.users.save(user)
        await unit.contact_changes.add(
            ContactChange(id=id, user_id=user.id, kind=kind, old_value=sealed, created_at=now)
        )
        await unit.outbox.put(ContactChanged(id))
        actor = Actor(Party.OWNER, user.id)
        await unit.audit.put(actor=actor, action=f"user.{kind}_changed", entity="user", entity_id=user.id)
