"""Callbacks to our own webhooks: recorded first, then sent, and sent again until they are answered 2xx."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from allonova.adapters.sandbox.faults import FaultKind
from allonova.adapters.sandbox.times import iso

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    import httpx

    from allonova.adapters.sandbox.faults import Faults
    from allonova.adapters.sandbox.pace import Pace
    from allonova.adapters.sandbox.state import Json, State
    from allonova.application.kernel.ports import ClockControl

logger = logging.getLogger(__name__)

RETRY_DELAYS_S: Final = tuple(float(2**n) for n in range(10))
NEWEST: Final = 1000
AT_ONCE: Final = 32
PENDING, DELIVERED, GIVEN_UP, LOST = "pending", "delivered", "given_up", "lost"

type Headers = Callable[[bytes, datetime, bool], Mapping[str, str]]


def unchanged(payload: Json) -> Json:
    """For a provider whose forged callbacks differ in their headers alone."""
    return payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How one provider calls back.

    `headers(body, at, forged)` proves a body at each try, wrongly when `forged`; `wrong_amount` spoils a
    payload; `forge` makes an unsigned one name something unknown; `delays_s` are the waits before each retry,
    empty for a provider that calls only once; `method` is what it calls with.
    """

    path: str
    headers: Headers
    wrong_amount: Callable[[Json], Json]
    forge: Callable[[Json], Json] = unchanged
    delays_s: tuple[float, ...] = RETRY_DELAYS_S
    method: str = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that a provider tells us; `id` stays the same however often it is told. `path` is where, when we named
    the place ourselves; a forged one goes to `forged_path`.
    """

    provider: str
    id: str
    type: str
    payload: Json
    path: str | None = None
    forged_path: str | None = None


@dataclass(slots=True, kw_only=True)
class Callbacks:
    """Every callback that the played providers sent, are sending, or lost."""

    state: State
    faults: Faults
    clock: ClockControl
    http: httpx.AsyncClient
    base_url: str
    pace: Pace
    manners: dict[str, Manner] = field(default_factory=dict)
    _tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _tried: dict[int, asyncio.Event] = field(default_factory=dict)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def record(self, event: Event) -> list[int]:
        """Writes the callback down, as the armed faults spoil it, inside the caller's transaction.

        Returns: the numbers to `send`: none when it is lost, two when it is doubled.
        """
        manner = self.manners[event.provider]
        with self.state.transaction():
            hits = self.faults.strike_callback(event.provider)
            spoilt = manner.wrong_amount(event.payload) if FaultKind.WRONG_AMOUNT in hits else event.payload
            spoilt = manner.forge(spoilt) if FaultKind.BAD_SIGNATURE in hits else spoilt
            path = (event.forged_path if FaultKind.BAD_SIGNATURE in hits else event.path) or manner.path
            late = hits.get(FaultKind.LATE)
            due = self.pace.real_time() + (late.delay_s if late else 0.0)
            state = LOST if FaultKind.LOST in hits else PENDING
            copies = 2 if FaultKind.DUPLICATE in hits else 1
            numbers = [
                self.state.insert(
                    "INSERT INTO callbacks (provider, event_id, type, url, headers, body, faults, state,"
                    " answers, next_try_at, created_at) VALUES (?, ?, ?, ?, '{}', ?, ?, ?, '[]', ?, ?)",
                    event.provider, event.id, event.type, self.base_url.rstrip("/") + path,
                    json.dumps(spoilt), json.dumps(sorted(hits)), state, due, iso(self.clock.now()),
                )
                for _ in range(copies)
            ]  # fmt: skip
        return numbers if state == PENDING else []

    async def send(self, numbers: Iterable[int]) -> None:
        """Starts sending; waits at most 5 s for the first try of those that are due, no longer."""
        rows = [row for row in map(self._pending, numbers) if row is not None]
        first = [self._start(row) for row in rows]
        due = [tried.wait() for at, tried in first if at <= self.pace.real_time()]
        if due:
            waiting = {asyncio.ensure_future(one) for one in due}
            _, unfinished = await asyncio.wait(waiting, timeout=self.pace.first_try_s)
            for task in unfinished:
                task.cancel()

    def resume(self) -> None:
        """Takes up what an earlier process left undelivered, each at its own time."""
        for row in self.state.rows("SELECT * FROM callbacks WHERE state = ? ORDER BY seq", PENDING):
            self._start(row)

    async def close(self) -> None:
        """Stops sending; what is undelivered stays pending for the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def newest(self, provider: str | None) -> list[Json]:
        """The last callbacks, newest first, at most 1,000."""
        rows = self.state.rows(
            "SELECT * FROM callbacks WHERE provider = coalesce(?, provider) ORDER BY seq DESC LIMIT ?",
            provider,
            NEWEST,
        )
        return [_shown(dict(row)) for row in rows]

    def _pending(self, number: int) -> sqlite3.Row | None:
        return self.state.row("SELECT * FROM callbacks WHERE seq = ? AND state = ?", number, PENDING)

    def _start(self, row: sqlite3.Row) -> tuple[float, asyncio.Event]:
        number: int = row["seq"]
        if number not in self._tasks:
            self._tried[number] = asyncio.Event()
            self._tasks[number] = asyncio.create_task(self._deliver(number), name=f"callback-{number}")
        return row["next_try_at"], self._tried[number]

    async def _deliver(self, number: int) -> None:
        """Tries until it is answered or given up."""
        tried = self._tried[number]
        try:
            while (row := self._pending(number)) is not None:
                if (wait := row["next_try_at"] - self.pace.real_time()) > 0:
                    await self.pace.sleep(wait)
                async with self._room:
                    await self._try(row)
                tried.set()
        finally:
            tried.set()
            self._tasks.pop(number, None)
            self._tried.pop(number, None)

    async def _try(self, row: sqlite3.Row) -> None:
        """One try, signed at the service's present time since the receiver checks with that clock."""
        manner = self.manners[row["provider"]]
        body = row["body"].encode()
        forged = FaultKind.BAD_SIGNATURE in json.loads(row["faults"])
        headers = dict(manner.headers(body, self.clock.now(), forged))
        status, failure = await self._post(manner.method, row["url"], body, headers)
        answers = [*json.loads(row["answers"]), {"status": status, "at": iso(self.clock.now())}]
        if failure is not None:
            answers[-1]["error"] = failure
        delivered = status is not None and 200 <= status < 300
        over = len(answers) > len(manner.delays_s)
        state = DELIVERED if delivered else GIVEN_UP if over else PENDING
        next_try = None if state != PENDING else self.pace.real_time() + manner.delays_s[len(answers) - 1]
        self.state.rows(
            "UPDATE callbacks SET headers = ?, answers = ?, state = ?, next_try_at = ? WHERE seq = ?",
            json.dumps(headers), json.dumps(answers), state, next_try, row["seq"],
        )  # fmt: skip
        if not delivered:
            facts = {"seq": row["seq"], "vendor": row["provider"], "status": status, "attempts": len(answers)}
            logger.info("callback not taken", extra=facts)

    async def _post(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int | None, str | None]:
        """Posts or puts; the answer's body is never read. Returns: the status, or what stood in the way of one."""
        timeout = self.pace.callback_timeout_s
        try:
            async with (
                asyncio.timeout(timeout),
                self.http.stream(method, url, content=body, headers=headers, timeout=timeout) as response,
            ):
                return response.status_code, None
        except Exception as error:  # noqa: BLE001 - whatever the receiver does is its answer, and shown as such
            return None, type(error).__name__


def _shown(row: Json) -> Json:
    shown = {key: row[key] for key in ("provider", "event_id", "type", "url", "body", "state", "created_at")}
    shown |= {key: json.loads(row[key]) for key in ("headers", "answers", "faults")}
    return {"id": row["seq"], **shown}
