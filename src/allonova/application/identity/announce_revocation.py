"""Tell every process that a session has ended."""

from __future__ import annotations

from allonova.application.identity.ports import Revocations
from allonova.application.kernel.wired import wired
from allonova.domain.identity.events import SessionRevoked


@wired
class AnnounceRevocation:
    """Hears SessionRevoked; announcing twice is harmless."""

    revocations: Revocations

    async def __call__(self, event: SessionRevoked) -> None:
        """Pass it on."""
        await self.revocations.announce(event.session_id)
