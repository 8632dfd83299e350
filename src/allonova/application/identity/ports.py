"""What identity asks of its stores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.identity.views import UserView
from allonova.application.kernel.ports import Store, Unit
from allonova.domain.identity.otp import Otp
from allonova.domain.identity.session import Audience, RefreshToken, Session
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import AlreadyExists, DomainError

REFUSALS: dict[str, type[DomainError]] = {"uq_users_phone": AlreadyExists, "uq_users_email": AlreadyExists}


class OtpStore(Store[Otp], Protocol):
    """One-time codes."""

    async def newest(self, phone: str) -> Otp | None:
        """The last code made for a phone, locked."""


class IdentityUnit(Unit, Protocol):
    """A transaction over accounts."""

    @property
    def users(self) -> Store[User]: ...
    @property
    def otps(self) -> OtpStore: ...
    @property
    def sessions(self) -> Store[Session]: ...
    @property
    def refresh_tokens(self) -> Store[RefreshToken]: ...


class IdentityQueries(Protocol):
    """Reads outside a transaction, one round trip each."""

    async def user(self, id: UUID) -> UserView | None:
        """Somebody's own account."""

    async def revoked_sessions(self, since: datetime) -> list[UUID]:
        """Sessions ended at or after an instant."""


class TokenSigner(Protocol):
    """Access tokens."""

    def sign(
        self, *, subject: UUID, session: UUID, audience: Audience, issued_at: datetime, expires_at: datetime
    ) -> str:
        """A signed token."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from, as its access token says."""

    user_id: UUID
    session_id: UUID


class TokenVerifier(Protocol):
    """Access tokens, read back."""

    def verify(self, token: str, *, audience: Audience) -> Caller:
        """Whose token it is. Raises AuthRequired for any token that is not whole, ours, current and for `audience`."""


class Revocations(Protocol):
    """Sessions that no process may serve any more."""

    async def announce(self, session_id: UUID) -> None:
        """Tell every process."""

    def is_revoked(self, session_id: UUID) -> bool:
        """Whether this process has heard of its end; asked on every request, so no I/O."""
