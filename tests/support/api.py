"""The first story as a test plays it: people with clients, and what they have in common.

Nothing runs by itself: a test says when the outbox is relayed (`relay`) and which job runs (`run`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from allonova.adapters.ws.server import SocketServer
from allonova.application.identity.open_session import SessionDesk
from allonova.domain.carpool.rules import Rules
from allonova.domain.identity.roles import Role
from allonova.domain.identity.session import ACCESS_TTL, Audience
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import NotFound
from allonova.domain.kyc.document import number_context
from allonova.domain.money.rules import MoneyRules
from allonova.main.settings import Settings
from allonova.main.wiring import Service, build_service, fixed_policies
from tests.sandbox.harness import RealTime
from tests.support.factories import SetClock, Thing, a_driver, a_user, an_admin, keep
from tests.support.inside import Inside
from tests.support.wire import data, fresh_key, trip_body


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody with a client: it sends the access token and renews it when it has run out."""

    api: Api
    id: UUID
    phone: str
    tokens: dict[str, Any]
    expires_at: datetime
    door: str = "/auth"

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
            self._take(data(await self.api.http.post(f"{self.door}/token/refresh", json=body)))
        return await self.api.http.request(method, path, headers={**self.bearer, **(headers or {})}, **more)

    @property
    def bearer(self) -> dict[str, str]:
        """The header that says who asks."""
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    def _take(self, tokens: dict[str, Any]) -> None:
        self.tokens = tokens
        self.expires_at = self.api.clock.now() + timedelta(seconds=tokens["expires_in"])


@dataclass(slots=True, kw_only=True)
class Api:
    """The service with an empty store. `http` is anybody's client of it, `outside` that of the played world."""

    http: httpx.AsyncClient
    outside: httpx.AsyncClient
    app: FastAPI
    sockets: SocketServer
    service: Service
    settings: Settings
    clock: SetClock
    real_time: RealTime
    inside: Inside

    def configure(self, **changes: Any) -> None:
        """Other settings of the HTTP adapter from now on (limits, trusted proxies)."""
        edge = self.service.edge
        self.app.state.edge = replace(edge, config=replace(edge.config, **changes))

    def follow(self, rules: Rules | None = None, money: MoneyRules | None = None) -> None:
        """Other figures of the business from now on."""
        policies = fixed_policies(self.settings, rules, money)
        self.service = build_service(self.settings, self.service.platform, self.service.outside, policies)
        self.app.state.edge = self.service.edge
        self.sockets.stand_on(self.service.sockets, self.service.hub)

    async def keep(self, *things: Thing) -> None:
        """Put things into the store that no endpoint makes yet."""
        async with self.service.platform.begin() as unit:
            await keep(unit, *things)

    async def change(self, person: Person, **fields: object) -> None:
        """Change an account in a way that no endpoint does yet."""
        async with self.service.platform.begin() as unit:
            user = await unit.users.get(person.id)
            for name, value in fields.items():
                setattr(user, name, value)
            await unit.users.save(user)

    async def relay(self) -> int:
        """Deliver what the outbox holds; how many deliveries were tried."""
        return await self.service.relay()

    async def show(self) -> int:
        """Show on sockets what the outbox holds for them; how many events."""
        return await self.service.relay_live()

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

    async def mails(self, to: str) -> list[Any]:
        """The mails that an address got, newest first."""
        await self.relay()
        return list(data(await self.outside.get("/outbox", params={"channel": "email", "to": to})))

    async def link_token(self, to: str) -> str:
        """What stands behind the last link that came by mail."""
        return str(next(mail["data"]["token"] for mail in await self.mails(to) if "token" in mail["data"]))

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

    async def enter(self, user: User, *things: Thing) -> Person:
        """Somebody new who is logged in, without the long way there; his things are put into the store."""
        outside, now = self.service.outside, self.clock.now()
        desk = SessionDesk(self.clock, outside.ids, outside.secrets, outside.tokens)
        async with self.service.platform.begin() as unit:
            await keep(unit, *things)
            tokens = await desk.open(unit, user.id, Audience.ALLOCAR)
        pair = {"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}
        return Person(api=self, id=user.id, phone=user.phone or "", tokens=pair, expires_at=now + ACCESS_TTL)

    async def passenger(self, **given: Any) -> Person:
        """Somebody who may book."""
        user = a_user(**given)
        return await self.enter(user, user)

    async def driver(self, *, is_approved: bool = True, **given: Any) -> Person:
        """Somebody with a car of five seats and, unless said otherwise, approved papers."""
        driver = a_driver(**given)
        for paper in driver.papers:
            paper.doc_number = self.service.outside.sealer.seal("CI0012345", context=number_context(paper.id))
        return await self.enter(driver.user, driver if is_approved else replace(driver, papers=[]))

    async def admin(self, role: Role = Role.SUPER, **given: Any) -> Person:
        """Somebody of the back office who is logged in, without the long way there."""
        admin = an_admin(role, **given)
        outside, now = self.service.outside, self.clock.now()
        desk = SessionDesk(self.clock, outside.ids, outside.secrets, outside.tokens)
        async with self.service.platform.begin() as unit:
            await keep(unit, admin)
            tokens = await desk.open(unit, admin.id, Audience.ALLOCAR_ADMIN, role=role)
        pair = {"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}
        return Person(api=self, id=admin.id, phone="", tokens=pair, expires_at=now + ACCESS_TTL, door="/admin")

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
