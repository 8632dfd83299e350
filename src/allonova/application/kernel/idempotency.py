"""A key means one effect: the change and its stored answer commit in one transaction.

A use case that honours `Idempotency-Key` takes a `Once`. It claims the key first, then changes things, then settles
the key with its result. The HTTP adapter brings a `Keyed` (which knows how to write the answer down) when the caller
sent a key, and `UNKEYED` when not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from allonova.application.kernel.ports import Clock, KeyRecord, Sealer, Unit
from allonova.domain.kernel.errors import IdempotencyMismatch, StillRunning

KEY_TTL = timedelta(hours=24)  # conventions.md, Requests and replies
LEASE = timedelta(seconds=60)


def answer_context(scope: str) -> str:
    """What a kept answer is sealed to."""
    return f"idempotency_keys.answer_body:{scope}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, to be replayed byte for byte."""

    status: int
    body: bytes


class Replay(Exception):
    """The key has its answer already."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class Once[T](Protocol):
    """The promise that a request acts once."""

    async def claim(self, unit: Unit) -> None:
        """Take the key for this transaction. Raises Replay, IdempotencyMismatch or StillRunning."""

    async def lease(self, unit: Unit, ref: UUID) -> UUID:
        """Take the key beyond this transaction; raises as `claim` does.

        Returns:
            `ref`, or that of a predecessor who died or gave up on the way: go on with his.
        """

    async def release(self, unit: Unit) -> None:
        """End the lease without an answer: whoever comes next takes over."""

    async def settle(self, unit: Unit, result: T) -> None:
        """Keep the answer."""


class Unkeyed:
    """No key was sent: every request is a new one."""

    async def claim(self, unit: Unit) -> None:
        """Nothing to take."""

    async def lease(self, unit: Unit, ref: UUID) -> UUID:
        """Nothing to take over."""
        return ref

    async def release(self, unit: Unit) -> None:
        """Nothing to give back."""

    async def settle(self, unit: Unit, result: object) -> None:
        """Nothing to keep."""


UNKEYED = Unkeyed()


@dataclass(slots=True)
class Keyed[T]:
    """A key that was sent. `render` writes a result down; `answer` is what was kept, once it was: sealed, since it may
    hold what is nobody else's, such as the secret of a card payment.
    """

    scope: str
    fingerprint: str
    clock: Clock
    sealer: Sealer
    render: Callable[[T], Answer]
    answer: Answer | None = None
    ref: UUID | None = None

    async def claim(self, unit: Unit) -> None:
        """See Once."""
        await self._take(unit, self._record(self.clock.now()))

    async def lease(self, unit: Unit, ref: UUID) -> UUID:
        """See Once."""
        now = self.clock.now()
        mine = self._record(now)
        mine.ref, mine.lease_until = ref, now + LEASE
        standing = await self._take(unit, mine)
        if standing is not None:
            mine.ref = standing.ref or ref
            await unit.keys.update(mine)
        self.ref = mine.ref
        return mine.ref

    async def release(self, unit: Unit) -> None:
        """See Once."""
        now = self.clock.now()
        record = self._record(now)
        record.ref, record.lease_until = self.ref, now
        await unit.keys.update(record)

    async def settle(self, unit: Unit, result: T) -> None:
        """See Once."""
        self.answer = self.render(result)
        await unit.keys.update(self._answered(self.answer))

    async def refuse(self, unit: Unit, answer: Answer) -> Answer:
        """Keep a refusal, in a unit of its own since the first one was rolled back.

        Returns:
            What the caller gets: the answer that stands, when another request with the key was quicker.
        """
        mine = self._answered(answer)
        standing = await unit.keys.claim(mine, stale_before=mine.created_at - KEY_TTL)
        if standing is None:
            return answer
        if standing.answer_status is not None:
            return self._opened(standing.answer_status, standing)
        if standing.lease_until is None or standing.ref == self.ref or mine.created_at >= standing.lease_until:
            await unit.keys.update(mine)
        return answer

    async def _take(self, unit: Unit, mine: KeyRecord) -> KeyRecord | None:
        """The record that stands in the way and may be taken over, if any."""
        standing = await unit.keys.claim(mine, stale_before=mine.created_at - KEY_TTL)
        if standing is None:
            return None
        if standing.fingerprint != self.fingerprint:
            raise IdempotencyMismatch
        if standing.answer_status is not None:
            raise Replay(self._opened(standing.answer_status, standing))
        if standing.lease_until is not None and mine.created_at < standing.lease_until:
            raise StillRunning(retry_after_s=1 + int((standing.lease_until - mine.created_at).total_seconds()))
        return standing

    def _answered(self, answer: Answer) -> KeyRecord:
        record = self._record(self.clock.now())
        sealed = self.sealer.seal(answer.body.decode(), context=answer_context(self.scope))
        record.ref, record.answer_status, record.answer_body = self.ref, answer.status, sealed.encode()
        return record

    def _opened(self, status: int, standing: KeyRecord) -> Answer:
        body = standing.answer_body or b""
        if body[:1] in (b"", b"{"):  # kept in clear by an earlier release: for a day after it
            return Answer(status, body)
        return Answer(status, self.sealer.open(body.decode(), context=answer_context(self.scope)).encode())

    def _record(self, now: datetime) -> KeyRecord:
        return KeyRecord(scope=self.scope, fingerprint=self.fingerprint, created_at=now)
