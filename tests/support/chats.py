"""Two people with a booking who write to each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.api import Api, Person
from tests.support.sockets import PATIENCE_S, Line, line
from tests.support.wire import data


@dataclass(frozen=True, slots=True)
class Pair:
    """The two sides of a booking."""

    driver: Person
    passenger: Person
    booking: Any

    @property
    def path(self) -> str:
        """Of their messages."""
        return f"/bookings/{self.booking['id']}/messages"

    @property
    def socket(self) -> str:
        """Of the booking."""
        return f"/ws/bookings/{self.booking['id']}"

    @asynccontextmanager
    async def follow(self, person: Person, **how: Any) -> AsyncIterator[Line]:
        """One of the two on the socket of the booking, from here on."""
        hub = person.api.service.hub
        before = len(hub)
        async with line(person.api, self.socket, headers=person.bearer, **how) as it:
            async with asyncio.timeout(PATIENCE_S):
                while len(hub) == before:
                    await asyncio.sleep(0.001)
            yield it

    async def write(self, person: Person, content: str = "Bonjour", **given: object) -> Any:
        """A message that is kept."""
        return data(await person.post(self.path, {"content": content, **given}), 201)

    async def listed(self, person: Person, **query: str | int) -> list[Any]:
        """The messages, as one of the two sees them."""
        return list(data(await person.get(self.path, **query)))


async def a_pair(api: Api, *, is_paid: bool = False) -> Pair:
    """Whose booking the driver has accepted."""
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    make = api.paid if is_paid else api.accepted
    return Pair(driver, passenger, await make(passenger, driver, trip))
