"""What a driver has earned: line by line, as the books have it to the franc."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.domain.money.rules import MoneyRules, PayoutSchedule
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, SECOND
from tests.support.purses import require_sound_books
from tests.support.wire import data, paths, refusal

DAY = 24 * HOUR
FARE = 6_000


async def ride(api: Api, driver: Person, passenger: Person, *, day: int) -> Any:
    """A paid booking on a trip of its own; now is an hour before it leaves."""
    departure = DEPARTURE + day * DAY
    api.clock.at = departure - DAY
    booking = await api.paid(passenger, driver, await api.trip(driver, departure_time=departure.isoformat()))
    api.clock.at = departure - HOUR
    return booking


async def ridden(driver: Person, booking: Any) -> None:
    """The ride is done."""
    path = f"/bookings/{booking['id']}"
    data(await driver.post(f"{path}/checkin", {"code": booking["checkin_code"]}))
    data(await driver.post(f"{path}/start-ride"))
    data(await driver.post(f"{path}/end-ride"))


async def a_career(api: Api) -> tuple[Person, list[Any]]:
    """A driver who on three days drove, was cancelled on too late, and cancelled too late himself."""
    driver = await api.driver()
    bookings = [await ride(api, driver, await api.passenger(), day=0)]
    await ridden(driver, bookings[0])
    passenger = await api.passenger()
    bookings.append(await ride(api, driver, passenger, day=3))
    data(await passenger.post(f"/bookings/{bookings[1]['id']}/cancel"))
    bookings.append(await ride(api, driver, await api.passenger(), day=6))
    data(await driver.post(f"/bookings/{bookings[2]['id']}/cancel"))
    return driver, bookings


def line(kind: str, booking: Any, **francs: int) -> dict[str, Any]:
    """A line without its instant."""
    nothing = {"gross": 0, "commission": 0, "net": 0, "withheld": 0}
    return {"kind": kind, "booking_id": booking["id"], "trip_id": None} | nothing | francs


async def test_nothing_when_somebody_never_drove(api: Api) -> None:
    shown = data(await (await api.passenger()).get("/me/earnings"))
    assert shown == {
        "rides": [],
        "pagination": {"page": 1, "page_size": 20, "total": 0, "page_count": 0},
        "totals": {"gross": 0, "commission": 0, "net": 0, "withheld": 0},
        "payable": 0,
        "next_payout_on": "2025-10-06",
    }
    refusal(await api.http.get("/me/earnings"), 401, "auth_required")


async def test_lines_agree_with_the_books_when_rides_fees_and_penalties_meet(api: Api) -> None:
    driver, bookings = await a_career(api)
    shown = data(await driver.get("/me/earnings"))
    at = [one.pop("completed_at") for one in shown["rides"]]
    assert at == sorted(at, reverse=True)
    assert shown["rides"] == [
        line("penalty", bookings[2], withheld=1_000),
        line("fee", bookings[1], gross=3_000, commission=300, net=2_700),
        line("ride", bookings[0], gross=FARE, commission=600, net=5_400),
    ]
    assert shown["totals"] == {"gross": 9_000, "commission": 900, "net": 8_100, "withheld": 1_000}
    account = f"driver_payable:{driver.id}"
    in_books = sum(movement.francs.get(account, 0) for movement in await api.inside.journal())
    assert shown["payable"] == in_books == 7_100
    await require_sound_books(api)


async def test_lines_are_cut_and_totals_are_not_when_pages_are_asked_for(api: Api) -> None:
    driver, bookings = await a_career(api)
    shown = data(await driver.get("/me/earnings", page=2, page_size=1, sort="completed_at"))
    assert [one["booking_id"] for one in shown["rides"]] == [bookings[1]["id"]]
    assert shown["pagination"] == {"page": 2, "page_size": 1, "total": 3, "page_count": 3}
    assert shown["totals"]["net"] == 8_100
    assert data(await driver.get("/me/earnings", page=9))["rides"] == []


async def test_period_cuts_lines_and_totals_and_not_what_is_owed(api: Api) -> None:
    driver, _ = await a_career(api)
    for period, net, withheld in (
        ("day", 0, 1_000),
        ("week", 8_100, 1_000),
        ("2025-10", 8_100, 1_000),
        ("2025-09", 0, 0),
        ("2025-10-02..2025-10-02", 5_400, 0),
        ("2025-10-03..2025-10-05", 2_700, 0),
    ):
        shown = data(await driver.get("/me/earnings", period=period))
        totals = (shown["totals"]["net"], shown["totals"]["withheld"])
        assert totals == (net, withheld), period
        assert sum(one["net"] - one["withheld"] for one in shown["rides"]) == net - withheld
        assert shown["payable"] == 7_100


async def test_period_ends_at_midnight_in_abidjan(api: Api) -> None:
    driver = await api.driver()
    booking = await ride(api, driver, await api.passenger(), day=0)
    departure = DEPARTURE.replace(hour=0, minute=0)
    data(await driver.post(f"/bookings/{booking['id']}/checkin", {"code": booking["checkin_code"]}))
    data(await driver.post(f"/bookings/{booking['id']}/start-ride"))
    api.clock.at = departure + DAY - SECOND
    data(await driver.post(f"/bookings/{booking['id']}/end-ride"))
    assert data(await driver.get("/me/earnings", period="2025-10-02..2025-10-02"))["totals"]["net"] == 5_400
    assert data(await driver.get("/me/earnings", period="2025-10-03..2025-10-03"))["totals"]["net"] == 0


async def test_owed_falls_below_zero_when_a_penalty_is_all_there_is(api: Api) -> None:
    driver = await api.driver()
    booking = await ride(api, driver, await api.passenger(), day=0)
    data(await driver.post(f"/bookings/{booking['id']}/cancel"))
    shown = data(await driver.get("/me/earnings"))
    assert (shown["payable"], shown["totals"]["withheld"]) == (-1_000, 1_000)
    assert data(await (await api.driver()).get("/me/earnings"))["rides"] == []


async def test_next_day_of_pay_goes_by_the_schedule(api: Api) -> None:
    driver = await api.driver()
    assert data(await driver.get("/me/earnings"))["next_payout_on"] == "2025-10-06"
    api.follow(money=MoneyRules(payout_schedule=PayoutSchedule.DAILY))
    assert data(await driver.get("/me/earnings"))["next_payout_on"] == "2025-10-02"


@pytest.mark.parametrize(
    ("query", "path"),
    [("period=year", "period"), ("sort=net", "sort"), ("page_size=101", "page_size"), ("status=done", "status")],
)
async def test_query_is_refused_when_it_is_not_declared(api: Api, query: str, path: str) -> None:
    answer = await (await api.passenger()).get(f"/me/earnings?{query}")
    assert paths(refusal(answer, 422, "validation_error")) == [path]
