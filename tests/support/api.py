"""The first story over HTTP: the real app and the played vendors in one event loop, and time that only tests move.

Nothing runs by itself: a test says when the outbox is relayed (`relay`) and which job runs (`run`).
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.http.provide import HttpConfig
from allonova.adapters.http.root import create_app
from allonova.adapters.local.limits import LocalRateLimiter
from allonova.adapters.local.revocations import LocalRevocations
from allonova.adapters.postgres.carpool.queries import PostgresCarpoolQueries
from allonova.adapters.postgres.identity.queries import PostgresIdentityQueries
from allonova.adapters.postgres.kernel.deliveries import PostgresDeliveryQueue
from allonova.adapters.postgres.money.books import PostgresBooks
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.adapters.sandbox.app import Pace, create_sandbox, sandbox_running
from allonova.domain.carpool.rules import Rules
from allonova.domain.kernel.errors import NotFound
from allonova.main.embedded import sandbox_config
from allonova.main.platforms import memory_platform
from allonova.main.settings import Env, Settings
from allonova.main.wiring import HEARD, Platform, Service, build_outside, build_service, http_config
from tests.sandbox.harness import RealTime
from tests.support.documented import Documented, documented
from tests.support.factories import DEPARTURE, SetClock, Thing, a_driver, a_user, keep
from tests.support.inside import Inside, InsideMemory, InsidePostgres
from tests.support.postgres import wipe

ROOT = "https://api.allonova.test"
ORIGIN = "https://app.allonova.test"
OUTSIDE = "http://127.0.0.1:8000/sandbox"
ADDRESS = "203.0.113.7"
NO_LIMIT = 1_000_000
SETTINGS = Settings.model_construct(
    env=Env.TEST,
    public_url=ROOT,
    cors_origins=(ORIGIN,),
    rate_limit_per_minute=NO_LIMIT,
    address_limit_per_minute=NO_LIMIT,
    auth_limit_per_minute=NO_LIMIT,
    auth_address_limit_per_minute=NO_LIMIT,
    auth_identifier_limit_per_hour=NO_LIMIT,
)
ABIDJAN = {"lat": 5.3575, "lon": -4.0083, "text": "Abidjan, Plateau"}
TOUMODI = {"lat": 6.5581, "lon": -5.0186}
YAMOUSSOUKRO = {"lat": 6.8190, "lon": -5.2760, "text": "Yamoussoukro"}

_numbers = itertools.count(1)


def data(answer: httpx.Response, status: int = 200) -> Any:
    """What a good answer holds; its envelope is checked on the way."""
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"data", "meta"}
    assert answer.json()["meta"]["request_id"] == answer.headers["x-request-id"]
    return answer.json()["data"]


def refusal(answer: httpx.Response, status: int, code: str) -> Any:
    """The details of a refusal; its envelope is checked on the way."""
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error", "meta"}
    assert set(answer.json()["error"]) == {"code", "message", "details"}
    assert answer.json()["meta"]["request_id"] == answer.headers["x-request-id"]
    assert answer.json()["error"]["code"] == code, answer.text
    return answer.json()["error"]["details"]


def paths(details: Any) -> list[str]:
    """The paths of a validation error."""
    return [fault["path"] for fault in details["fields"]]


def fresh_phone() -> str:
    """A phone that nobody has."""
    return f"+22505{next(_numbers):08d}"


def fresh_key() -> str:
    """An Idempotency-Key that was never sent."""
    return f"key-{next(_numbers)}"


def trip_body(**given: Any) -> dict[str, Any]:
    """Abidjan to Yamoussoukro for 6,000 francs, three seats, published."""
    made = {
        "origin": ABIDJAN,
        "destination": YAMOUSSOUKRO,
        "departure_time": DEPARTURE.isoformat(),
        "price_per_seat": 6000,
        "seats_available": 3,
        "status": "published",
    }
    return made | given


def stop_body(**given: Any) -> dict[str, Any]:
    """Toumodi, for 4,500 francs from Abidjan."""
    return {"order": 1, "point": TOUMODI, "label": "Toumodi, gare", "price_from_origin": 4500} | given


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody with a client: it sends the access token and renews it when it has run out."""

    api: Api
    id: UUID
    phone: str
    tokens: dict[str, Any]
    expires_at: datetime

    async def get(self, path: str, **params: str | int) -> httpx.Response:
        """`GET`, with a query string."""
        return await self.send("GET", path, params=params or None)

    async def post(self, path: str, body: object = None, *, key: str | None = None) -> httpx.Response:
        """`POST`, with a JSON body unless it is None."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.send("POST", path, json=body, headers=headers)

    async def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """Any request."""
        if self.api.clock.now() >= self.expires_at:
            body = {"refresh_token": self.tokens["refresh_token"]}
            self._take(data(await self.api.http.post("/auth/token/refresh", json=body)))
        return await self.api.http.request(method, path, headers={**self.bearer, **(headers or {})}, **more)

    @property
    def bearer(self) -> dict[str, str]:
        """The header that says who asks."""
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    def _take(self, tokens: dict[str, Any]) -> None:
        self.tokens = tokens
        self.expires_at = self.api.clock.now() + timedelta(seconds=tokens["expires_in"])


@dataclass(slots=True)
class _Turned:
    """The service's clock and jobs, as the sandbox's controls turn them."""

    clock: SetClock
    api: Api | None = None

    def now(self) -> datetime:
        """See ClockControl."""
        return self.clock.now()

    async def advance(self, seconds: float) -> datetime:
        """See ClockControl."""
        return self.clock.advance(timedelta(seconds=seconds))

    async def run(self, name: str) -> None:
        """See JobTrigger."""
        assert self.api is not None
        await self.api.run(name)


@dataclass(slots=True, kw_only=True)
class Api:
    """The service with an empty store. `http` is anybody's client of it, `outside` that of the played world."""

    http: httpx.AsyncClient
    outside: httpx.AsyncClient
    app: FastAPI
    service: Service
    clock: SetClock
    real_time: RealTime
    inside: Inside
    is_postgres: bool
    _people: dict[str, Person] = field(default_factory=dict)

    def configure(self, **changes: Any) -> None:
        """Other settings of the HTTP adapter from now on (limits, trusted proxies)."""
        edge = self.service.edge
        self.app.state.edge = replace(edge, config=replace(edge.config, **changes))

    def follow(self, rules: Rules) -> None:
        """Other figures of the business from now on."""
        self.service = build_service(SETTINGS, self.service.platform, self.service.outside, rules)
        self.app.state.edge = self.service.edge

    async def keep(self, *things: Thing) -> None:
        """Put things into the store that no endpoint makes yet."""
        async with self.service.platform.begin() as unit:
            await keep(unit, *things)

    async def relay(self) -> int:
        """Deliver what the outbox holds; how many deliveries were tried."""
        return await self.service.relay()

    async def run(self, name: str) -> None:
        """Run a job. Raises NotFound for an unknown name."""
        job = next((job for job in self.service.jobs if job.name == name), None)
        if job is None:
            raise NotFound
        await job.run()

    async def messages(self, phone: str) -> list[Any]:
        """The SMS that a phone got, newest first."""
        await self.relay()
        return list(data(await self.outside.get("/outbox", params={"channel": "sms", "to": phone})))

    async def code(self, phone: str) -> str:
        """The last code that came by SMS."""
        return str(next(m["data"]["code"] for m in await self.messages(phone) if m["template"] == "otp"))

    async def log_in(self, phone: str) -> Person:
        """By a code that is sent now, and at no other code's instant."""
        self.clock.advance(timedelta(microseconds=1))
        data(await self.http.post("/auth/otp/send", json={"phone": phone}))
        return await self.log_in_by(phone)

    async def log_in_by(self, phone: str) -> Person:
        """By the last code that came by SMS."""
        tokens = data(await self.http.post("/auth/otp/verify", json={"phone": phone, "code": await self.code(phone)}))
        expires_at = self.clock.now() + timedelta(seconds=tokens["expires_in"])
        return Person(api=self, id=UUID(tokens["user"]["id"]), phone=phone, tokens=tokens, expires_at=expires_at)

    async def passenger(self, **given: Any) -> Person:
        """Somebody who may book."""
        user = a_user(**given)
        await self.keep(user)
        return await self.log_in(user.phone or "")

    async def driver(self, *, is_approved: bool = True, **given: Any) -> Person:
        """Somebody with a car of five seats and, unless said otherwise, approved papers."""
        driver = a_driver(**given)
        await self.keep(driver if is_approved else replace(driver, papers=[]))
        return await self.log_in(driver.user.phone or "")

    async def trip(self, driver: Person, **given: Any) -> Any:
        """A published trip."""
        return data(await driver.post("/trips", trip_body(**given)), 201)

    async def pending(self, passenger: Person, trip: Any, *, seats: int = 1, **given: Any) -> Any:
        """A booking that waits for the driver, unless he accepts automatically."""
        body = {"trip_id": trip["id"], "seats": seats, **given}
        return data(await passenger.post("/bookings", body), 201)

    async def accepted(self, passenger: Person, driver: Person, trip: Any, **given: Any) -> Any:
        """A booking that waits for the money."""
        booking = await self.pending(passenger, trip, **given)
        data(await driver.post(f"/bookings/{booking['id']}/accept"))
        return data(await passenger.get(f"/bookings/{booking['id']}"))

    async def started(self, passenger: Person, booking: Any, *, key: str | None = None) -> Any:
        """`{payment, intent}` of a payment by Wave."""
        body = {"booking_id": booking["id"], "method": "wave"}
        return data(await passenger.post("/payments/init", body, key=key or fresh_key()))

    async def paid(self, passenger: Person, driver: Person, trip: Any, **given: Any) -> Any:
        """A booking whose money is in escrow."""
        booking = await self.accepted(passenger, driver, trip, **given)
        started = await self.started(passenger, booking)
        await self.press(started["payment"]["provider_ref"], "paid")
        return data(await passenger.get(f"/bookings/{booking['id']}"))

    async def press(self, provider_ref: str, outcome: str) -> None:
        """The payer's button at the provider; its webhook has come when this returns."""
        answer = await self.outside.post(f"/checkout/{provider_ref}", json={"outcome": outcome})
        assert answer.status_code == 200, answer.text

    async def arm(self, kind: str, *, times: int = 1, provider: str = "wave", delay_s: float = 0) -> None:
        """The provider's next calls or callbacks go wrong. A call that hangs longer than 0 s hangs until the test lets
        real time pass.
        """
        body = {"provider": provider, "kind": kind, "times": times, "delay_s": delay_s}
        data(await self.outside.post("/faults", json=body))

    async def wave_sessions(self, payment_id: str) -> list[Any]:
        """What Wave has for a payment."""
        query, headers = {"client_reference": payment_id}, {"Authorization": "Bearer any"}
        answer = await self.outside.get("/wave/v1/checkout/sessions/search", params=query, headers=headers)
        return list(answer.json()["result"])

    async def ledger(self) -> Any:
        """Wave's own books."""
        return data(await self.outside.get("/ledger", params={"provider": "wave"}))

    async def audit_books(self) -> None:
        """Our books are sound, and what clearing says of Wave is what Wave says of itself."""
        report = await self.service.platform.books.verify()
        assert report.faults == ()
        theirs = await self.ledger()
        arrived = sum(line["amount"] for line in theirs["charges"])
        went_back = sum(line["amount"] for line in theirs["refunds"])
        ours = sum(movement.francs.get("clearing:wave", 0) for movement in await self.inside.journal())
        assert -ours == arrived - went_back


