"""What signing in with Google or Apple asks of the outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Store
from allonova.domain.identity.social import ProvenPerson, SocialIdentity, SocialProvider


class IdentityProvider(Protocol):
    """One provider, asked what its tokens say. It may have to be called: never inside a unit."""

    async def verify(self, id_token: str, *, nonce: str | None) -> ProvenPerson:
        """Whom a token vouches for; `nonce` is what the app gave to the provider's login, if anything.

        Raises:
            BadIdToken: any token that is not whole, signed by the provider, current, for us and for that nonce.
            ProviderUnavailable: the provider's keys cannot be had.
        """


type IdentityProviders = Mapping[SocialProvider, IdentityProvider]
"""Those that are switched on."""


class SocialStore(Store[SocialIdentity], Protocol):
    """Accounts elsewhere."""

    async def of_user(self, user_id: UUID) -> list[SocialIdentity]:
        """A user's, the oldest first."""

    async def remove(self, identity: SocialIdentity) -> None:
        """It opens nothing any more."""


class SocialUnit(IdentityUnit, Protocol):
    """A transaction over accounts and what opens them."""

    @property
    def social_identities(self) -> SocialStore: ...
