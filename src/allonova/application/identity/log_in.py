"""Log in with a password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from allonova.application.identity.accounts import find_by
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityUnit, PasswordHasher
from allonova.application.identity.right_password import try_password
from allonova.application.identity.views import Tokens, tokens_view
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.identity.contact import Contact
from allonova.domain.identity.session import Audience
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AuthRequired, DomainError
from allonova.domain.kernel.machine import Party


@dataclass(eq=False)
class WrongPassword(AuthRequired):
    """Identifier or password is wrong, or the account is not open; which of them is not said."""


@wired
class LogIn:
    """Exchange a verified phone or e-mail and the password for tokens.

    One hash is computed whoever it is for: nobody learns from the time whether an account exists.
    """

    begin: Begin[IdentityUnit]
    hasher: PasswordHasher
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (WrongPassword,)

    async def __call__(self, *, contact: Contact, password: str) -> Tokens:
        """Raises WrongPassword."""
        async with self.begin() as unit:
            kept = _usable(await find_by(unit, contact), contact)
        right = await try_password(self.hasher, password, kept)
        if right is None:
            raise WrongPassword
        async with self.begin() as unit:
            user = await find_by(unit, contact, lock=True)
            if user is None or not right.fits(_usable(user, contact)):
                raise WrongPassword  # closed, or changed since it was compared
            if right.fresh != right.kept:
                user.password_hash = right.fresh  # the same password: not a change to anybody
                await unit.users.save(user)
            actor = Actor(Party.OWNER, user.id)
            await unit.audit.put(actor=actor, action="user.logged_in", entity="user", entity_id=user.id)
            return tokens_view(await self.sessions.open(unit, user.id, Audience.ALLOCAR), user)


def _usable(user: User | None, contact: Contact) -> str | None:
    """The password's hash of an account that may log in by this contact."""
    may_enter = user is not None and user.is_active and user.is_proven(contact.channel) and not user.needs_code
    return user.password_hash if user is not None and may_enter else None
