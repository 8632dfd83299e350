"""AlloCar: people publish, look, book, pay by whatever there is, write to each other, ride or call it off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from typing import Any, Final
from uuid import UUID

from allonova.domain.identity.user import User
from benchmarks.soak.clients import CONFLICT, Clients, GivenUp, fresh_key
from benchmarks.soak.world import World
from tests.support.factories import Driver

ABIDJAN: Final = {"lat": 5.3575, "lon": -4.0083, "text": "Abidjan, Plateau"}
YAMOUSSOUKRO: Final = {"lat": 6.8190, "lon": -5.2760, "text": "Yamoussoukro"}
TOUMODI: Final = {"lat": 6.5581, "lon": -5.0186}
SEATS, PASSENGERS = 3, 4  # one more than there is room for
SOON, LATER = timedelta(minutes=100), timedelta(days=3)
PAID_WITHIN_S = 20
FARE_TWICE = 12_000
METHODS = ("wave", "orange", "mtn", "card", "wallet")
MAKE_UP = ("wave", "card", "mtn", "orange")
FULL = "booking_conflict"
MTN_PHONE = "+2250501020304"

_methods = cycle(METHODS)
_fillers = cycle(MAKE_UP)


@dataclass(frozen=True, slots=True)
class Riders:
    """Stories, each of a driver and passengers of its own."""

    world: World
    clients: Clients

    async def search(self) -> None:
        """Somebody looks, and opens what he finds."""
        day = (self.world.stage.clock.now() + SOON).date().isoformat()
        params = {
            "from": f"{ABIDJAN['lat']},{ABIDJAN['lon']}",
            "to": f"{YAMOUSSOUKRO['lat']},{YAMOUSSOUKRO['lon']}",
            "date": day,
            "page_size": "10",
        }
        hits = await self.clients.good("GET", "/api/v1/trips/search", what="search", params=params)
        if hits:
            trip = hits[len(hits) // 2]["trip"]
            await self.clients.ask("GET", f"/api/v1/trips/{trip['id']}", what="open a trip")

    async def story(self) -> None:
        """A trip that departs soon, to its end."""
        driver, people = self._cast(PASSENGERS)
        trip = await self._publish(driver, SOON)
        await self.search()
        booked = await _all(self._to_paid(driver, trip, person) for person in people)
        paid = [one for one in booked if one is not None]
        for step in (self._check_in, self._start, self._end):
            for booking, person in paid:
                await step(driver, booking, person)

    async def change_of_mind(self) -> None:
        """A trip of another day, paid for and called off."""
        driver, (person,) = self._cast(1)
        found = await self._to_paid(driver, await self._publish(driver, LATER), person)
        if found is not None:
            path = f"/api/v1/bookings/{found[0]}/cancel"
            answer = await self.clients.ask("POST", path, what="cancel", who=self._who(person), json={})
            self._require(answer.is_good or answer.is_repeat, "cancel", answer.status, answer.code)
            self.world.kept.cancelled.add(found[0])

    def _cast(self, passengers: int) -> tuple[Driver, list[User]]:
        if not self.world.drivers or len(self.world.passengers) < passengers:
            raise GivenUp("nobody is left")
        return self.world.drivers.pop(), [self.world.passengers.pop() for _ in range(passengers)]

    def _who(self, person: User | Driver) -> dict[str, str]:
        return self.world.user(person.id)

    async def _publish(self, driver: Driver, ahead: timedelta) -> Any:
        body = {
            "origin": ABIDJAN,
            "destination": YAMOUSSOUKRO,
            "departure_time": (self.world.stage.clock.now() + ahead).isoformat(),
            "price_per_seat": 6000,
            "seats_available": SEATS,
            "stops": [{"order": 1, "point": TOUMODI, "label": "Toumodi, gare", "price_from_origin": 4500}],
            "status": "published",
        }
        answer = await self.clients.ask(
            "POST", "/api/v1/trips", what="publish a trip", who=self._who(driver), json=body
        )
        if not answer.is_good:
            # Without a key, a repeat of what was done meets itself: his car is on the road then already.
            self._require(answer.is_repeat and answer.status == CONFLICT, "publish", answer.status, answer.code)
            raise GivenUp("published by a try that nobody answered")
        self.world.kept.trips.add(answer.data["id"])
        return answer.data

    async def _to_paid(self, driver: Driver, trip: Any, person: User) -> tuple[str, User] | None:
        """From the request to the money. None when there is no room, or the money has yet to come."""
        who = self._who(person)
        await self.clients.good("GET", f"/api/v1/trips/{trip['id']}", what="open a trip", who=who)
        body = {"trip_id": trip["id"], "seats": 1}
        booked = await self.clients.ask("POST", "/api/v1/bookings", what="book", who=who, json=body, key=fresh_key())
        if not booked.is_good:
            self._require(booked.code == FULL, "book", booked.status, booked.code)
            return None
        id: str = booked.data["id"]
        self.world.kept.bookings[id] = str(person.id)
        path = f"/api/v1/bookings/{id}"
        answer = await self.clients.ask("POST", f"{path}/accept", what="accept", who=self._who(driver))
        if answer.code == FULL:  # to a repeat as well: what an earlier try had accepted is answered otherwise
            return None
        self._require(answer.is_good or answer.is_repeat, "accept", answer.status, answer.code)
        await self._talk(id, driver, person)
        await self._pay(id, person)
        return (id, person) if await self._is_paid(path, who) else None

    async def _talk(self, id: str, driver: Driver, person: User) -> None:
        for whose, text in ((person, "Je suis devant la pharmacie."), (driver, "J’arrive dans cinq minutes.")):
            await say(self.clients, self.world, id, whose.id, text)

    async def _pay(self, booking_id: str, person: User) -> None:
        method = next(_methods)
        if method == "wallet":
            await self.top_up(person)
        body: dict[str, object] = {"booking_id": booking_id, "method": method}
        await self._open("/api/v1/payments/init", f"pay by {method}", body, person)

    async def top_up(self, person: User) -> None:
        """Twice a fare, and it has arrived."""
        method, who = next(_fillers), self._who(person)
        body = {"amount": FARE_TWICE, "method": method}
        await self._open("/api/v1/wallet/topup", f"top up by {method}", body, person)
        for _ in range(PAID_WITHIN_S):
            purse = await self.clients.good("GET", "/api/v1/wallet", what="read the wallet", who=who)
            if purse["balance"] >= FARE_TWICE:
                return
            await asyncio.sleep(1)
        raise GivenUp("the money is not in the wallet yet")

    async def _open(self, path: str, what: str, body: dict[str, object], person: User) -> None:
        """Begin a payment, and pay it where the client is sent."""
        if body["method"] == "mtn":
            body = body | {"phone": MTN_PHONE}
        started = await self.clients.good("POST", path, what=what, who=self._who(person), json=body, key=fresh_key())
        payment = started["payment"]
        is_paid = payment["status"] == "paid"  # by the wallet: at once
        if is_paid or await self._press(payment["provider_ref"]):
            self.world.kept.pressed[payment["id"]] = str(body["method"])

    async def _press(self, ref: str) -> bool:
        """The payer pays, and his provider says that he has."""
        return await self.clients.outside("POST", f"/checkout/{ref}", json={"outcome": "paid"}) is not None

    async def _is_paid(self, path: str, who: dict[str, str]) -> bool:
        for _ in range(PAID_WITHIN_S):
            booking = await self.clients.good("GET", path, what="read a booking", who=who)
            if booking["status"] == "paid":
                return True
            await asyncio.sleep(1)
        return False

    async def _check_in(self, driver: Driver, id: str, person: User) -> None:
        path = f"/api/v1/bookings/{id}"
        ticket = await self.clients.good("GET", path, what="read a booking", who=self._who(person))
        await self._step(driver, f"{path}/checkin", "check in", {"code": ticket["checkin_code"]})

    async def _start(self, driver: Driver, id: str, person: User) -> None:
        await self._step(driver, f"/api/v1/bookings/{id}/start-ride", "start a ride")

    async def _end(self, driver: Driver, id: str, person: User) -> None:
        await self._step(driver, f"/api/v1/bookings/{id}/end-ride", "end a ride")
        self.world.kept.rides.add(id)

    async def _step(self, driver: Driver, path: str, what: str, body: object = None) -> None:
        answer = await self.clients.ask("POST", path, what=what, who=self._who(driver), json=body)
        done = answer.is_good or (answer.is_repeat and answer.status == CONFLICT)
        self._require(done, what, answer.status, answer.code)

    def _require(self, is_true: bool, what: str, status: int, code: str) -> None:
        if not is_true:
            self.clients.record.breach(f"“{what}” was refused: {status} {code}")
            raise GivenUp(what)


async def say(clients: Clients, world: World, booking_id: str, user_id: UUID, text: str) -> None:
    """One message, kept once however often it is sent."""
    body = {"content": text, "client_id": fresh_key()}
    path = f"/api/v1/bookings/{booking_id}/messages"
    sent = await clients.good("POST", path, what="write", who=world.user(user_id), json=body)
    world.kept.said.setdefault(booking_id, []).append(sent["id"])


async def _all[T](deeds: Iterable[Awaitable[T]]) -> list[T | None]:
    """All at the same time; None for a story that ended early."""
    ends = await asyncio.gather(*deeds, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException) and not isinstance(end, GivenUp):
            raise end
    return [None if isinstance(end, BaseException) else end for end in ends]
