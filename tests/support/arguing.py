"""Two sides who argue about a booking that was paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allonova.domain.identity.roles import Role
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, MINUTE
from tests.support.sales import Sale, sold
from tests.support.wire import data


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarrel:
    """A sale, and what a side of it says of it."""

    sale: Sale
    dispute: Any

    @property
    def api(self) -> Api:
        """The service."""
        return self.sale.api

    async def move(self, status: str, *, by: Person | None = None, **body: Any) -> Any:
        """The back office's answer to a step, by finance unless said otherwise."""
        words = {} if status == "in_review" else {"resolution": "Nous avons relu vos messages."}
        admin = by or self.sale.admin
        return await admin.send(
            "PATCH", f"/admin/disputes/{self.dispute['id']}", json={"status": status, **words, **body}
        )

    async def end(self, status: str = "rejected", **body: Any) -> Any:
        """Taken up and decided."""
        data(await self.move("in_review"))
        return data(await self.move(status, **body))

    async def seen_by(self, person: Person) -> Any:
        """The dispute as one of its sides sees it."""
        return data(await person.get(f"/disputes/{self.dispute['id']}"))


async def complain(person: Person, booking: Any, **given: Any) -> Any:
    """A dispute that a side opens."""
    body = {
        "booking_id": booking["id"],
        "category": "payment",
        "description": "Il m'a fait payer les bagages.",
        **given,
    }
    return data(await person.post("/disputes", body), 201)


async def quarrel(api: Api, method: str = "wave", *, until: str | None = None, **given: Any) -> Quarrel:
    """The passenger of a sale complains, once its ride has come so far."""
    sale = await sold(api, method)
    if until is not None:
        await sale.ride(until=until)
    return Quarrel(sale=sale, dispute=await complain(sale.passenger, sale.booking, **given))


async def contested(api: Api, method: str = "wave", **given: Any) -> Sale:
    """The passenger says that no driver came, and the driver that he was there."""
    sale = await sold(api, method, **given)
    api.clock.at = DEPARTURE + 20 * MINUTE
    data(await sale.passenger.post(f"/bookings/{sale.booking['id']}/driver-no-show"))
    data(await sale.driver.post(f"/bookings/{sale.booking['id']}/contest"))
    return sale


async def rule(sale: Sale, status: str = "cancelled", *, by: Person | None = None, **body: Any) -> Any:
    """The answer to the back office's word on a booking; by somebody who may decide of everything unless said."""
    admin = by or await sale.api.admin(Role.SUPER)
    body = {"status": status, "reason": "Relu.", **body}
    return await admin.send("PATCH", f"/admin/bookings/{sale.booking['id']}", json=body)
