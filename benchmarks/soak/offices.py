"""NOVA: strangers order on the form, dispatchers move cards, chauffeurs answer on their sockets and say where they are;
and what back offices look at meanwhile.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count, cycle
from typing import Any

from websockets.asyncio.client import ClientConnection

from allonova.domain.dispatch.staff import StaffUser
from benchmarks.soak.clients import CONFLICT, Answer, Clients, GivenUp, fresh_key
from benchmarks.soak.world import World
from tests.e2e.phones import GONE, open_socket

EVERY = timedelta(minutes=20)  # one course after the other, over all taxis
POSITION_S = 1.0
ANSWERED_WITHIN_S = 15
STALE = 412
COMMANDES = "/api/commandes"
LOOKS = (
    "/api/v1/admin/users",
    "/api/v1/admin/bookings",
    "/api/v1/admin/payments",
    "/api/v1/admin/trips",
    "/api/v1/admin/refunds",
    "/api/v1/admin/audit-logs",
    "/api/v1/admin/wallet/txns/export?period=day",
    "/api/v1/admin/reports/finance?period=day",
)
STAFF_LOOKS = (COMMANDES, "/api/taxis", "/api/notifications", "/api/stats/flotte", "/api/audit_log")
_numbers = count(1)


@dataclass(slots=True)
class Offices:
    """The company, and the back office of AlloCar."""

    world: World
    clients: Clients
    heard: int = 0
    places: int = 0
    _looks: Any = field(default_factory=lambda: cycle(LOOKS))
    _staff_looks: Any = field(default_factory=lambda: cycle(STAFF_LOOKS))

    @property
    def _dispatcher(self) -> dict[str, str]:
        return self.world.staff(self.world.company.admin)

    async def look(self) -> None:
        """A list or a table of the back office, and one of the company."""
        path = next(self._looks)
        await self.clients.ask("GET", path, what="look at a list", who=self.world.back_office())
        await self.clients.ask("GET", next(self._staff_looks), what="look at a board", who=self._dispatcher)

    async def pay_drivers(self) -> None:
        """Finance sends what drivers have earned."""
        answer = await self.clients.ask(
            "POST",
            "/api/v1/admin/payouts/run",
            what="run payouts",
            who=self.world.back_office(),
            json={},
            key=fresh_key(),
        )
        if not answer.is_good and answer.status != CONFLICT:
            self.clients.record.breach(f"“run payouts” was refused: {answer.status} {answer.code}")

    async def order(self) -> None:
        """From the form to the chauffeur's yes, and a word to him; every fourth one is also driven."""
        number = next(_numbers)
        reference = await self._order(number)
        found = await self.clients.good(
            "GET", COMMANDES, what="find a card", who=self._dispatcher, params={"q": reference}
        )
        card = found[0]
        taxi = self.world.company.taxis[number % len(self.world.company.taxis)]
        card = await self._change(card, {"taxiId": str(taxi.id)})
        for _ in range(ANSWERED_WITHIN_S):
            card = await self._read(card)
            if card["statut"] != "en-attente":
                break
            await asyncio.sleep(1)
        card = await self._change(card, {"commentaire": f"Porte {number}"})
        await self._be_late(card)

    async def _order(self, number: int) -> str:
        mail = f"client{number}@{self.world.company.societe.slug}.test"
        body = {
            "societe": self.world.company.societe.slug,
            "client": {"nom": f"Client {number}", "email": mail, "phone": f"+336{number:08d}"},
            "priseEnCharge": "45 boulevard Raspail, Paris",
            "destination": "Aéroport d’Orly",
            "dateISO": (self.world.stage.clock.now() + timedelta(hours=3) + number * EVERY).isoformat(),
            "passagers": 2,
            "bagages": 1,
            "captchaToken": "ok",
        }
        ordered = await self.clients.good(
            "POST", "/api/public/commandes", what="order on the form", json=body, key=fresh_key()
        )
        reference: str = ordered["reference"]
        self.world.kept.orders[reference] = mail
        return reference

    async def _read(self, card: Any) -> Any:
        return await self.clients.good("GET", f"{COMMANDES}/{card['id']}", what="read a card", who=self._dispatcher)

    async def _patch(self, card: Any, changes: dict[str, object], version: int) -> Answer:
        who = self._dispatcher | {"If-Match": f'"{version}"'}
        return await self.clients.ask("PATCH", f"{COMMANDES}/{card['id']}", what="move a card", who=who, json=changes)

    async def _change(self, card: Any, changes: dict[str, object]) -> Any:
        """As a dispatcher does whose card somebody else has just changed: he looks again, and does it again."""
        for _ in range(5):
            answer = await self._patch(card, changes, card["version"])
            if answer.is_good:
                self.world.kept.moves[card["id"]] = answer.data | {"changed": list(changes)}
                return answer.data
            if answer.status != STALE:
                break
            card = await self._read(card)
            if all(card[name] == value for name, value in changes.items()):
                return card  # a try that nobody answered had done it
        if not (answer.is_repeat or answer.status == STALE):
            self.clients.record.breach(f"“move a card” was refused: {answer.status} {answer.code}")
        raise GivenUp("move a card")

    async def _be_late(self, card: Any) -> None:
        """A dispatcher who looks at an old card changes nothing."""
        answer = await self._patch(card, {"commentaire": "trop tard"}, card["version"] - 1)
        if answer.status != STALE:
            self.clients.record.breach(f"a move of an old card was answered {answer.status} {answer.code}")


@dataclass(slots=True, kw_only=True)
class ChauffeurPhone:
    """Says where it is and accepts what it is asked, whichever process it is connected to."""

    offices: Offices
    user: StaffUser
    urls: tuple[str, str]
    last_event_id: int | None = None
    _turn: int = 0

    async def follow_for_ever(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                await self._follow()
            except GONE:
                await asyncio.sleep(0.2)

    async def _follow(self) -> None:
        self._turn += 1
        query = {} if self.last_event_id is None else {"last_event_id": self.last_event_id}
        headers = self.offices.world.staff(self.user)
        url = self.urls[self._turn % 2]
        async with await open_socket(url, f"/ws/demandes/{self.user.id}", headers, **query) as socket:
            if self.last_event_id is None:
                await self._look()
            saying = asyncio.create_task(self._say(socket))
            try:
                while True:
                    await self._hear(json.loads(await socket.recv()))
            finally:
                saying.cancel()
                with suppress(asyncio.CancelledError, *GONE):
                    await saying

    async def _say(self, socket: ClientConnection) -> None:
        for number in count():
            place = {"lat": 48.85 + number % 100 / 10_000, "lon": 2.33}
            await socket.send(json.dumps({"type": "position", "data": place}))
            self.offices.places += 1
            await asyncio.sleep(POSITION_S)

    async def _hear(self, frame: Any) -> None:
        self.offices.heard += 1
        if frame["type"] == "resync":
            self.last_event_id = None
            await self._look()
        elif frame["id"] is not None:
            self.last_event_id = frame["id"]
        if frame["type"] == "demande.created":
            await self._accept(frame["data"]["demande"]["id"])

    async def _look(self) -> None:
        with suppress(GivenUp):
            who = self.offices.world.staff(self.user)
            for one in await self.offices.clients.good("GET", "/api/me/demandes", what="look for offers", who=who):
                await self._accept(one["id"])

    async def _accept(self, id: str) -> None:
        clients, who = self.offices.clients, self.offices.world.staff(self.user)
        with suppress(GivenUp):
            answer = await clients.ask("POST", f"/api/demandes/{id}/accept", what="accept an offer", who=who)
            if answer.is_good:
                self.offices.world.kept.accepted.add(id)
