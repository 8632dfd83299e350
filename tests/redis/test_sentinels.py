"""Redis under Sentinel, with real ones: another server leads, and nobody is started anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from allonova.adapters.jobs.arq_jobs import QUEUE, QueueWaker, Requested, create_worker
from allonova.adapters.jobs.job import RELAY, Job
from allonova.adapters.local.limits import LocalRateLimiter
from allonova.adapters.redis.bus import SIGN_OF_LIFE, RedisBus
from allonova.adapters.redis.client import connect, connections, is_healthy
from allonova.adapters.redis.limits import RedisRateLimiter
from allonova.adapters.redis.listening import QUIET_S
from allonova.adapters.redis.master import MasterPool
from allonova.adapters.redis.tickets import RedisTickets
from allonova.adapters.redis.together import Together
from allonova.application.identity.ports import Caller
from allonova.application.identity.tickets import Holder
from allonova.application.kernel.limits import Limit
from allonova.application.kernel.live import ChannelsDown
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import ServiceUnavailable
from tests.notify.mailbox import a_certificate
from tests.redis.test_revocations import process
from tests.support.processes import eventually
from tests.support.sentinels import SERVICE, Watched, make_guarded
from tests.ws.test_bus import Ear, put

BACK_S = 10.0  # what a failover may cost, once there is a master again
HEARD_S = 1.0
ROOM = "room"

type Works = Callable[[], Awaitable[bool]]


class Nothing:
    """No job is asked for."""

    async def take_due(self, names: Collection[str]) -> Sequence[Requested]:
        return ()

    async def finish(self, id: object, error: str | None = None) -> None:
        """Never called."""


async def work_for_ever(url: str, ran: asyncio.Event) -> None:
    """What `allonova worker` does: arq ends with its Redis, and is begun again."""

    async def run() -> None:
        ran.set()

    async def nothing(ctx: dict[Any, Any]) -> None:
        """Neither at the start nor at the end."""

    async def learn_nothing() -> None:
        """The time is the system's."""

    while True:
        pool = connections(url, retries=0)
        worker = create_worker(
            pool,
            jobs=lambda: {RELAY: Job(RELAY, run, 3600)},
            requests=Nothing,
            on_startup=nothing,
            on_shutdown=nothing,
            before_job=learn_nothing,
            schedule=[(RELAY, 3600)],
            limits={},
        )
        try:
            with suppress(RedisError, OSError):
                await worker.async_run()
        finally:  # a job that still says that it is done would connect anew behind the pool's back
            await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
            await pool.disconnect()


@asynccontextmanager
async def limits(url: str) -> AsyncIterator[Works]:
    """A limit that holds for all processes, or refuses."""
    limiter = RedisRateLimiter(Together(client := connect(url)), fallback=LocalRateLimiter())

    async def works() -> bool:
        try:
            return (
                await limiter.hit([Limit(name="login", key=str(uuid4()), amount=2, window_s=60, closed=True)])
            ).allowed
        except ServiceUnavailable:
            return False

    yield works
    await client.aclose()


@asynccontextmanager
async def tickets(url: str) -> AsyncIterator[Works]:
    """One is kept, and taken once."""
    shelf = RedisTickets(client := connect(url))
    holder = Holder(Caller(uuid4(), uuid4(), None, None), Audience.ALLOCAR, datetime(2026, 3, 1, 8, tzinfo=UTC))

    async def works() -> bool:
        digest = str(uuid4())
        try:
            await shelf.keep(digest, holder)
            return [await shelf.take(digest) for _ in range(2)] == [holder, None]
        except ServiceUnavailable:
            return False

    yield works
    await client.aclose()


@asynccontextmanager
async def revocations(url: str) -> AsyncIterator[Works]:
    """Another process hears of a session's end."""
    async with process(url) as one, process(url) as other:

        async def works() -> bool:
            await one.announce(session_id := uuid4())
            async with asyncio.timeout(HEARD_S):
                while not other.is_revoked(session_id):
                    await asyncio.sleep(0.01)
            return True

        yield works


@asynccontextmanager
async def bus(url: str) -> AsyncIterator[Works]:
    """A frame reaches the sockets of another process."""
    async with RedisBus(url) as one, RedisBus(url) as other:
        other.bind(ear := Ear())
        await other.follow(ROOM)

        async def works() -> bool:
            body = str(uuid4())
            try:
                await put(one, ROOM, body)
            except ChannelsDown:
                return False
            async with asyncio.timeout(HEARD_S):
                while (await ear.shown.get())[1].body != body.encode():
                    pass
            return True

        yield works


@asynccontextmanager
async def jobs(url: str) -> AsyncIterator[Works]:
    """The worker does at once what another process asks for."""
    waker, ran = QueueWaker(connections(url, retries=0)), asyncio.Event()
    worker = asyncio.create_task(work_for_ever(url, ran))

    async def works() -> bool:
        ran.clear()
        waker.wake()
        async with asyncio.timeout(HEARD_S):
            return await ran.wait()

    async with waker.running():
        yield works
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)


@pytest.mark.promise("redis-down")
@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_all_is_back_within_ten_seconds_when_another_leads(watched: Watched, how: str) -> None:
    async with AsyncExitStack() as stack:
        parts = [limits, tickets, revocations, bus, jobs]
        working = {part.__name__: await stack.enter_async_context(part(watched.url)) for part in parts}
        for name, works in working.items():
            await eventually(name, works, patience_s=BACK_S)
        first = watched.servers[0]
        first.process.kill() if how == "killed" else first.freeze()
        await watched.failed_over()
        await asyncio.gather(*(eventually(name, works, patience_s=BACK_S) for name, works in working.items()))


