"""The whole story once, as its two people live it."""

from __future__ import annotations

from datetime import timedelta

from tests.support.api import Api
from tests.support.factories import DEPARTURE, a_driver, a_user
from tests.support.wire import data, stop_body


async def test_driver_has_earned_when_passenger_arrives(api: Api) -> None:
    yao, awa = a_driver(), a_user()
    await api.keep(yao, awa)
    driver, passenger = await api.log_in(yao.user.phone or ""), await api.log_in(awa.phone or "")
    trip = await api.trip(driver, stops=[stop_body()])
    booking = await api.paid(passenger, driver, trip, seats=2, dropoff_stop_id=trip["stops"][0]["id"])
    api.clock.at = DEPARTURE - timedelta(minutes=10)
    path = f"/bookings/{booking['id']}"
    data(await driver.post(f"{path}/checkin", {"code": booking["checkin_code"]}))
    data(await driver.post(f"{path}/start-ride"))
    done = data(await driver.post(f"{path}/end-ride"))
    assert (done["status"], done["trip"]["status"]) == ("completed", "completed")
    assert [event["to_status"] for event in done["events"]] == [
        "pending", "accepted", "paid", "paid", "paid", "completed",
    ]  # fmt: skip
    assert [movement.francs for movement in await api.inside.journal()] == [
        {"clearing:wave": -9000, "escrow": 9000},
        {"escrow": -9000, f"driver_payable:{driver.id}": 8100, "commission": 900},
    ]
    await api.audit_books()
