"""Log in with Google or Apple."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.identity.accounts import find_by
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.social_ports import IdentityProviders, SocialUnit
from allonova.application.identity.views import Tokens, tokens_view
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.identity.contact import ChangeKind, Channel, Contact, ContactChange
from allonova.domain.identity.events import ContactChanged
from allonova.domain.identity.referral_code import referral_code_of
from allonova.domain.identity.session import Audience
from allonova.domain.identity.social import BadIdToken, ProvenPerson, SocialIdentity, SocialProvider
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AlreadyExists, DomainError, NotFound, ProviderUnavailable
from allonova.domain.kernel.machine import Party

TRIES = 3  # each lost race means that somebody else's change is there to be seen


@wired
class LogInByProvider:
    """Exchange a provider's token for ours.

    A subject that is known opens its account. Else an account that has verified the same e-mail as the provider has is
    linked, and its owner told; one that only claims the e-mail loses it, unless it waits for nothing but its proof:
    this is one. Else an account is made. All three look the same to whoever asks.
    """

    begin: Begin[SocialUnit]
    providers: IdentityProviders
    clock: Clock
    ids: Ids
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, BadIdToken, ProviderUnavailable)

    async def __call__(self, *, provider: SocialProvider, id_token: str, nonce: str | None, language: str) -> Tokens:
        """`language` is fr or en, for an account that is made. Raises NotFound for a provider that is switched off."""
        door = self.providers.get(provider)
        if door is None:
            raise NotFound
        person = await door.verify(id_token, nonce=nonce)
        for _ in range(TRIES - 1):
            try:
                return await self._enter(person, language)
            except AlreadyExists:  # the same person at the same moment, or somebody with that e-mail: now it is known
                continue
        return await self._enter(person, language)

    async def _enter(self, person: ProvenPerson, language: str) -> Tokens:
        async with self.begin() as unit:
            user = await self._known(unit, person) or await self._linked(unit, person)
            user = user or await self._registered(unit, person, language)
            await self._note(unit, user, "user.logged_in", person.provider)
            return tokens_view(await self.sessions.open(unit, user.id, Audience.ALLOCAR), user)

    async def _known(self, unit: SocialUnit, person: ProvenPerson) -> User | None:
        """The account that the subject opens. It is locked, and then looked whether it still does."""
        provider, subject = person.provider, person.subject
        identity = await unit.social_identities.find(provider=provider, subject=subject)
        if identity is None:
            return None
        user = await unit.users.get(identity.user_id, lock=True)
        if not _is_open(user):
            raise BadIdToken
        still = await unit.social_identities.find(provider=provider, subject=subject)
        return user if still is not None and still.user_id == user.id else None

    async def _linked(self, unit: SocialUnit, person: ProvenPerson) -> User | None:
        """The account that has the same e-mail and may keep it."""
        if person.email is None:
            return None
        now = self.clock.now()
        user = await find_by(unit, Contact(Channel.EMAIL, person.email), lock=True)
        if user is None:
            return None
        if not _is_open(user):
            raise BadIdToken
        links = await unit.social_identities.of_user(user.id)
        subjects = {one.subject for one in links if one.provider is person.provider}
        if person.subject in subjects:  # the same person came between the look for the subject and this lock
            return user
        if user.is_reachable and not user.is_email_verified:
            user.give_up(Channel.EMAIL, now)
            await unit.users.save(user)
            return None
        if subjects:  # an e-mail that went to somebody else does not take the account along
            raise BadIdToken
        if user.is_email_verified:
            await self._tell(unit, user)
        else:
            user.prove(Channel.EMAIL, now)
            _take_names(user, person)
            await unit.users.save(user)
        await self._add(unit, user, person)
        await self._note(unit, user, "user.social_linked", person.provider)
        return user

    async def _registered(self, unit: SocialUnit, person: ProvenPerson, language: str) -> User:
        now = self.clock.now()
        user = User(
            id=self.ids.new(),
            phone=None,
            email=person.email,
            is_email_verified=person.email is not None,
            language=language,
            referral_code=referral_code_of(self.ids.new()),
            created_at=now,
            updated_at=now,
        )
        _take_names(user, person)
        await unit.users.add(user)
        await self._add(unit, user, person)
        await self._note(unit, user, "user.registered", person.provider)
        return user

    async def _add(self, unit: SocialUnit, user: User, person: ProvenPerson) -> None:
        now = self.clock.now()
        identity = SocialIdentity(
            id=self.ids.new(),
            user_id=user.id,
            provider=person.provider,
            subject=person.subject,
            created_at=now,
            updated_at=now,
        )
        await unit.social_identities.add(identity)

    async def _tell(self, unit: SocialUnit, user: User) -> None:
        """A new way in: its owner hears of it, and for a day no money leaves."""
        change = ContactChange(id=self.ids.new(), user_id=user.id, kind=ChangeKind.SOCIAL, created_at=self.clock.now())
        await unit.contact_changes.add(change)
        await unit.outbox.put(ContactChanged(change.id))

    async def _note(self, unit: SocialUnit, user: User, action: str, provider: SocialProvider) -> None:
        actor = Actor(Party.OWNER, user.id)
        await unit.audit.put(
            actor=actor, action=action, entity="user", entity_id=user.id, meta={"provider": provider.value}
        )


def _take_names(user: User, person: ProvenPerson) -> None:
    user.first_name = person.first_name or user.first_name
    user.last_name = person.last_name or user.last_name


def _is_open(user: User) -> bool:
    """Whether a provider's word is enough: not where the back office asked for a code first, if there is a phone or an
    e-mail that one can be sent to.
    """
    return user.is_active and not (user.needs_code and user.is_reachable)