async def test_nothing_is_written_to_the_old_master_when_it_comes_back(watched: Watched) -> None:
    first, second = watched.servers
    idle = connect(watched.url)
    await idle.ping()
    first.freeze()
    await watched.failed_over()
    first.thaw()
    assert await first.role() == "master"  # it has not been told yet
    await idle.set("a", "1")
    async with first.client() as old, second.client() as new:
        assert [await old.get("a"), await new.get("a")] == [None, "1"]
    await idle.aclose()


async def test_server_is_heard_no_more_when_another_leads(watched: Watched) -> None:
    async with RedisBus(watched.url) as bus:
        bus.bind(ear := Ear())
        watched.servers[0].freeze()
        await watched.failed_over()
        watched.servers[0].thaw()  # before its silence was noticed, and long before it is told
        async with asyncio.timeout(QUIET_S + HEARD_S):
            await ear.missed.get()
        async with watched.servers[1].client() as new:
            assert await new.pubsub_numsub(SIGN_OF_LIFE) == [(SIGN_OF_LIFE, 1)]


async def test_writing_fails_when_the_server_became_a_replica(watched: Watched) -> None:
    client = connect(watched.url)
    await client.set("a", "1")
    async with watched.servers[0].client() as straight:
        await straight.execute_command("REPLICAOF", "127.0.0.1", "1")  # type: ignore[no-untyped-call]
    with pytest.raises(RedisConnectionError):
        await client.set("a", "2")
    with pytest.raises(RedisConnectionError):
        await client.eval("return redis.call('SET', KEYS[1], '2')", 1, "a")  # type: ignore[misc]
    await client.aclose()


async def test_worker_is_woken_later_when_the_server_became_a_replica(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    waker = QueueWaker(connections(watched.url, retries=0))

    async def has_failed() -> bool:
        return "worker not woken" in caplog.messages

    async with watched.servers[0].client() as straight, waker.running():
        await straight.execute_command("REPLICAOF", "127.0.0.1", "1")  # type: ignore[no-untyped-call]
        waker.wake()
        await eventually("it was tried", has_failed, patience_s=BACK_S)
        await straight.execute_command("REPLICAOF", "NO", "ONE")  # type: ignore[no-untyped-call]
        await eventually("it was asked for", lambda: straight.zcard(QUEUE), patience_s=BACK_S)


async def test_goes_on_when_the_sentinels_are_gone(watched: Watched) -> None:
    client = connect(watched.url)
    await client.set("a", "1")
    watched.sentinels[0].process.kill()
    async with connect(watched.url) as late:
        assert await late.get("a") == b"1"
    for sentinel in watched.sentinels:
        sentinel.process.kill()
    cast("MasterPool", client.connection_pool)._ask_at = 0
    assert await client.get("a") == b"1"
    async with connect(watched.url) as late:
        assert not await is_healthy(late)
    await client.aclose()


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Watched]:
    """A server and a Sentinel with TLS and passwords."""
    a_certificate(tmp_path)
    guarded = make_guarded(
        tmp_path,
        certificate=tmp_path / "mail.pem",
        key=tmp_path / "mail.key",
        password="p+ss",
        sentinel_password="w&tch",
    )
    try:
        await guarded.start()
        yield guarded
    finally:
        guarded.stop()


@pytest.mark.parametrize(
    ("hosts", "login", "options", "is_let_in"),
    [
        ("{hosts}", "default:p%2Bss@", "sentinel_password=w%26tch&ssl_ca_certs={pem}", True),
        ("{hosts}", ":p%2Bss@", "sentinel_username=default&sentinel_password=w%26tch&ssl_ca_certs={pem}", True),
        ("{hosts}", ":p%2Bss@", "sentinel_password=w%26tch", False),
        ("{hosts}", ":p%2Bss@", "ssl_ca_certs={pem}", False),
        ("{hosts}", "", "sentinel_password=w%26tch&ssl_ca_certs={pem}", False),
        ("localhost:{port}", ":p%2Bss@", "sentinel_password=w%26tch&ssl_ca_certs={pem}", False),
        (
            "localhost:{port}",
            ":p%2Bss@",
            "sentinel_password=w%26tch&ssl_ca_certs={pem}&ssl_check_hostname=false",
            True,
        ),
    ],
)
async def test_asks_with_tls_and_passwords_when_they_are_wanted(
    guarded: Watched, tmp_path: Path, hosts: str, login: str, options: str, *, is_let_in: bool
) -> None:
    given = {"hosts": guarded.hosts, "port": guarded.sentinels[0].port, "pem": tmp_path / "mail.pem"}
    url = f"rediss+sentinel://{login}{hosts}/{SERVICE}?{options}".format(**given)
    async with connect(url) as client:
        assert await is_healthy(client) is is_let_in


@pytest.mark.parametrize(
    ("host", "options", "is_let_in"),
    [("127.0.0.1", "", True), ("localhost", "", False), ("localhost", "&ssl_check_hostname=false", True)],
)
async def test_name_is_checked_when_one_server_speaks_tls(
    guarded: Watched, tmp_path: Path, host: str, options: str, *, is_let_in: bool
) -> None:
    url = f"rediss://:p%2Bss@{host}:{guarded.servers[0].port}/0?ssl_ca_certs={tmp_path / 'mail.pem'}{options}"
    async with connect(url) as client:
        assert await is_healthy(client) is is_let_in
