"""Money that comes after the hold: it takes the seats if they are still free, else it goes back."""

from __future__ import annotations

from typing import Any

from allonova.domain.carpool.rules import Rules
from allonova.domain.money.events import RefundDue
from tests.support.api import Api, Person
from tests.support.factories import HOUR, MINUTE, SECOND
from tests.support.wire import data


class Late:
    """A booking whose hold is over, and whose payer can still pay."""

    def __init__(self, api: Api, driver: Person, passenger: Person, trip: Any, booking: Any, payment: Any) -> None:
        self.api, self.driver, self.passenger, self.trip = api, driver, passenger, trip
        self.booking, self.payment = booking, payment

    async def pays(self) -> None:
        """He presses the button at last."""
        await self.api.press(self.payment["provider_ref"], "paid")

    async def show(self) -> tuple[Any, Any]:
        """Booking and payment as they are now."""
        booking = data(await self.passenger.get(f"/bookings/{self.booking['id']}"))
        return booking, data(await self.passenger.get(f"/payments/{self.payment['id']}"))

    async def movements(self) -> list[tuple[str, dict[str, int]]]:
        """The books."""
        return [(movement.kind, dict(movement.francs)) for movement in await self.api.inside.journal()]


async def late(api: Api, **trip: Any) -> Late:
    """Begun ten minutes before the hold's end, so that Wave's session outlives it."""
    driver, passenger = await api.driver(), await api.passenger()
    offer = await api.trip(driver, seats_available=1, allow_auto_accept=True, **trip)
    booking = await api.pending(passenger, offer)
    api.clock.advance(20 * MINUTE)
    payment = (await api.started(passenger, booking))["payment"]
    api.clock.advance(11 * MINUTE)
    await api.run("holds")
    return Late(api, driver, passenger, offer, booking, payment)


ARRIVED = ("payment_without_booking", {"clearing:wave": -6000, "refunds_due": 6000})
WENT_BACK = ("refund_sent", {"refunds_due": -6000, "clearing:wave": 6000})


async def test_money_takes_the_seats_when_they_are_still_free(api: Api) -> None:
    it = await late(api)
    await it.pays()
    booking, payment = await it.show()
    assert (booking["status"], booking["cancellation"], payment["status"]) == ("paid", None, "paid")
    assert [(event["to_status"], event["meta"]) for event in booking["events"]][1:] == [
        ("accepted", {"automatic": 1}), ("cancelled", {"reason": "expired"}),
        ("accepted", {"reason": "paid_after_expiry"}), ("paid", {}),
    ]  # fmt: skip
    assert data(await it.driver.get(f"/trips/{it.trip['id']}"))["seats_available"] == 0
    assert await it.movements() == [("booking_paid", {"clearing:wave": -6000, "escrow": 6000})]
    await api.audit_books()


async def test_money_goes_back_when_the_seats_are_taken(api: Api) -> None:
    it = await late(api)
    other = await api.passenger()
    theirs = await api.pending(other, it.trip)
    await it.pays()
    booking, payment = await it.show()
    assert (booking["status"], payment["status"]) == ("cancelled", "paid")
    assert await it.movements() == [ARRIVED]
    await api.audit_books()
    await api.relay()
    _, payment = await it.show()
    assert (payment["status"], payment["refunded_amount"]) == ("refunded", 6000)
    assert await it.movements() == [ARRIVED, WENT_BACK]
    assert [line["amount"] for line in (await api.ledger())["refunds"]] == [6000]
    assert data(await other.get(f"/bookings/{theirs['id']}"))["status"] == "accepted"
    await api.audit_books()


async def test_money_goes_back_once_when_the_relay_runs_again(api: Api) -> None:
    it = await late(api)
    await api.pending(await api.passenger(), it.trip)
    await it.pays()
    for _ in range(3):
        await api.relay()
    refund = api.service.relay.subscriptions[RefundDue.name, "refund_payment"].handler
    (movement,) = [each for each in await api.inside.journal() if each.kind == "refund_sent"]
    await refund(RefundDue(movement.ref_id))
    assert await it.movements() == [ARRIVED, WENT_BACK]
    await api.audit_books()


async def test_money_goes_back_later_when_wave_is_down(api: Api) -> None:
    it = await late(api)
    await api.pending(await api.passenger(), it.trip)
    await it.pays()
    await api.arm("error")
    await api.relay()
    assert (await it.show())[1]["status"] == "paid"
    await api.audit_books()
    api.clock.advance(15 * SECOND)
    await api.relay()
    assert (await it.show())[1]["status"] == "refunded"
    await api.audit_books()


async def test_money_goes_back_once_when_waves_answer_to_the_refund_was_lost(api: Api) -> None:
    it = await late(api)
    await api.pending(await api.passenger(), it.trip)
    await it.pays()
    await api.arm("accepted_then_timeout")
    await api.relay()
    assert ((await it.show())[1]["status"], len((await api.ledger())["refunds"])) == ("paid", 1)
    api.clock.advance(15 * SECOND)
    await api.relay()
    assert ((await it.show())[1]["status"], len((await api.ledger())["refunds"])) == ("refunded", 1)
    await api.audit_books()


async def test_money_goes_back_when_the_trip_has_left(api: Api) -> None:
    it = await late(api, departure_time=(api.clock.now() + 35 * MINUTE).isoformat())
    api.clock.advance(10 * MINUTE)
    await it.pays()
    await api.relay()
    assert (await it.show())[1]["status"] == "refunded"
    await api.audit_books()


async def test_money_goes_back_when_the_passenger_has_booked_anew(api: Api) -> None:
    it = await late(api, departure_time=(api.clock.now() + 5 * HOUR).isoformat())
    again = await api.pending(it.passenger, it.trip)
    await it.pays()
    await api.relay()
    assert (await it.show())[1]["status"] == "refunded"
    assert data(await it.passenger.get(f"/bookings/{again['id']}"))["status"] == "accepted"
    await api.audit_books()


async def test_money_goes_back_when_the_new_request_holds_no_seats_yet(api: Api) -> None:
    it = await late(api, departure_time=(api.clock.now() + 5 * HOUR).isoformat())
    api.follow(Rules(allow_auto_accept=False))
    again = await api.pending(it.passenger, it.trip)
    assert again["status"] == "pending"
    await it.pays()
    await api.relay()
    assert (await it.show())[1]["status"] == "refunded"
    await api.audit_books()
