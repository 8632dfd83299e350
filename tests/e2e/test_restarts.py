"""PostgreSQL or Redis goes and comes back under load: only 503 meanwhile, and everything is back by itself."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import httpx
import pytest
from servers import make_folder

from allonova.domain.carpool.booking import Booking
from tests.e2e.conftest import Quote
from tests.e2e.phones import Phone
from tests.e2e.stage import Stage, refresh, seconds_until_out
from tests.support.own_postgres import OwnPostgres, make_own_postgres
from tests.support.postgres import fresh_database
from tests.support.processes import Fleet, eventually, make_fleet
from tests.support.sieve import Outputs

PAUSE_S = 0.05  # between the questions of one client
BACK_S = 10.0
ENOUGH = 10  # answers that are good again, of each client
AWAY = 503
FULL = [
    pytest.param(name, 3, id=f"{name}, full", marks=pytest.mark.prove)
    for name in ("postgres restarted", "postgres killed", "redis restarted", "redis killed")
]
SAMPLE = [pytest.param(name, 1, id=name) for name in ("postgres killed", "redis killed")]

type Deed = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


@dataclass(frozen=True, slots=True)
class Answer:
    """To one request: when it was asked and answered, of the monotonic clock; 0 when the line broke."""

    asked: float
    came: float
    status: int
    is_good: bool


@dataclass(slots=True)
class Load:
    """Clients that go on whatever happens. `kept` are the messages that were acknowledged."""

    answers: dict[str, list[Answer]]
    kept: list[str] = field(default_factory=list)

    async def go_on(self, name: str, client: httpx.AsyncClient, deed: Deed, good: int) -> None:
        """Ask again and again; every answer is noted."""
        told = self.answers[name]
        while True:
            asked = time.monotonic()
            try:
                answer = await deed(client)
                status = answer.status_code
                if status == 201:
                    self.kept.append(answer.json()["data"]["id"])
            except httpx.TransportError:
                status = 0
            told.append(Answer(asked, time.monotonic(), status, status == good))
            await asyncio.sleep(PAUSE_S)

    def good_since(self, moment: float) -> dict[str, list[Answer]]:
        """Good answers to what was asked after a moment."""
        return {
            name: [each for each in told if each.asked > moment and each.is_good] for name, told in self.answers.items()
        }

    def statuses(self) -> Counter[int]:
        """How often each came."""
        return Counter(each.status for told in self.answers.values() for each in told)


@pytest.fixture(scope="module")
def postgres() -> Iterator[OwnPostgres]:
    """A server of this file alone."""
    folder = make_folder()
    made = asyncio.run(make_own_postgres(folder))
    try:
        yield made
    finally:
        asyncio.run(made.stop())
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def fleet(postgres: OwnPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Processes on that server."""
    fleet = make_fleet(tmp_path_factory.mktemp("restarts"), asyncio.run(fresh_database(postgres.url)))
    try:
        yield fleet
    finally:
        fleet.stop()


@pytest.fixture(scope="module")
def outputs(fleet: Fleet) -> Outputs:
    """What these processes write."""
    return Outputs([process.log for process in fleet.processes])


@asynccontextmanager
async def loaded(stage: Stage, booking: Booking) -> AsyncIterator[Load]:
    """Reads, writes and guesses (which are refused as long as nobody counts them) at both processes; a supervisor
    starts whatever ends.
    """
    headers, path = stage.headers(booking.passenger_id), f"/api/v1/bookings/{booking.id}"

    async def read(client: httpx.AsyncClient) -> httpx.Response:
        return await client.get(path, headers=headers)

    async def write(client: httpx.AsyncClient) -> httpx.Response:
        body = {"content": "Bonjour", "client_id": str(uuid4())}
        return await client.post(f"{path}/messages", json=body, headers=headers)

    async def guess(client: httpx.AsyncClient) -> httpx.Response:
        return await refresh(client, uuid4().hex)

    clients, good = {"a": stage.a, "b": stage.b}, {read: 200, write: 201, guess: 401}
    deeds = {f"{verb.__name__} at {name}": (client, verb) for name, client in clients.items() for verb in good}
    load = Load({name: [] for name in deeds})
    tasks = [asyncio.create_task(load.go_on(name, *deed, good[deed[1]])) for name, deed in deeds.items()]
    try:
        async with stage.fleet.supervised():
            yield load
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def go_and_come_back(stage: Stage, postgres: OwnPostgres, disaster: str) -> None:
    """The server is away for as long as it takes both processes to say so, then it is there again."""
    server, how = disaster.split()
    redis = stage.fleet.redis
    if server == "postgres":
        await (postgres.kill() if how == "killed" else postgres.stop())
        await eventually("both see it", lambda: say(stage, "database", "down"))
        await postgres.start()
    else:
        await asyncio.to_thread(redis.kill if how == "killed" else redis.stop)
        await eventually("both see it", lambda: say(stage, "cache", "down"))
        redis.start()


