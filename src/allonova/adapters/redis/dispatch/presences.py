"""Presences that every process sees: a hash a company."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from allonova.application.dispatch.frames import Mode, Par
from allonova.application.dispatch.presences import LASTS_S, Presence, PresenceBook, Spot
from allonova.application.kernel.live import ChannelsDown

PREFIX = "allonova:presence:"
FORGOTTEN_S = 2 * int(LASTS_S)  # a company that everybody has left; each presence has an instant of its own
FAILURES = (RedisError, OSError, TimeoutError)


class RedisPresenceBook:
    """A field for each socket at a card, with the second when it was noted or renewed.

    Args:
        now: seconds since 1970, by the clocks of machines that agree to within a few seconds.
    """

    def __init__(self, redis: Redis, now: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._now = now

    async def put(self, societe_id: UUID, presences: Sequence[Presence]) -> None:
        """See PresenceBook."""
        if not presences:
            return
        key, fields = f"{PREFIX}{societe_id}", {_field(each.spot): self._value(each) for each in presences}
        async with _or_down(), self._redis.pipeline(transaction=False) as pipe:
            pipe.hset(key, mapping=fields)
            pipe.expire(key, FORGOTTEN_S)
            await pipe.execute()

    async def drop(self, societe_id: UUID, spots: Sequence[Spot]) -> list[Presence]:
        """See PresenceBook."""
        found, _ = await self._after(societe_id, spots)
        return [presence for presence, at in found if self._lasts(at)]

    async def present(self, societe_id: UUID) -> list[Presence]:
        """See PresenceBook."""
        return await self.drop(societe_id, ())

    async def take_lost(self, societe_id: UUID) -> list[Presence]:
        """See PresenceBook."""
        found, _ = await self._after(societe_id, ())
        lost = [presence for presence, at in found if not self._lasts(at)]
        _, were_there = await self._after(societe_id, [each.spot for each in lost])
        return [each for each, is_mine in zip(lost, were_there, strict=True) if is_mine]

    async def _after(self, societe_id: UUID, spots: Sequence[Spot]) -> tuple[list[tuple[Presence, float]], list[bool]]:
        """What is left once these are gone, with its instants; and which of these were there."""
        key = f"{PREFIX}{societe_id}"
        async with _or_down(), self._redis.pipeline(transaction=False) as pipe:
            for spot in spots:
                pipe.hdel(key, _field(spot))
            pipe.hgetall(key)
            *gone, left = await pipe.execute()
        return _read(left), [bool(each) for each in gone]

    def _value(self, presence: Presence) -> str:
        par = presence.par
        return json.dumps({"at": self._now(), "id": str(par.id), "name": par.name, "mode": presence.mode.value})

    def _lasts(self, at: float) -> bool:
        return self._now() - at < LASTS_S


def _field(spot: Spot) -> str:
    return f"{spot.socket_id}:{spot.commande_id}"


def _read(found: Mapping[bytes, bytes]) -> list[tuple[Presence, float]]:
    presences = []
    for field, text in found.items():
        socket_id, _, commande_id = field.decode().partition(":")
        value = json.loads(text)
        par = Par(id=UUID(value["id"]), name=value["name"])
        spot = Spot(UUID(socket_id), UUID(commande_id))
        presences.append((Presence(spot, par, Mode(value["mode"])), float(value["at"])))
    return presences


@asynccontextmanager
async def _or_down() -> AsyncIterator[None]:
    try:
        yield
    except FAILURES as error:
        raise ChannelsDown from error


def _conforms(book: RedisPresenceBook) -> PresenceBook:
    return book