@cache
def app_of(config: HttpConfig) -> FastAPI:
    """The app, made once for each configuration: its edge is another one for each test."""
    return create_app(config)


@cache
def _documented(config: HttpConfig) -> Documented:
    return documented(app_of(config))


@dataclass(frozen=True, slots=True)
class Server:
    """A database of our own: the application's connections, and one of whoever owns the tables."""

    pool: Pool
    owner: Pool


@asynccontextmanager
async def server_at(dsn: str) -> AsyncIterator[Server]:
    """Connected; many tests share it, since warm connections are ten times faster than new ones."""
    async with await open_pool(dsn, max_size=12) as pool, await open_pool(dsn, max_size=1, role=None) as owner:
        yield Server(pool, owner)


@asynccontextmanager
async def api_on(server: Server | None, settings: Settings = SETTINGS) -> AsyncIterator[Api]:
    """The service on a PostgreSQL that is emptied first, or in memory when there is none."""
    clock, real_time = SetClock(), RealTime()
    app, turned = app_of(http_config(settings)), _Turned(clock)
    async with AsyncExitStack() as stack:
        platform, inside = await _platform(server, clock)
        ours = httpx.ASGITransport(app=app, client=(ADDRESS, 50_000))
        callbacks = await stack.enter_async_context(httpx.AsyncClient(transport=ours))
        state = sandbox_config(settings, Path(":memory:"))
        sandbox = create_sandbox(state, clock=turned, jobs=turned, http=callbacks, pace=_pace(real_time))
        await stack.enter_async_context(sandbox_running(sandbox))
        theirs = httpx.ASGITransport(app=sandbox)
        vendors = await stack.enter_async_context(httpx.AsyncClient(transport=theirs))
        service = build_service(settings, platform, build_outside(settings, clock, vendors))
        app.state.edge = service.edge
        hooks: dict[str, list[Callable[..., Any]]] = {"response": [_documented(http_config(settings))]}
        client = httpx.AsyncClient(transport=ours, base_url=f"{ROOT}/api/v1", event_hooks=hooks)
        turned.api = Api(
            http=await stack.enter_async_context(client),
            outside=await stack.enter_async_context(httpx.AsyncClient(transport=theirs, base_url=OUTSIDE)),
            app=app,
            service=service,
            clock=clock,
            real_time=real_time,
            inside=inside,
            is_postgres=server is not None,
        )
        yield turned.api


def _pace(time: RealTime) -> Pace:
    """A call that hangs for 0 s answers at once; whatever waits longer waits for the test."""

    async def sleep(seconds: float) -> None:
        if seconds > 0:
            await time.sleep(seconds)

    return Pace(sleep=sleep, real_time=time.now)


async def _platform(server: Server | None, clock: SetClock) -> tuple[Platform, Inside]:
    if server is None:
        memory = memory_platform(clock, wake=_nobody)
        return memory, InsideMemory(memory)
    await wipe(server.owner)
    pool = server.pool
    units = PostgresUnits(pool, subscribers=HEARD, ids=RandomIds(), clock=clock, wake=_nobody)
    platform = Platform(
        begin=units.begin,
        carpool=PostgresCarpoolQueries(pool),
        identity=PostgresIdentityQueries(pool),
        books=PostgresBooks(pool),
        deliveries=PostgresDeliveryQueue(pool),
        clock=clock,
        revocations=LocalRevocations(clock),
        limiter=LocalRateLimiter(),
        health={},
    )
    return platform, InsidePostgres(server.owner)


def _nobody() -> None:
    """Nobody is woken: the test relays by itself."""