async def say(stage: Stage, what: str, state: str) -> bool:
    """Whether /readyz of both processes says so."""
    answers = [await client.get("/readyz") for client in (stage.a, stage.b)]
    return {answer.json()["data"][what] for answer in answers} == {state}


async def seconds_until_good(load: Load, since: float) -> float:
    """Until the slowest client had a good answer again; then until all go on for a while."""

    async def all_good() -> bool:
        return all(len(told) >= ENOUGH for told in load.good_since(since).values())

    await eventually("all clients are served again", all_good)
    return max(told[0].came for told in load.good_since(since).values()) - since


def require_only_503_meanwhile(load: Load, back: float) -> None:
    """Nothing but a 503 was ever refused, and nothing after it was back."""
    told = [each for answers in load.answers.values() for each in answers]
    assert {each.status for each in told if not each.is_good} <= {AWAY}, load.statuses()
    late = [each for each in told if each.asked > back and each.status == AWAY]
    assert late == []


@pytest.mark.promise("servers-restart")
@pytest.mark.parametrize(("disaster", "rounds"), [*SAMPLE, *FULL])
async def test_all_is_back_by_itself_when_a_server_was_away(
    stage: Stage, postgres: OwnPostgres, disaster: str, rounds: int, quote: Quote
) -> None:
    booking = await stage.a_held_booking()
    lives = [process.pid for process in stage.fleet.apis]
    phone = Phone(
        urls=stage.fleet.urls,
        path=f"/ws/bookings/{booking.id}",
        headers=stage.headers(booking.passenger_id),
        list_path=f"/api/v1/bookings/{booking.id}/messages",
    )
    following = asyncio.create_task(phone.follow_for_ever())
    waits = []
    try:
        async with loaded(stage, booking) as load:
            await seconds_until_good(load, 0)
            for _ in range(rounds):
                await go_and_come_back(stage, postgres, disaster)
                there = time.monotonic()
                waits.append(await seconds_until_good(load, there))
                require_only_503_meanwhile(load, there + waits[-1])
                await eventually("the worker works", lambda: relays(stage), pause_s=0.2)
        await eventually("the phone has seen every message", lambda: has_seen(phone, load))
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    assert max(waits) <= BACK_S
    assert [process.pid for process in stage.fleet.apis] == lives, "a process had to be started again"
    assert await seconds_until_out(stage) < 1
    await require_kept(stage, load)
    told = dict(load.statuses())
    quote(f"{disaster} {rounds} ×: {told}, all served again after at most {max(waits):.2f} s, {len(load.kept)} kept")


async def relays(stage: Stage) -> bool:
    """Whether a worker does what it is asked to."""
    return (await stage.sandbox.post("/sandbox/jobs/relay", timeout=5)).status_code == 200


async def has_seen(phone: Phone, load: Load) -> bool:
    """Whether everything that was acknowledged is on the screen."""
    return set(load.kept) <= set(phone.seen)


async def require_kept(stage: Stage, load: Load) -> None:
    """Every message that was acknowledged is in the store."""
    found = await stage.pool.fetch("SELECT id::text FROM carpool.messages WHERE id = ANY ($1::uuid[])", load.kept)
    assert len(found) == len(load.kept) == len(set(load.kept))
