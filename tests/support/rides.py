"""Rides that are followed, as tests play them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from allonova.application.carpool.report_location import ReportLocation
from allonova.application.carpool.ride_screen import RideScreen
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR
from tests.support.sockets import Line, line
from tests.support.wire import data

PLATEAU = {"lat": 5.3575, "lon": -4.0083}  # the pickup
TURNS = 5  # of the event loop, for a frame to reach the other end of a socket
ON_THE_WAY = {"lat": 6.0, "lon": -4.9}


@dataclass(slots=True, kw_only=True)
class RideDay:
    """A paid booking on the day of its ride."""

    api: Api
    driver: Person
    passenger: Person
    trip: Any
    booking: Any

    @property
    def path(self) -> str:
        """Of the booking."""
        return f"/bookings/{self.booking['id']}"

    @property
    def socket(self) -> str:
        """Where the driver is."""
        return f"/ws/trips/{self.trip['id']}/driver-location"

    @asynccontextmanager
    async def follow(self, person: Person) -> AsyncIterator[Line]:
        """Somebody on the trip's socket."""
        async with line(self.api, self.socket, headers=await bearer(person)) as it:
            await breathe()
            yield it

    async def step(self, name: str) -> None:
        """`checkin`, `start-ride` or `end-ride`, and sockets see it."""
        body = {"code": self.booking["checkin_code"]} if name == "checkin" else None
        data(await self.driver.post(f"{self.path}/{name}", body))
        await self.api.show()

    async def start(self) -> None:
        """The passenger is aboard."""
        await self.step("checkin")
        await self.step("start-ride")

    async def look_again(self) -> None:
        """The service learns who rides, as it does every few seconds while a driver is on his way."""
        screen: RideScreen = self.api.service.edge.use[RideScreen]  # type: ignore[assignment]
        await screen.read([UUID(self.trip["id"])])

    async def share(self) -> Any:
        """A link."""
        return data(await self.passenger.post(f"{self.path}/share"), 201)

    async def drive(self, *points: dict[str, float], every: timedelta = timedelta(seconds=10)) -> None:
        """The driver's phone sends these, and each is kept."""
        async with self.follow(self.driver) as phone:
            for point in points:
                self.api.clock.advance(every)
                await phone.say("location", **point)
                await said(phone, self.api)


async def ride_day(api: Api, *, driver: Person | None = None, before: timedelta = HOUR, **given: Any) -> RideDay:
    """Paid in good time; now is shortly before the departure."""
    driver, passenger = driver or await api.driver(first_name="Kouassi"), await api.passenger(first_name="Awa")
    trip = await api.trip(driver, **given)
    booking = await api.paid(passenger, driver, trip)
    api.clock.at = DEPARTURE - before
    return RideDay(api=api, driver=driver, passenger=passenger, trip=trip, booking=booking)


async def locations(it: Line) -> list[Any]:
    """What has come of the driver; nothing is left."""
    frames = []
    while it.waiting():
        frames.append(await it.next())
    return [frame["data"] for frame in frames if frame["type"] == "location"]


async def said(phone: Line, api: Api) -> None:
    """What a phone said has been heard, shown and kept, and what follows from it as well."""
    while not phone.up.empty():
        await asyncio.sleep(0)
    await settled(api)


async def settled(api: Api) -> None:
    """Whoever is told of positions has been told of all that were heard."""
    report: ReportLocation = api.service.edge.use[ReportLocation]  # type: ignore[assignment]
    await report.tracks.settle()
    await report.screen.settled()
    await report.tracks.settle()
    await breathe()


async def breathe() -> None:
    """What is on its way arrives: in memory nothing else lets anybody have his turn."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def bearer(person: Person) -> dict[str, str]:
    """The header that says who asks, with a token that is good now."""
    if person.api.clock.now() >= person.expires_at:
        data(await person.get("/me"))
    return person.bearer
