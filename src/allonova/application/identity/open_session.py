"""Sessions and their tokens."""

from __future__ import annotations

from uuid import UUID

from allonova.application.identity.codes import token_hash
from allonova.application.identity.ports import SessionUnit, TokenSigner
from allonova.application.kernel.ports import Clock, Ids, Secrets
from allonova.application.kernel.wired import wired
from allonova.domain.identity.events import SessionRevoked
from allonova.domain.identity.session import (
    ACCESS_TTL,
    REFRESH_TTL,
    Audience,
    RefreshToken,
    Rotation,
    Session,
    TokenPair,
)
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AuthRequired
from allonova.domain.kernel.machine import Party


@wired
class SessionDesk:
    """Opens, renews and ends sessions: of users, of the back office and of companies' staff alike."""

    clock: Clock
    ids: Ids
    secrets: Secrets
    signer: TokenSigner

    async def open(
        self,
        unit: SessionUnit,
        account_id: UUID,
        audience: Audience,
        *,
        role: str | None = None,
        tenant: UUID | None = None,
    ) -> TokenPair:
        """A new session with its first pair."""
        now = self.clock.now()
        session = Session(id=self.ids.new(), user_id=account_id, audience=audience, created_at=now)
        refresh = self.secrets.token()
        await unit.sessions.add(session)
        await self._keep(unit, session.id, refresh)
        return self._pair(session, refresh, role, tenant)

    async def presented(self, unit: SessionUnit, refresh: str, audience: Audience) -> tuple[Session, RefreshToken]:
        """The session of a refresh token, locked: one rotation of a family at a time. Raises AuthRequired."""
        found = await unit.refresh_tokens.find(token_hash=token_hash(refresh))
        if found is None:
            raise AuthRequired
        session = await unit.sessions.get(found.session_id, lock=True)
        if session.audience is not audience:
            raise AuthRequired
        return session, await unit.refresh_tokens.get(found.id)

    async def rotate(
        self,
        unit: SessionUnit,
        session: Session,
        token: RefreshToken,
        presented: str,
        *,
        role: str | None = None,
        tenant: UUID | None = None,
    ) -> TokenPair | None:
        """The next pair. None when the token is no longer good: the unit must commit all the same, since a token that
        was stolen ends its session.
        """
        rotation = token.present(session, self.clock.now())
        if rotation is Rotation.DEAD:
            return None
        if rotation is Rotation.STOLEN:
            await self.end(unit, session, reason="refresh_token_reused")
            return None
        # Derived, so that a lost reply can be given again though nobody keeps it: by the secret of that time.
        successors = [derived.hex() for derived in self.secrets.derivations("refresh", presented)]
        if rotation is Rotation.FIRST:
            await unit.refresh_tokens.save(token)
            await self._keep(unit, session.id, successors[0])
            return self._pair(session, successors[0], role, tenant)
        for successor in successors:
            if await unit.refresh_tokens.find(token_hash=token_hash(successor)) is not None:
                return self._pair(session, successor, role, tenant)
        return None  # that secret is gone

    async def end(self, unit: SessionUnit, session: Session, *, reason: str) -> None:
        """End a session everywhere: refresh tokens now, access tokens as soon as every process has heard."""
        session.revoke(self.clock.now())
        await unit.sessions.save(session)
        await unit.outbox.put(SessionRevoked(session.id))
        party = Party.ADMIN if session.audience is Audience.ALLOCAR_ADMIN else Party.OWNER
        await unit.audit.put(
            actor=Actor(party, session.user_id),
            action="session.ended",
            entity="session",
            entity_id=session.id,
            meta={"reason": reason},
        )

    async def end_all(self, unit: SessionUnit, account_id: UUID, *, reason: str, keep: UUID | None = None) -> None:
        """End every live session of an account but `keep`."""
        for session in await unit.sessions.live_of(account_id):
            if session.id != keep:
                await self.end(unit, session, reason=reason)

    async def _keep(self, unit: SessionUnit, session_id: UUID, refresh: str) -> None:
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

    def _pair(self, session: Session, refresh: str, role: str | None, tenant: UUID | None) -> TokenPair:
        now = self.clock.now()
        access = self.signer.sign(
            subject=session.user_id,
            session=session.id,
            audience=session.audience,
            issued_at=now,
            expires_at=now + ACCESS_TTL,
            role=role,
            tenant=tenant,
        )
        return TokenPair(access_token=access, refresh_token=refresh, expires_in=int(ACCESS_TTL.total_seconds()))
