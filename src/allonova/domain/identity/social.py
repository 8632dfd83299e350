"""Accounts elsewhere that open an account here: Google's and Apple's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import AuthRequired, Conflict


class SocialProvider(StrEnum):
    """Who vouches for people."""

    GOOGLE = "google"
    APPLE = "apple"


@dataclass(eq=False)
class BadIdToken(AuthRequired):
    """The provider's token is not whole, not current, not meant for us, or opens no account; which is not said."""


@dataclass(eq=False)
class LastWayIn(Conflict):
    """Nothing else opens the account: no verified phone or e-mail, and no other provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenPerson:
    """Whom a provider vouches for. `subject` is who it is, for ever; an e-mail may pass to somebody else.

    `email` is there only where the provider has verified it.
    """

    provider: SocialProvider
    subject: str
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None


@dataclass(slots=True, kw_only=True)
class SocialIdentity:
    """A provider's account that opens one here. A subject opens one account; an account has one of each provider."""

    id: UUID
    user_id: UUID
    provider: SocialProvider
    subject: str
    version: int = 1
    created_at: datetime
    updated_at: datetime
