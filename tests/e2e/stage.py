"""A test's hands: clients of both API processes and of the sandbox, and the stores, to prepare and to look."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.crypto.tokens import JoseTokens
from allonova.adapters.postgres.kernel.clock import PostgresClockControl
from allonova.adapters.postgres.money.books import PostgresBooks
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.identity.open_session import SessionDesk
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.trip import Trip
from allonova.domain.identity.session import Audience, TokenPair
from allonova.domain.identity.user import User
from allonova.domain.money.payment import Payment
from allonova.domain.notifications.quiet import morning_after
from allonova.main.wiring import HEARD, LIVE
from tests.support.factories import (
    HOUR,
    Driver,
    Thing,
    a_booking,
    a_driver,
    a_payment,
    a_stop,
    a_trip,
    a_user,
    accepted,
    keep,
)
from tests.support.processes import SECRETS, Fleet, eventually
from tests.support.sieve import SIEVE

AUTH = "/api/v1/auth"
WEBHOOK = "/api/v1/payments/webhook/wave"
WEBHOOK_SECRET = "wave_sn_WHS_sandbox"  # the sandbox's own, unless a setting says otherwise
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """`a` and `b` are the two API processes. The stores write what is only preparation."""

    fleet: Fleet
    a: httpx.AsyncClient
    b: httpx.AsyncClient
    sandbox: httpx.AsyncClient
    pool: Pool
    units: PostgresUnits
    clock: PostgresClockControl
    tokens: JoseTokens
    desk: SessionDesk

    @property
    def either(self) -> itertools.cycle[httpx.AsyncClient]:
        """Both processes by turns."""
        return itertools.cycle((self.a, self.b))

    async def keep(self, *things: Thing) -> None:
        """Add things in one unit."""
        async with self.units.begin() as unit:
            await keep(unit, *things)

    def a_user(self, **given: Any) -> User:
        """A passenger of these tests, made now."""
        now = self.clock.now()
        return a_user(**({"phone": _phone(), "created_at": now, "updated_at": now} | given))

    def a_driver(self) -> Driver:
        """A driver of these tests."""
        return a_driver(phone=_phone())

    async def a_trip(self, *, seats: int = 3, driver: Driver | None = None) -> Trip:
        """A published one, long after all of these tests, with a stop on the way: kept, and its driver with it."""
        driver = driver or self.a_driver()
        departure = self.clock.now() + timedelta(days=60)
        stop = a_stop(eta=departure + 2 * HOUR)
        trip = a_trip(driver, seats=seats, stops=[stop], departure_time=departure)
        await self.keep(driver, trip)
        return trip

    async def a_held_booking(self) -> Booking:
        """Accepted, and yet to be paid: kept, and its people and its trip with it."""
        passenger, trip, now = self.a_user(), await self.a_trip(), self.clock.now()
        booking = accepted(trip, a_booking(trip, passenger, created_at=now, updated_at=now), at=now)
        async with self.units.begin() as unit:
            await keep(unit, passenger, booking)
            await unit.trips.save(trip)
        return booking

    def headers(self, user_id: UUID, session_id: UUID | None = None) -> dict[str, str]:
        """An access token of somebody."""
        now = self.clock.now()
        token = self.tokens.sign(
            subject=user_id,
            session=session_id or uuid4(),
            audience=Audience.ALLOCAR,
            issued_at=now,
            expires_at=now + timedelta(minutes=15),
        )
        return {"Authorization": f"Bearer {token}"}

    async def log_in(self, user: User) -> TokenPair:
        """A session, as if by a code."""
        async with self.units.begin() as unit:
            return await self.desk.open(unit, user.id, Audience.ALLOCAR)

    async def advance(self, by: timedelta) -> None:
        """Later, everywhere."""
        answer = await self.sandbox.post("/sandbox/clock", json={"advance_s": by.total_seconds()})
        assert answer.status_code == 200
        await self.clock.refresh()

    async def go_into_the_day(self) -> None:
        """At night SMS wait for the morning, and so would the test."""
        now = self.clock.now()
        morning = morning_after(now) or morning_after(now + timedelta(hours=2))
        if morning is not None:
            await self.advance(morning - now)

    async def run_job(self, name: str) -> None:
        """Have the worker run a job, and wait for its end."""
        answer = await self.sandbox.post(f"/sandbox/jobs/{name}")
        assert answer.status_code == 200, answer.text

    async def sms_to(self, phone: str | None) -> list[str]:
        """The templates of what a phone was sent, the newest first."""
        answer = await self.sandbox.get("/sandbox/outbox", params={"channel": "sms", "to": phone or ""})
        return [sms["template"] for sms in answer.json()["data"]]

    async def all_delivered(self) -> None:
        """Wait until the outbox has nothing left to deliver now, or to try again."""
        await eventually("all deliveries are done", self._nothing_due)

    async def _nothing_due(self) -> bool:
        left = """
            SELECT count(*) FROM platform.outbox
            WHERE done_at IS NULL AND dead_at IS NULL AND due_at <= $1::timestamptz
        """
        soon = self.clock.now() + timedelta(hours=1)  # another try counts, what waits for a day does not
        return bool(await self.pool.fetchval(left, soon) == 0)

    async def require_sound_books(self) -> None:
        """The books' own proof."""
        report = await PostgresBooks(self.pool).verify()
        assert report.faults == ()

    def a_payment(self, booking: Booking, **given: Any) -> Payment:
        """Its fare on its way by Wave since this moment: an older one the worker itself asks Wave about, and may hear
        first that it was paid.
        """
        now = self.clock.now()
        return a_payment(booking, created_at=now, updated_at=now, **given)

    def paid(self, payment: Payment, *, event_id: str | None = None) -> tuple[bytes, dict[str, str]]:
        """Wave's word that a payment was made, as body and headers."""
        session = {
            "id": payment.provider_ref,
            "amount": str(payment.amount),
            "checkout_status": "complete",
            "client_reference": str(payment.id),
            "currency": payment.currency,
            "payment_status": "succeeded",
        }
        event = {"id": event_id or f"EV_{uuid4().hex}", "type": "checkout.session.completed", "data": session}
        body = json.dumps(event).encode()
        at = str(int(self.clock.now().timestamp()))
        proof = hmac.new(WEBHOOK_SECRET.encode(), at.encode() + body, hashlib.sha256).hexdigest()
        return body, {"Wave-Signature": f"t={at},v1={proof}", "Content-Type": "application/json"}

    async def tell_paid(self, client: httpx.AsyncClient, payment: Payment, *, event_id: str | None = None) -> str:
        """Post that word; what became of it."""
        body, headers = self.paid(payment, event_id=event_id)
        answer = await client.post(WEBHOOK, content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        outcome: str = answer.json()["data"]["outcome"]
        return outcome


async def all_at_once[T](deeds: Iterable[Awaitable[T]]) -> list[T]:
    """Everything in flight together; the first failure is raised when all have ended."""
    ends = await asyncio.gather(*deeds, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return [end for end in ends if not isinstance(end, BaseException)]


def statuses(answers: Sequence[httpx.Response]) -> list[int]:
    """In order of size."""
    return sorted(answer.status_code for answer in answers)


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    """Exchange a refresh token."""
    return await client.post(f"{AUTH}/token/refresh", json={"refresh_token": token})


async def seconds_until_out(stage: Stage) -> float:
    """How long the other process still serves somebody who has logged out at one."""
    user = stage.a_user()
    await stage.keep(user)
    tokens = await stage.log_in(user)
    headers = {"Authorization": f"Bearer {tokens.access_token}"}
    assert (await stage.b.get("/api/v1/me", headers=headers)).status_code == 200
    body = {"refresh_token": tokens.refresh_token}
    assert (await stage.a.post(f"{AUTH}/logout", json=body, headers=headers)).status_code == 204
    started = time.monotonic()

    async def is_out() -> bool:
        return (await stage.b.get("/api/v1/me", headers=headers)).status_code == 401

    await eventually("the other process refuses", is_out, pause_s=0.01)
    assert statuses([await refresh(stage.b, tokens.refresh_token)]) == [401]
    return time.monotonic() - started


@asynccontextmanager
async def open_stage(fleet: Fleet) -> AsyncIterator[Stage]:
    """A stage on a fleet that serves."""
    async with AsyncExitStack() as stack:
        limits, timeout = httpx.Limits(max_connections=None), httpx.Timeout(60)
        clients = [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=url, limits=limits, timeout=timeout, trust_env=False, event_hooks={"response": [hook]}
                )
            )
            for url, hook in (
                *((url, SIEVE.exchanged) for url in fleet.urls),
                (fleet.sandbox_url, SIEVE.told),
            )
        ]
        pool = await open_pool(fleet.database_url, min_size=1, max_size=8)
        stack.push_async_callback(pool.close)
        clock = PostgresClockControl(pool, SystemClock())
        await clock.refresh()
        ids, kid = RandomIds(), next(iter(SECRETS))
        tokens = JoseTokens(SECRETS, kid, issuer="allonova", clock=clock)
        stage = Stage(
            fleet=fleet,
            a=clients[0],
            b=clients[1],
            sandbox=clients[2],
            pool=pool,
            units=PostgresUnits(pool, subscribers=HEARD, live=LIVE, ids=ids, clock=clock, wake=lambda _: None),
            clock=clock,
            tokens=tokens,
            desk=SessionDesk(clock, ids, ServerSecrets(SECRETS, kid), tokens),
        )
        await stage.go_into_the_day()
        yield stage


def _phone() -> str:
    return f"+22501{next(_numbers):08d}"
