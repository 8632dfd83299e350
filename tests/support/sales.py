"""Bookings that were paid, by whichever provider, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allonova.domain.identity.roles import Role
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, MINUTE
from tests.support.wire import data, fresh_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A booking of two seats for 12,000 francs, its sides, its payment, and somebody who minds the money."""

    api: Api
    driver: Person
    passenger: Person
    booking: Any
    payment: Any
    admin: Person

    async def give_back(self, *, key: str | None = None, **body: Any) -> Any:
        """The answer to the back office's refund."""
        path = f"/admin/payments/{self.payment['id']}/refund"
        return await self.admin.post(path, {"reason": "A gesture.", **body}, key=key)

    async def detail(self) -> Any:
        """The payment with all that concerns it."""
        return data(await self.admin.get(f"/admin/payments/{self.payment['id']}"))

    async def status(self) -> tuple[str, int, str]:
        """Of the payment, what went back of it, and of the booking."""
        shown = await self.detail()
        return shown["payment"]["status"], shown["payment"]["refunded_amount"], shown["booking_status"]

    async def ride(self, *, until: str = "end-ride") -> None:
        """From the check-in to the arrival, or until some step."""
        self.api.clock.at = DEPARTURE - 10 * MINUTE
        for name in ("checkin", "start-ride", "end-ride"):
            body = {"code": self.booking["checkin_code"]} if name == "checkin" else None
            data(await self.driver.post(f"/bookings/{self.booking['id']}/{name}", body))
            if name == until:
                return

    async def cancel(self, *, ahead: timedelta) -> None:
        """The passenger does not want it any more, so long before departure."""
        self.api.clock.at = DEPARTURE - ahead
        data(await self.passenger.post(f"/bookings/{self.booking['id']}/cancel"))


async def sold(api: Api, method: str = "wave", *, passenger: Person | None = None, **given: Any) -> Sale:
    """Paid by some method, as its provider reports it."""
    driver, admin = await api.driver(), await api.admin(Role.FINANCE)
    passenger = passenger or await api.passenger()
    booking = await api.accepted(passenger, driver, await api.trip(driver), seats=2)
    payment = await paid_by(api, passenger, booking, method, **given)
    booking = data(await passenger.get(f"/bookings/{booking['id']}"))
    return Sale(api=api, driver=driver, passenger=passenger, booking=booking, payment=payment, admin=admin)


async def paid_by(api: Api, passenger: Person, booking: Any, method: str, **given: Any) -> Any:
    """The payment, once it is paid."""
    body = {"booking_id": booking["id"], "method": method, **given}
    payment = data(await passenger.post("/payments/init", body, key=fresh_key()))["payment"]
    if payment["status"] == "init":
        await api.press(payment["provider_ref"], "paid")
        await api.relay()
    payment = data(await passenger.get(f"/payments/{payment['id']}"))
    assert payment["status"] == "paid"
    return payment


async def accounts(api: Api) -> Mapping[str, int]:
    """What each account holds; those that hold nothing are left out."""
    held: dict[str, int] = {}
    for movement in await api.inside.journal():
        for name, francs in movement.francs.items():
            held[name] = held.get(name, 0) + francs
    return {name: francs for name, francs in held.items() if francs}
