"""What MTN was asked to move: charges, refunds and transfers, and what becomes of them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from allonova.adapters.sandbox.callbacks import Event
from allonova.adapters.sandbox.faults import FaultKind
from allonova.adapters.sandbox.ledger import Book, Movement
from allonova.adapters.sandbox.providers.mtn_wire import (
    PENDING,
    SUCCESSFUL,
    Fate,
    already_there,
    not_found,
    random_reference,
    shown,
    whole_units,
)
from allonova.adapters.sandbox.times import iso, parse
from allonova.application.kernel.wired import wired

if TYPE_CHECKING:
    from datetime import datetime

    from allonova.adapters.sandbox.shelf import Shelf
    from allonova.adapters.sandbox.state import Json
    from allonova.adapters.sandbox.world import World

NAME: Final = "mtn"


@wired
class MtnOrders:
    """The orders of one kind, each under the `X-Reference-Id` that it came with.

    An order is decided by its fate: at once, or when somebody looks after that time has passed. MTN tells of what it
    decides at once, and of what a payer does, if it was given a URL; once, and it may be lost.
    """

    world: World
    shelf: Shelf
    book: Book

    async def take(self, reference: str, order: Json, fate: Fate, callback_url: str | None) -> None:
        """A new order. Raises ProviderRefused (409) for a reference that was used before."""
        now = self.world.clock.now()
        with self.world.state.transaction():
            if self.shelf.get(reference) is not None:
                raise already_there()
            doc = order | {
                "id": reference,
                "status": PENDING,
                "created_at": iso(now),
                "decided_at": iso(now + fate.after),
                "fate": {"status": fate.status, "reason": fate.reason},
                "callback_url": callback_url,
            }
            self._put(doc, now)
            numbers = [] if fate.after else self._decide(doc, fate, now)
        await self.world.callbacks.send(numbers)

    def find(self, reference: str) -> Json | None:
        """The order as it is at the service's present time: what is due is decided, without a callback."""
        doc = self.shelf.get(reference.lower())
        if doc is not None and doc["status"] == PENDING:
            due = parse(doc["decided_at"])
            if self.world.clock.now() >= due:
                self._change(doc, Fate(**doc["fate"]), due)
        return doc

    def known(self, reference: str) -> Json:
        """The same. Raises ProviderRefused (404)."""
        doc = self.find(reference)
        if doc is None:
            raise not_found()
        return doc

    async def decide(self, reference: str, fate: Fate) -> Json:
        """The payer decides; nothing happens to what is decided already."""
        doc = self.known(reference)
        if doc["status"] == PENDING:
            with self.world.state.transaction():
                numbers = self._decide(doc, fate, self.world.clock.now())
            await self.world.callbacks.send(numbers)
        return doc

    def _decide(self, doc: Json, fate: Fate, at: datetime) -> list[int]:
        self._change(doc, fate, at)
        return [] if doc["status"] == PENDING else self._tell(doc)

    def _change(self, doc: Json, fate: Fate, at: datetime) -> None:
        doc |= {"status": fate.status, "reason": fate.reason}
        if fate.status == SUCCESSFUL:
            doc["financialTransactionId"] = str(secrets.randbelow(9 * 10**9) + 10**9)
        self._put(doc, at)

    def _put(self, doc: Json, at: datetime) -> None:
        """Keeps it, and books it: a charge when it is paid, what leaves from the start."""
        with self.world.state.transaction():
            self.shelf.put(doc["id"], doc)
            if self.book is Book.CHARGES and doc["status"] != SUCCESSFUL:
                return
            person = doc.get("payer") or doc.get("payee")
            movement = Movement(
                ref=doc["id"],
                amount=whole_units(doc["amount"]),
                status=doc["status"],
                at=at,
                phone=f"+{person['partyId']}" if person else None,
            )
            self.world.ledger.post(NAME, self.book, movement)

    def _tell(self, doc: Json) -> list[int]:
        """The callback, shaped like the status answer. As it is not believed, a wrong amount is what both say."""
        if doc["callback_url"] is None:
            return []
        armed = {fault.kind for fault in self.world.faults.armed() if fault.provider == NAME}
        if FaultKind.WRONG_AMOUNT in armed:
            doc["said_amount"] = str(whole_units(doc["amount"]) + 1)
            self.shelf.put(doc["id"], doc)
        path = urlsplit(doc["callback_url"]).path
        event = Event(
            provider=NAME,
            id=doc["id"],
            type=f"{self.shelf.kind}.{doc['status']}",
            payload=shown(doc),
            path=path,
            forged_path=f"{path.rpartition('/')[0]}/{random_reference()}",
        )
        return self.world.callbacks.record(event)
