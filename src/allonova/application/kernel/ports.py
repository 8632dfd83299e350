"""What every use case may ask of the outside: time, identity, randomness, a unit of work, an outbox."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.events import Event


class Clock(Protocol):
    """The service's time. Deadlines are stored and compared with it, never with SQL's or Redis' own."""

    def now(self) -> datetime:
        """An aware instant in UTC."""


class Ids(Protocol):
    """Identities."""

    def new(self) -> UUID:
        """A random UUID v4."""


class Secrets(Protocol):
    """Randomness that nobody can guess, and values that only this service can derive."""

    @property
    def kid(self) -> str:
        """What the secret is called that `derive` goes by."""

    def token(self) -> str:
        """At least 128 random bits, safe in a URL."""

    def derive(self, purpose: str, value: str) -> bytes:
        """32 bytes keyed by a server secret: the same for the same purpose and value, on every process."""

    def derivations(self, purpose: str, value: str) -> tuple[bytes, ...]:
        """The same by each secret still known, that of `derive` first: for what outlives a change of secrets."""


class Sealer(Protocol):
    """Encryption of personal values at rest."""

    def seal(self, value: str, *, context: str) -> str:
        """Ciphertext that opens only in the same `context` (`table.column:row id`)."""

    def open(self, sealed: str, *, context: str) -> str:
        """The value. Raises ValueError when it was tampered with or moved."""


class Store[T](Protocol):
    """The rows of one aggregate, inside a unit."""

    async def get(self, id: UUID, *, lock: bool = False) -> T:
        """The entity; with `lock` nobody else locks it before this unit ends. Raises NotFound."""

    async def find(self, *, lock: bool = False, **equal: object) -> T | None:
        """The only entity whose fields equal these values."""

    async def add(self, entity: T) -> None:
        """Keep a new one. Raises the refusal declared for a unique rule it breaks, else AlreadyExists."""

    async def save(self, entity: T) -> None:
        """Keep a changed one and raise its `version` by one. Raises StaleVersion when its row has moved on."""


class Outbox(Protocol):
    """Events that leave when, and only when, the unit commits: at least once for each subscriber."""

    async def put(self, event: Event) -> None:
        """Leave it for the relay."""


class AuditLog(Protocol):
    """Who did what, written with the deed itself."""

    async def put(
        self, *, actor: Actor, action: str, entity: str, entity_id: UUID, meta: Mapping[str, str | int] | None = None
    ) -> None:
        """Append a row. `meta` names facts and changed fields, never personal values."""


class Attempts(Protocol):
    """Counts of tries that hold under parallel requests. A use case that refuses must still commit them."""

    async def take(self, key: str, *, limit: int, window: timedelta, now: datetime) -> datetime | None:
        """Count one try unless `limit` were made within the last `window`.

        Returns:
            None when it counted, else the instant from which the next one will.
        """

    async def clear(self, key: str) -> None:
        """Forget the tries: the right answer came."""


@dataclass(slots=True, kw_only=True)
class KeyRecord:
    """An Idempotency-Key in use: `scope` is caller, method, path and key, hashed; `fingerprint` is the body, hashed.

    `answer_*` is the first answer, once there is one, its body sealed. Between two transactions the request holds the
    key by a lease and leaves in `ref` what a successor must take over.
    """

    scope: str
    fingerprint: str
    ref: UUID | None = None
    lease_until: datetime | None = None
    answer_status: int | None = None
    answer_body: bytes | None = None
    created_at: datetime


class IdempotencyKeys(Protocol):
    """Idempotency keys and their stored answers."""

    async def claim(self, record: KeyRecord, *, stale_before: datetime) -> KeyRecord | None:
        """Insert it; waits while another unit holds the same scope.

        Returns:
            None when the key is now this unit's, else the record that stands (locked by this unit). One created
            before `stale_before` counts as none and is replaced.
        """

    async def update(self, record: KeyRecord) -> None:
        """Keep the changed record (insert or replace by scope)."""


class Unit(Protocol):
    """One transaction: everything in it happens, or nothing. Never call a vendor inside."""

    @property
    def outbox(self) -> Outbox: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def keys(self) -> IdempotencyKeys: ...


class JobRuns(Protocol):
    """Ticks of jobs whose effect lies outside the database: each is worked once, however many workers there are."""

    async def claim(self, job: str, tick: str, *, now: datetime, lease: timedelta) -> bool:
        """Take a tick that nobody has finished and nobody holds; whoever dies with it loses it when the lease ends."""

    async def finish(self, job: str, tick: str, *, now: datetime, error: str | None = None) -> None:
        """It was worked, well or not."""


class JobUnit(Unit, Protocol):
    """A transaction of a job that works tick by tick."""

    @property
    def job_runs(self) -> JobRuns: ...


type Begin[U] = Callable[[], AbstractAsyncContextManager[U]]
"""Opens a unit: commits on a clean exit, rolls back otherwise."""

type BeginFor[U] = Callable[[UUID], AbstractAsyncContextManager[U]]
"""Opens a unit in which of all that belongs to somebody only what belongs to this one can be seen or written."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one subscriber. `attempts` counts this try."""

    id: UUID
    event: str
    payload: dict[str, str | int]
    subscriber: str
    attempts: int
    trace: str | None = None
    """Of the work that put the event, for who watches."""


type Watch = Callable[[Delivery], AbstractContextManager[object]]
"""Looks on while a delivery is handed over."""


def unwatched(_: Delivery) -> AbstractContextManager[object]:
    """Nobody looks."""
    return nullcontext()


class DeliveryQueue(Protocol):
    """The outbox, seen from its relay."""

    async def claim(self, *, now: datetime, lease: timedelta, limit: int) -> Sequence[Delivery]:
        """Due deliveries nobody else holds; each is this caller's until the lease ends."""

    async def done(self, id: UUID, *, now: datetime) -> None:
        """It was delivered."""

    async def failed(self, id: UUID, *, error: str, retry_at: datetime | None) -> None:
        """It was not; None gives up and leaves it as a dead letter."""


class Lane(StrEnum):
    """The two ways out of the outbox: to whatever may take its time, and onto sockets."""

    WORK = "work"
    LIVE = "live"


type Wake = Callable[[frozenset[Lane]], None]
"""Told after a commit which relays have something to do."""


class LiveBatch(Protocol):
    """Deliveries of one relay, in the order of their commits; none else can take them meanwhile."""

    @property
    def deliveries(self) -> Sequence[Delivery]: ...

    def done(self, delivery: Delivery) -> None:
        """It was shown: it is forgotten when the batch ends."""

    async def failed(self, delivery: Delivery, *, error: str, is_last: bool) -> None:
        """It was not; with `is_last` it is left as a dead letter, else it stays the next one."""


class LiveQueue(Protocol):
    """What sockets are to be shown, seen from its relay."""

    def take(
        self, limit: int, *, known: Collection[tuple[str, str]], left_before: datetime
    ) -> AbstractAsyncContextManager[LiveBatch | None]:
        """The oldest of these events and subscribers, and any that came before `left_before` and nobody took. What was
        done when the block ends cleanly is gone. None, at once, while another relay is at it: it may have looked before
        the last commit.
        """


class ClockControl(Protocol):
    """Moves the service's clock. Outside production only."""

    def now(self) -> datetime:
        """The service's time."""

    async def advance(self, seconds: float) -> datetime:
        """Move every process forward; the new time."""


class JobTrigger(Protocol):
    """Runs a job out of turn."""

    async def run(self, name: str) -> None:
        """Returns when the job is done. Raises NotFound for an unknown name."""
