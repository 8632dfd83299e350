"""The wallet's statement, and the picture of the check-in code."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR
from tests.support.wire import data, paths, refusal

DAY = 24 * HOUR


async def a_statement(api: Api) -> tuple[Person, list[Any]]:
    """Somebody who cancelled too late on three days, for 3,000 francs each: the first fee was withheld, the second came
    from the wallet, the third was withheld again."""
    driver, passenger = await api.driver(), await api.passenger()
    for day in range(3):
        departure = DEPARTURE + day * DAY
        api.clock.at = departure - DAY
        booking = await api.paid(passenger, driver, await api.trip(driver, departure_time=departure.isoformat()))
        api.clock.at = departure - HOUR
        data(await passenger.post(f"/bookings/{booking['id']}/cancel"))
    return passenger, data(await passenger.get("/wallet/txns"))


async def test_empty_when_no_franc_ever_came(api: Api) -> None:
    person = await api.passenger()
    assert data(await person.get("/wallet")) == {
        "balance": 0,
        "withdrawable": 0,
        "currency": "XOF",
        "updated_at": None,
    }
    assert data(await person.get("/wallet/txns")) == []
    refusal(await api.http.get("/wallet"), 401, "auth_required")


async def test_newest_first_when_a_statement_is_read(api: Api) -> None:
    person, lines = await a_statement(api)
    assert [line["balance_after"] for line in lines] == [3_000, 0, 3_000]
    assert data(await person.get("/wallet"))["balance"] == 3_000
    assert set(lines[0]) == {"id", "type", "amount", "source", "ref", "status", "balance_after", "created_at"}
    oldest = data(await person.get("/wallet/txns", sort="created_at", page_size=1))
    assert [line["balance_after"] for line in oldest] == [3_000]


async def test_filtered_when_type_status_or_period_is_named(api: Api) -> None:
    person, lines = await a_statement(api)
    for query, found in (
        ({"type": "credit"}, 2),
        ({"type": "debit"}, 1),
        ({"status": "in:pending,failed"}, 0),
        ({"source": "in:refund,fee", "status": "done"}, 3),
        ({"period": "day"}, 1),
        ({"period": "week"}, 3),
        ({"period": "2025-10"}, 3),
        ({"period": "2025-09"}, 0),
        ({"period": "2025-10-02..2025-10-03"}, 2),
        ({"period": "2025-09", "type": "debit"}, 0),
    ):
        assert len(data(await person.get("/wallet/txns", **query))) == found, query
    assert data(await (await api.passenger()).get("/wallet/txns")) == []
    assert len(lines) == 3


async def test_refused_when_a_period_is_none(api: Api) -> None:
    person = await api.passenger()
    for period in (
        "year",
        "2025-13",
        "2025-10-03..2025-10-02",
        "2025-02-30..2025-03-01",
        "0000-01",
        "9999-12",
        "٢٠٢٥-01",
    ):
        assert paths(refusal(await person.get("/wallet/txns", period=period), 422, "validation_error")) == ["period"]


async def test_code_is_drawn_for_the_passenger_alone(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.paid(passenger, driver, await api.trip(driver))
    path = f"/bookings/{booking['id']}/qr.svg"
    picture = await passenger.get(path)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/svg+xml")
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert ET.fromstring(picture.content).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own picture
    for person in (driver, await api.passenger()):
        refusal(await person.get(path), 404, "not_found")
    refusal(await api.http.get(path), 401, "auth_required")
