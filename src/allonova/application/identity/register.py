"""Open an account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from allonova.application.identity.accounts import find_by
from allonova.application.identity.offers import PasswordOffer, require_sound
from allonova.application.identity.ports import IdentityUnit, PasswordHasher
from allonova.application.identity.send_link import LinkDesk
from allonova.application.identity.send_otp import OtpDesk
from allonova.application.identity.views import Registered, VerificationSent
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.identity.events import EmailRegistrationRepeated, RegistrationRepeated
from allonova.domain.identity.link import LINK_TTL, LinkPurpose, LinkToken
from allonova.domain.identity.otp import OTP_TTL, Otp, TooManyCodes
from allonova.domain.identity.referral_code import referral_code_of
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AlreadyExists, DomainError, ValidationError
from allonova.domain.kernel.machine import Party
from allonova.domain.money.referral import Referral, refusal_of

LIVES = {Channel.SMS: OTP_TTL, Channel.EMAIL: LINK_TTL[LinkPurpose.EMAIL_VERIFY]}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What somebody says who registers; `language` is fr or en, `referral_code` that of whoever brought him."""

    contact: Contact
    password: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    language: str = "en"
    referral_code: str | None = None


@wired
class Register:
    """Open an account with a phone or an e-mail, which a code or link must confirm before the first login.

    The answer and the work are the same where an account exists; its owner gets a message that says so. A password
    counts once the code or link of this very registration comes back, and not if another one was under way: whoever
    registers somebody else's phone or e-mail must not know the password that the owner ends up with. Nor does he say
    for good who brought the owner: until the account is proven the last registration does, and a code that is nobody's
    says nothing.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    ids: Ids
    codes: OtpDesk
    links: LinkDesk
    hasher: PasswordHasher

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError, TooManyCodes)

    async def __call__(self, *, account: NewAccount) -> Registered:
        """Raises ValidationError for a password that is tried first."""
        offer = None if account.password is None else await self._offer(account.contact, account.password)
        try:
            wait_s = await self._open(account, offer)
        except AlreadyExists:  # the same phone or e-mail registered at the same moment: now it is known
            wait_s = await self._open(account, offer)
        if wait_s is not None:
            raise TooManyCodes(retry_after_s=wait_s)
        channel = account.contact.channel
        sent = VerificationSent(channel=channel, expires_in=int(LIVES[channel].total_seconds()))
        return Registered(verification=sent)

    async def _offer(self, contact: Contact, password: str) -> PasswordOffer:
        require_sound(self.hasher, password, path="password")
        async with self.begin() as unit:
            standing = await _standing(unit, contact)
        before = None if standing is None else standing.password_hash
        is_same = await self.hasher.verify(password, before)
        return PasswordOffer(await self.hasher.hash(password), before if is_same else None)

    async def _open(self, account: NewAccount, offer: PasswordOffer | None) -> int | None:
        contact = account.contact
        async with self.begin() as unit:
            if contact.channel is Channel.EMAIL:
                wait_s = await self.links.issue(unit, contact, LinkPurpose.EMAIL_VERIFY, offer=offer)
            else:
                wait_s = await self.codes.issue(unit, contact.value, offer=offer)
            if wait_s is not None:
                return wait_s
            known = await find_by(unit, contact)
            if known is None:
                await self._introduce(unit, await self._add(unit, account), account.referral_code)
            elif not known.is_reachable:
                await self._introduce(unit, known, account.referral_code)
            elif known.is_proven(contact.channel):
                is_mail = contact.channel is Channel.EMAIL
                await unit.outbox.put((EmailRegistrationRepeated if is_mail else RegistrationRepeated)(known.id))
        return None

    async def _introduce(self, unit: IdentityUnit, referee: User, code: str | None) -> None:
        now = self.clock.now()
        referrer = None if code is None else await unit.users.find(referral_code=code)
        if referrer is None or refusal_of(referrer, referee, now) is not None:
            await unit.referrals.withdraw(referee.id)
            return
        referral = Referral(
            id=self.ids.new(), referrer_id=referrer.id, referee_id=referee.id, created_at=now, updated_at=now
        )
        await unit.referrals.introduce(referral)

    async def _add(self, unit: IdentityUnit, account: NewAccount) -> User:
        now, is_mail = self.clock.now(), account.contact.channel is Channel.EMAIL
        user = User(
            id=self.ids.new(),
            phone=None if is_mail else account.contact.value,
            email=account.contact.value if is_mail else None,
            first_name=account.first_name,
            last_name=account.last_name,
            language=account.language,
            referral_code=referral_code_of(self.ids.new()),
            created_at=now,
            updated_at=now,
        )
        await unit.users.add(user)
        actor = Actor(Party.OWNER, user.id)
        await unit.audit.put(actor=actor, action="user.registered", entity="user", entity_id=user.id)
        return user


async def _standing(unit: IdentityUnit, contact: Contact) -> Otp | LinkToken | None:
    """The last code or link that could prove this phone or e-mail."""
    if contact.channel is Channel.EMAIL:
        return await unit.links.newest(contact.key, LinkPurpose.EMAIL_VERIFY)
    return await unit.otps.newest(contact.key)
