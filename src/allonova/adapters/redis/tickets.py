"""Tickets that any process may redeem."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from allonova.application.identity.ports import Caller
from allonova.application.identity.tickets import TTL, Holder, Tickets
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import ServiceUnavailable

PREFIX = "allonova:ticket:"
FORGOTTEN_S = 2 * int(TTL.total_seconds())  # when it is too old says the holder's own instant
FAILURES = (RedisError, OSError, TimeoutError)


class RedisTickets:
    """A key each, taken and removed in one command."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def keep(self, digest: str, holder: Holder) -> None:
        """See Tickets."""
        caller = holder.caller
        known = {
            "user": str(caller.user_id),
            "session": str(caller.session_id),
            "role": caller.role,
            "tenant": None if caller.tenant is None else str(caller.tenant),
            "audience": holder.audience.value,
            "until": holder.expires_at.isoformat(),
        }
        try:
            await self._redis.set(PREFIX + digest, json.dumps(known), ex=FORGOTTEN_S)
        except FAILURES as error:
            raise ServiceUnavailable from error

    async def take(self, digest: str) -> Holder | None:
        """See Tickets."""
        try:
            text = await self._redis.getdel(PREFIX + digest)
        except FAILURES as error:
            raise ServiceUnavailable from error
        if text is None:
            return None
        known = json.loads(text)
        tenant = known["tenant"]
        caller = Caller(
            UUID(known["user"]), UUID(known["session"]), known["role"], None if tenant is None else UUID(tenant)
        )
        return Holder(caller, Audience(known["audience"]), datetime.fromisoformat(known["until"]))


def _conforms(tickets: RedisTickets) -> Tickets:
    return tickets
