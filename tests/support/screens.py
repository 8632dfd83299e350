"""Screens of a company's staff, as a test looks at them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from allonova.application.kernel.live import FrameKind
from tests.support.api import Api
from tests.support.factories import MINUTE, SECOND
from tests.support.nova import Colleague, Office
from tests.support.offers import asked, proposed
from tests.support.sockets import PATIENCE_S, Line, line
from tests.support.wire import data


@dataclass(frozen=True, slots=True)
class Mark:
    """The end of what has come, for whoever asked."""

    number: int


_numbers = itertools.count(1)
MARK = FrameKind("mark", Mark, is_kept=False)


@dataclass(frozen=True, slots=True)
class Screen:
    """A socket, and what it has been shown."""

    api: Api
    line: Line
    channel: str

    async def frames(self) -> list[Any]:
        """All that has come since the last time, what the outbox holds included."""
        await self.api.show()
        number = next(_numbers)
        await self.api.service.platform.channels.tell([self.channel], MARK(Mark(number)))
        found: list[Any] = []
        while (frame := await self.line.next())["data"] != {"number": number}:
            if frame["type"] != MARK.name:
                found.append(frame)
        return found

    async def types(self) -> list[str]:
        """Their types."""
        return [frame["type"] for frame in await self.frames()]

    async def only(self, kind: str) -> Any:
        """The `data` of the one that has come."""
        [frame] = await self.frames()
        assert frame["type"] == kind, frame
        return frame["data"]

    async def say(self, kind: str, **data: object) -> None:
        """See Line."""
        await self.line.say(kind, **data)


@asynccontextmanager
async def planning(admin: Colleague, **how: Any) -> AsyncIterator[Screen]:
    """The company's board."""
    async with _screen(admin, "/ws/planning", f"planning:{admin.user.societe_id}", **how) as it:
        yield it


@asynccontextmanager
async def messages(admin: Colleague, **how: Any) -> AsyncIterator[Screen]:
    """An admin's messages."""
    async with _screen(admin, "/ws/notifications", f"notifications:{admin.id}", **how) as it:
        yield it


@asynccontextmanager
async def phone(chauffeur: Colleague, *, watcher: Colleague | None = None, **how: Any) -> AsyncIterator[Screen]:
    """A chauffeur's, in his hand or watched by an admin."""
    path = f"/ws/demandes/{chauffeur.id}"
    async with _screen(watcher or chauffeur, path, f"demandes:{chauffeur.id}", **how) as it:
        yield it


@asynccontextmanager
async def _screen(who: Colleague, path: str, channel: str, **how: Any) -> AsyncIterator[Screen]:
    hub = who.api.service.hub
    before = len(hub)
    async with line(who.api, path, headers=who.bearer, **how) as it:
        async with asyncio.timeout(PATIENCE_S):
            while len(hub) == before:
                await asyncio.sleep(0.001)
        yield Screen(who.api, it, channel)


type Deed = Callable[[Office, Any], Awaitable[Any]]
"""What somebody does with a commande."""


async def accept(office: Office, commande: Any) -> None:
    """The first chauffeur says yes."""
    demande = await asked(office.chauffeurs[0], commande)
    data(await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/accept"))


async def refuse(office: Office, commande: Any) -> None:
    """The first chauffeur says no."""
    demande = await asked(office.chauffeurs[0], commande)
    data(await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/refuse"))


async def expire(office: Office, commande: Any) -> None:
    """Nobody answers in time."""
    office.api.clock.advance(4 * MINUTE)
    await office.api.run("demandes")


async def confirm(office: Office, commande: Any) -> None:
    """A dispatcher says yes for him."""
    data(await office.admin.patch(f"/api/commandes/{commande.id}", {"statut": "assignee"}))


async def start(office: Office, commande: Any) -> None:
    """The client is aboard."""
    data(await office.chauffeurs[0].patch(f"/api/commandes/{commande.id}", {"statut": "en-cours"}))


async def end(office: Office, commande: Any) -> None:
    """They have arrived."""
    data(await office.chauffeurs[0].patch(f"/api/commandes/{commande.id}", {"statut": "terminee"}))


async def take_back(office: Office, commande: Any) -> None:
    """Into the pool."""
    office.api.clock.advance(SECOND)
    data(await office.admin.patch(f"/api/commandes/{commande.id}", {"taxiId": None}))


async def undo(office: Office, commande: Any) -> None:
    """The dispatcher takes his move back."""
    data(await office.admin.post(f"/api/commandes/{commande.id}/undo"))


async def propose(office: Office, commande: Any) -> None:
    """Dragged onto the first taxi."""
    await proposed(office, commande)


async def broadcast(office: Office, commande: Any) -> None:
    """All chauffeurs are asked."""
    data(await office.admin.post(f"/api/commandes/{commande.id}/diffusion"))


async def out_of_service(office: Office, commande: Any) -> None:
    """The first taxi is out of service, and its courses are in the pool."""
    path = f"/api/taxis/{office.taxis[0].id}"
    data(await office.admin.patch(path, {"statut": "hors-service"}, force="true"))


async def hand_over(office: Office, commande: Any) -> None:
    """The first chauffeur has no taxi any more."""
    path = f"/api/users/{office.chauffeurs[0].id}"
    data(await office.admin.patch(path, {"taxiId": None}, force="true"))
