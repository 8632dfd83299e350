"""Exchange a refresh token for the next pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from allonova.application.identity.codes import token_hash
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.views import Tokens
from allonova.application.kernel.ports import Begin, Clock
from allonova.domain.identity.events import SessionRevoked
from allonova.domain.identity.session import Audience, RefreshToken, Rotation, Session
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AuthRequired, DomainError
from allonova.domain.kernel.machine import Party


@dataclass(frozen=True, slots=True)
class RefreshSession:
    """Each refresh token works once. Again within 10 s it gives the very same successor (the reply was lost); later
    it was stolen, and the whole session ends: that refusal commits before it is told.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired,)

    async def __call__(self, *, refresh_token: str, audience: Audience) -> Tokens:
        """Raises AuthRequired for any token that is not the live end of its chain."""
        hashed = token_hash(refresh_token)
        async with self.begin() as unit:
            found = await unit.refresh_tokens.find(token_hash=hashed)
            if found is None:
                raise AuthRequired
            session = await unit.sessions.get(found.session_id, lock=True)  # one rotation of a family at a time
            if session.audience is not audience:
                raise AuthRequired
            token = await unit.refresh_tokens.get(found.id)
            user = await unit.users.get(session.user_id)
            tokens = await self._rotate(unit, session, token, user, refresh_token)
        if tokens is None:
            raise AuthRequired
        return tokens

    async def _rotate(
        self, unit: IdentityUnit, session: Session, token: RefreshToken, user: User, presented: str
    ) -> Tokens | None:
        now = self.clock.now()
        rotation = token.present(session, now) if user.is_active else Rotation.DEAD
        if rotation is Rotation.DEAD:
            return None
        if rotation is Rotation.STOLEN:
            await end_session(unit, session, self.clock, reason="refresh_token_reused")
            return None
        successor = self.sessions.successor(presented)
        if rotation is Rotation.FIRST:
            await unit.refresh_tokens.save(token)
            await self.sessions.keep(unit, session.id, successor)
        elif await unit.refresh_tokens.find(token_hash=token_hash(successor)) is None:
            return None  # the server's secret changed in these ten seconds
        return self.sessions.pair(user, session, successor)


async def end_session(unit: IdentityUnit, session: Session, clock: Clock, *, reason: str) -> None:
    """End a session everywhere: refresh tokens now, access tokens as soon as every process has heard."""
    session.revoke(clock.now())
    await unit.sessions.save(session)
    await unit.outbox.put(SessionRevoked(session.id))
    await unit.audit.put(
        actor=Actor(Party.OWNER, session.user_id),
        action="session.ended",
        entity="session",
        entity_id=session.id,
        meta={"reason": reason},
    )
