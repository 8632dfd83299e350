"""Sessions and their tokens."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from allonova.application.identity.codes import token_hash
from allonova.application.identity.ports import IdentityUnit, TokenSigner
from allonova.application.identity.views import Tokens, user_view
from allonova.application.kernel.ports import Clock, Ids, Secrets
from allonova.domain.identity.session import ACCESS_TTL, REFRESH_TTL, Audience, RefreshToken, Session
from allonova.domain.identity.user import User


@dataclass(frozen=True, slots=True)
class SessionDesk:
    """Opens sessions and signs their tokens."""

    clock: Clock
    ids: Ids
    secrets: Secrets
    signer: TokenSigner

    async def open(self, unit: IdentityUnit, user: User, audience: Audience) -> Tokens:
        """A new session with its first pair."""
        now = self.clock.now()
        session = Session(id=self.ids.new(), user_id=user.id, audience=audience, created_at=now)
        refresh = self.secrets.token()
        await unit.sessions.add(session)
        await self.keep(unit, session.id, refresh)
        return self.pair(user, session, refresh)

    async def keep(self, unit: IdentityUnit, session_id: UUID, refresh: str) -> None:
        """Remember a refresh token by its hash."""
        now = self.clock.now()
        await unit.refresh_tokens.add(
            RefreshToken(
                id=self.ids.new(),
                session_id=session_id,
                token_hash=token_hash(refresh),
                expires_at=now + REFRESH_TTL,
                created_at=now,
            )
        )

    def successor(self, refresh: str) -> str:
        """The token that follows another: derived, so that a lost reply can be given again without keeping it."""
        return self.secrets.derive("refresh", refresh).hex()

    def pair(self, user: User, session: Session, refresh: str) -> Tokens:
        """An access token beside a refresh token."""
        now = self.clock.now()
        access = self.signer.sign(
            subject=user.id,
            session=session.id,
            audience=session.audience,
            issued_at=now,
            expires_at=now + ACCESS_TTL,
        )
        return Tokens(
            access_token=access,
            refresh_token=refresh,
            expires_in=int(ACCESS_TTL.total_seconds()),
            user=user_view(user),
        )
