"""A release takes the place of the one before, under load and behind PgBouncer: no request fails.

`RELEASE=v1.0.0 make prove PYTEST_ARGS=tests/e2e/test_rolling.py` begins with the code of that tag or commit, on its own
tables; without it, the code at hand takes its own place.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import os
import subprocess
import tarfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.e2e.conftest import Quote
from tests.e2e.test_processes import play
from tests.support.pooler import pooler_before
from tests.support.postgres import admin_dsn, blank_database, drop_database
from tests.support.processes import Fleet, Process, allonova, answers_200, eventually, free_ports, make_fleet

ROOT = Path(__file__).parents[2]
RELEASE = os.environ.get("RELEASE", "HEAD")
SERVERS = 20  # that the pooler lends
CLIENTS = 4
PAUSE_S = 0.02  # between the requests of one client
ENOUGH = 200  # good answers, by what serves then
PASSENGERS = ("+2250700000002", "+2250700000003")
PASSWORD = "demo-allonova"
SEARCH = "/api/v1/trips/search?from=5.36,-4.01&to=6.82,-5.28&date="

pytestmark = [pytest.mark.prove, pytest.mark.promise("graceful-stop"), pytest.mark.promise("migrations-under-load")]

type Env = Mapping[str, str]


@dataclass(slots=True)
class Balancer:
    """Sends each request to the next process that it knows of."""

    urls: list[str]
    answers: Counter[str] = field(default_factory=Counter)
    _turns: Iterator[int] = field(default_factory=itertools.count)

    async def ask(self, http: httpx.AsyncClient, method: str, path: str, **given: object) -> httpx.Response | None:
        """Whatever comes is counted by its status, a broken line by its name."""
        url = self.urls[next(self._turns) % len(self.urls)]
        try:
            answer = await http.request(method, f"{url}{path}", **given)  # type: ignore[arg-type]
        except httpx.TransportError as error:
            self.answers[f"{method} {path.partition('?')[0]} {type(error).__name__}"] += 1
            return None
        self.answers[str(answer.status_code) if answer.status_code < 500 else f"{path}: {answer.text}"] += 1
        return answer

    @property
    def failed(self) -> list[str]:
        """All but what was served, and 409: the seat of a traveller's other booking."""
        return [name for name in self.answers if name not in ("200", "201", "204", "409")]


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The code of the release before."""
    command = ["git", "archive", RELEASE, "src", "migrations"]
    archive = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(tmp_path / "before", filter="data")
    return tmp_path / "before"


@pytest.fixture
def database() -> Iterator[str]:
    """One with nothing in it."""
    dsn = asyncio.run(blank_database(admin_dsn()))
    yield dsn
    asyncio.run(drop_database(admin_dsn(), dsn))


@pytest.fixture
def pooled(database: str) -> Iterator[Env]:
    """What processes are told to reach it through the pooler."""
    with pooler_before(database, servers=SERVERS) as dsn:
        yield {"ALLONOVA_DATABASE_POOLED": "true", "DATABASE_URL": dsn, "MIGRATIONS_DATABASE_URL": database}


@pytest.fixture
async def fleet(before: Path, database: str, pooled: Env, tmp_path: Path) -> AsyncIterator[Fleet]:
    """The release before, serving people of the demo; a release that knows no pooler yet goes past it."""
    knows = "database_pooled" in (before / "src/allonova/main/settings.py").read_text()
    env = {"PYTHONPATH": str(before / "src"), "DATABASE_URL": database, **(pooled if knows else {})}
    fleet = make_fleet(tmp_path, database, env)
    await play("migrate", env=fleet.env)
    await play("seed", env=fleet.env)
    try:
        await fleet.ready()
        yield fleet
    finally:
        fleet.stop()


@asynccontextmanager
async def loaded(balancer: Balancer) -> AsyncIterator[None]:
    """People who look, change something, book and cancel, until the end."""
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        tasks = [asyncio.create_task(go_on(balancer, http, PASSENGERS[n % 2])) for n in range(CLIENTS)]
        try:
            yield
            assert not [task for task in tasks if task.done()]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def go_on(balancer: Balancer, http: httpx.AsyncClient, phone: str) -> None:
    """One of them."""
    body = {"identifier": phone, "password": PASSWORD}
    said = await balancer.ask(http, "POST", "/api/v1/auth/login", json=body)
    assert said is not None
    headers = {"Authorization": f"Bearer {said.json()['data']['access_token']}"}
    search = f"{SEARCH}{datetime.now(UTC).date() + timedelta(days=1)}"
    while True:
        await balancer.ask(http, "GET", "/api/v1/me", headers=headers)
        await balancer.ask(http, "PATCH", "/api/v1/me", headers=headers, json={"first_name": "Awa"})
        found = await balancer.ask(http, "GET", search)
        if found is not None and (trips := found.json().get("data")):
            await book(balancer, http, headers, trips[0]["trip"]["id"])
        await asyncio.sleep(PAUSE_S)


async def book(balancer: Balancer, http: httpx.AsyncClient, headers: Env, trip: str) -> None:
    """And cancel."""
    keyed, body = {**headers, "Idempotency-Key": str(uuid4())}, {"trip_id": trip, "seats": 1}
    made = await balancer.ask(http, "POST", "/api/v1/bookings", headers=keyed, json=body)
    if made is not None and made.status_code == 201:
        await balancer.ask(
            http, "POST", f"/api/v1/bookings/{made.json()['data']['id']}/cancel", headers=headers, json={}
        )


async def replaced(old: Process, url: str, balancer: Balancer, env: Env) -> Process:
    """Another process takes its place: it serves, the balancer changes over, and the old one is told to stop."""
    port = free_ports(1)[0]
    new = Process(f"{old.name}-next", allonova("serve"), old.folder, {**env, "PORT": str(port)})
    new.start()
    mine = f"http://127.0.0.1:{port}"
    await eventually(f"{new.name} serves", lambda: answers_200(new, f"{mine}/readyz"), pause_s=0.1)
    balancer.urls = [mine if each == url else each for each in balancer.urls]
    old.ask_to_stop()

    async def has_ended() -> bool:
        return not old.is_running

    await eventually(f"{old.name} has ended", has_ended)
    return new


async def served(balancer: Balancer) -> None:
    """A good number of requests more."""
    goal = balancer.answers["200"] + ENOUGH

    async def is_there() -> bool:
        return balancer.answers["200"] >= goal

    await eventually("requests go on", is_there)


async def test_no_request_fails_when_a_release_takes_the_place_of_the_one_before(
    fleet: Fleet, pooled: Env, quote: Quote
) -> None:
    balancer, new = Balancer([*fleet.urls]), list[Process]()
    env = {**fleet.env, **pooled, "PYTHONPATH": str(ROOT / "src")}
    worker = Process("worker-next", allonova("worker"), fleet.worker.folder, env)
    try:
        async with loaded(balancer):
            await served(balancer)
            await play("migrate", env=env)
            await served(balancer)
            fleet.worker.ask_to_stop()
            worker.start()
            for old, url in zip(fleet.apis, fleet.urls, strict=True):
                new.append(await replaced(old, url, balancer, env))
                await served(balancer)
        await eventually("the new worker works", lambda: relays(fleet), pause_s=0.2)
        assert "clean" in await play("books", "verify", env=env)
    finally:
        for process in (worker, *new):
            process.stop()
    assert balancer.failed == []
    quote(f"{RELEASE} replaced: {dict(balancer.answers)}, none failed")


async def relays(fleet: Fleet) -> bool:
    """Whether a worker does what it is asked to."""
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.post(f"{fleet.sandbox_url}/sandbox/jobs/relay", timeout=5)).status_code == 200
