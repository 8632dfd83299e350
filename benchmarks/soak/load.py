"""The load: so many deeds of each kind a second, whatever becomes of the ones before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count, cycle
from math import ceil
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from allonova.domain.carpool.booking import Booking
from allonova.domain.identity.session import TokenPair
from benchmarks.soak.clients import Clients, GivenUp
from benchmarks.soak.offices import ChauffeurPhone, Offices
from benchmarks.soak.probes import Probes
from benchmarks.soak.record import NO_ANSWER, Attempt
from benchmarks.soak.riders import PASSENGERS, Riders, say
from benchmarks.soak.world import World
from tests.e2e.phones import Phone
from tests.support.pictures import picture

UNDER_WAY_AT_MOST = 60  # of one kind: a client that is not served does not come twice
FORGED = {"Wave-Signature": "t=1,v1=00", "Content-Type": "application/json"}
UNAUTHORIZED = 401
TOKENS = ("access_token", "refresh_token", "expires_in")
# Deeds a second of each kind, at scale 1. A story is some forty requests, an order about ten.
STORIES, CHANGES, SEARCHES, ORDERS, LOOKS, WORDS, PHOTOS, REFRESHES, FORGERIES, TOP_UPS, PAYOUTS = (
    *(0.4, 0.25, 10.0, 0.5, 1.5, 3.0, 0.3, 1.0, 0.5, 0.3, 0.05),
)
PEOPLE_A_SECOND: Final = STORIES * PASSENGERS + CHANGES + TOP_UPS + PHOTOS
SPARE = 20
SEED = 7

type Kind = tuple[str, float, Callable[[], Awaitable[None]]]
"""Its name, how often a second, and the deed."""


def people_needed(seconds: float, scale: float) -> tuple[int, int]:
    """Drivers and passengers for so long."""
    drivers, passengers = (STORIES + CHANGES) * scale * seconds, PEOPLE_A_SECOND * scale * seconds
    return ceil(drivers) + SPARE, ceil(passengers) + SPARE


@dataclass(slots=True)
class Load:
    """All of it. `phones` are the screens of the chats."""

    world: World
    clients: Clients
    scale: float
    phones: list[Phone] = field(default_factory=list)
    _under_way: dict[str, set[asyncio.Task[None]]] = field(default_factory=dict)
    _pairs: list[TokenPair] = field(default_factory=list)
    _words: Any = field(default_factory=count)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Until the end of the block; what has begun is let go to its end."""
        await self._log_in()
        pacing = [asyncio.create_task(self._pace(name, rate * self.scale, deed)) for name, rate, deed in self._kinds()]
        pacing += [asyncio.create_task(self._talk(room, number)) for number, room in enumerate(self.world.rooms)]
        try:
            yield
        finally:
            for task in pacing:
                task.cancel()
            await asyncio.gather(*pacing, return_exceptions=True)
            await asyncio.gather(*(task for some in self._under_way.values() for task in some))

    async def press(self, users: int, seconds: float) -> None:
        """So many at once instead, of whom each does the next thing when the last one is done; `scale` does not count.
        Deeds come as often, beside each other, as in the load.
        """
        await self._log_in()
        until, kinds, dice = time.monotonic() + seconds, self._kinds(), Random(SEED)

        async def user() -> None:
            while time.monotonic() < until:
                ((name, _, deed),) = dice.choices(kinds, [rate for _, rate, _ in kinds])
                await self._once(name, deed)

        await asyncio.gather(*(user() for _ in range(users)))

    def _kinds(self) -> list[Kind]:
        riders, offices = Riders(self.world, self.clients), Offices(self.world, self.clients)
        return [
            ("story", STORIES, riders.story),
            ("change of mind", CHANGES, riders.change_of_mind),
            ("search", SEARCHES, riders.search),
            ("order", ORDERS, offices.order),
            ("look", LOOKS, offices.look),
            ("payouts", PAYOUTS, offices.pay_drivers),
            ("photo", PHOTOS, self._send_photo),
            ("refresh", REFRESHES, self._refresh),
            ("forgery", FORGERIES, self._forge),
            ("top up", TOP_UPS, lambda: riders.top_up(self.world.passengers.pop())),
        ]

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Screens and probes: they outlive the load, to see its end."""
        stage, urls = self.world.stage, self.world.stage.fleet.urls
        screens = [[self._phone(room, url) for room in self.world.rooms] for url in urls]
        self.phones += [phone for some in screens for phone in some]
        offices = Offices(self.world, self.clients)
        probes = Probes(stage, self.clients.record, self.world.passengers.pop().id)
        endless = [asyncio.ensure_future(one) for one in probes.all()]
        endless += [
            asyncio.ensure_future(probes.watch_frames(f"frames-{number}", some))
            for number, some in enumerate(screens, 1)
        ]
        endless += [asyncio.ensure_future(phone.follow_for_ever()) for phone in self.phones]
        endless += [
            asyncio.ensure_future(ChauffeurPhone(offices=offices, user=user, urls=urls).follow_for_ever())
            for user in self.world.company.chauffeurs
        ]
        try:
            yield
        finally:
            for task in endless:
                task.cancel()
            for end in await asyncio.gather(*endless, return_exceptions=True):
                if isinstance(end, Exception):
                    self.clients.record.breach(f"a screen or probe ended: {end!r}")

    async def _pace(self, name: str, rate: float, deed: Callable[[], Awaitable[None]]) -> None:
        under_way = self._under_way.setdefault(name, set())
        at = time.monotonic()
        while True:
            at += 1 / rate
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            if len(under_way) >= UNDER_WAY_AT_MOST:
                self.clients.record.skipped[name] += 1
                continue
            task = asyncio.create_task(self._once(name, deed))
            under_way.add(task)
            task.add_done_callback(under_way.discard)

    async def _once(self, name: str, deed: Callable[[], Awaitable[None]]) -> None:
        try:
            await deed()
        except GivenUp as why:
            self.clients.record.skipped[f"{name}, given up: {why}"] += 1
        except Exception as error:  # noqa: BLE001 - a story that breaks is told, and the others go on
            self.clients.record.breach(f"{name}: {error!r}")

    def _phone(self, room: Booking, url: str) -> Phone:
        return Phone(
            urls=[url],
            path=f"/ws/bookings/{room.id}",
            headers=self.world.user(room.passenger_id),
            list_path=f"/api/v1/bookings/{room.id}/messages",
        )

    async def _talk(self, room: Booking, number: int) -> None:
        """One after the other, so that their order is known."""
        under_way = self._under_way.setdefault("chat", set())
        at = time.monotonic() + number / WORDS
        for word in self._words:
            at = max(at + len(self.world.rooms) / (WORDS * self.scale), time.monotonic())
            await asyncio.sleep(at - time.monotonic())
            speaking = say(self.clients, self.world, str(room.id), room.passenger_id, f"message {word}")
            task = asyncio.create_task(self._once("chat", lambda: speaking))  # noqa: B023 - awaited before the next
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            await asyncio.shield(task)

    async def _log_in(self) -> None:
        stage = self.world.stage
        for _ in range(ceil(8 * self.scale)):
            self._pairs.append(await stage.log_in(self.world.passengers.pop()))

    async def _refresh(self) -> None:
        """A phone that wakes up. An answer that was lost costs it its session: a token is good once."""
        if not self._pairs:
            return
        pair = self._pairs.pop(0)
        body = {"refresh_token": pair.refresh_token}
        answer = await self.clients.ask("POST", "/api/v1/auth/token/refresh", what="refresh a session", json=body)
        if answer.is_good:
            self._pairs.append(TokenPair(**{name: answer.data[name] for name in TOKENS}))
        elif not answer.is_repeat:
            self.clients.record.breach(f"“refresh a session” was refused: {answer.status} {answer.code}")

    async def _send_photo(self) -> None:
        person = self.world.passengers.pop()
        who, body = self.world.user(person.id), picture()
        wish = {"content_type": "image/jpeg", "size": len(body)}
        upload = await self.clients.good("POST", "/api/v1/me/photo", what="ask to send a photo", who=who, json=wish)
        await self._put(upload, body)
        change = {"photo_key": upload["object_key"]}
        answer = await self.clients.ask("PATCH", "/api/v1/me", what="take a photo", who=who, json=change)
        if answer.is_good:
            self.world.kept.photos[str(person.id)] = answer.data["photo_url"]
        elif not answer.is_repeat:
            self.clients.record.breach(f"“take a photo” was refused: {answer.status} {answer.code}")

    async def _put(self, upload: Any, body: bytes) -> None:
        """To the store, which is an API process as well: again at the other when one dies."""
        url = urlsplit(upload["upload_url"])
        path = f"{url.path}?{url.query}"
        for api in cycle((0, 1)):
            client = (self.world.stage.a, self.world.stage.b)[api]
            at, status = time.monotonic(), NO_ANSWER
            with suppress(httpx.TransportError):
                answer = await client.request(upload["method"], path, content=body, headers=upload["headers"])
                status = answer.status_code
            ms = (time.monotonic() - at) * 1000
            self.clients.record.attempts.append(Attempt(at, ms, "send a photo", status, api))
            if status not in (NO_ANSWER, 503):
                return
            await asyncio.sleep(0.3)

    async def _forge(self) -> None:
        """Somebody says that he is Wave."""
        path = "/api/v1/payments/webhook/wave"
        answer = await self.clients.ask("POST", path, what="forge a webhook", who=FORGED, json={"id": "EV_forged"})
        if answer.status != UNAUTHORIZED:
            self.clients.record.breach(f"a forged webhook was answered {answer.status}")
