"""One's bookings, as passenger and as driver."""

from __future__ import annotations

import pytest

from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE, SECOND
from tests.support.wire import data, paths, refusal


async def ids(person: Person, **query: str | int) -> list[str]:
    """Ids of the bookings that a list holds, in its order."""
    return [booking["id"] for booking in data(await person.get("/bookings", **query))]


async def pending_ones(api: Api, passenger: Person, driver: Person, count: int = 3) -> list[str]:
    """Bookings on trips that leave the sooner the later they were made."""
    made = []
    for number in range(count):
        departure = DEPARTURE - number * 5 * HOUR
        trip = await api.trip(driver, departure_time=departure.isoformat())
        made.append((await api.pending(passenger, trip))["id"])
        api.clock.advance(SECOND)
    return made


async def test_list_shows_ones_own_side_when_asked_for_a_role(api: Api) -> None:
    driver, passenger, stranger = await api.driver(), await api.passenger(), await api.driver()
    booking = await api.pending(passenger, await api.trip(driver))
    assert await ids(passenger) == await ids(passenger, role="passenger") == [booking["id"]]
    assert await ids(driver, role="driver") == [booking["id"]]
    assert await ids(driver) == await ids(passenger, role="driver") == []
    assert await ids(stranger) == await ids(stranger, role="driver") == []


async def test_listed_booking_is_the_same_when_it_is_read_alone(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.accepted(passenger, driver, await api.trip(driver))
    answer = await passenger.get(f"/bookings/{booking['id']}")
    assert data(await passenger.get("/bookings")) == [data(answer)]
    assert answer.headers["etag"] == f'"{booking["version"]}"'


async def test_list_is_narrowed_when_a_status_is_given(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    waiting, held = await pending_ones(api, passenger, driver, 2)
    data(await driver.post(f"/bookings/{held}/accept"))
    assert await ids(passenger, status="pending") == [waiting]
    assert await ids(passenger, status="accepted") == [held]
    assert sorted(await ids(passenger, status="in:pending,accepted")) == sorted([waiting, held])
    assert await ids(passenger, status="in:paid,completed") == []
    api.clock.advance(31 * MINUTE)
    await api.run("holds")
    assert await ids(passenger, status="cancelled") == [held]


async def test_list_is_ordered_when_an_order_is_asked_for(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    first, second, third = await pending_ones(api, passenger, driver)
    assert await ids(passenger, sort="created_at") == [first, second, third]
    assert await ids(passenger, sort="-created_at") == [third, second, first]
    assert await ids(passenger, sort="departure_time") == [third, second, first]
    assert await ids(passenger, sort="-departure_time,created_at") == [first, second, third]


async def test_list_is_cut_into_pages_when_asked(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    first, second, third = await pending_ones(api, passenger, driver)
    answer = await driver.get("/bookings", role="driver", page=2, page_size=2, sort="created_at")
    assert [booking["id"] for booking in data(answer)] == [third]
    assert answer.json()["meta"]["pagination"] == {"page": 2, "page_size": 2, "total": 3, "page_count": 2}
    assert await ids(driver, role="driver", page_size=2, sort="created_at") == [first, second]


async def test_list_is_narrowed_when_departures_are_bounded(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    first, second, _ = await pending_ones(api, passenger, driver)
    late = (DEPARTURE - 5 * HOUR).isoformat()
    assert await ids(passenger, departure_time_gte=late, sort="created_at") == [first, second]
    assert await ids(passenger, departure_time_gte=late, departure_time_lte=late) == [second]


UNSOUND = [
    ("role=admin", "role"), ("status=open", "status"), ("status=in:", "status"), ("sort=status", "sort"),
    ("page_size=101", "page_size"), ("page=0", "page"), ("passenger_id=1", "passenger_id"),
    ("created_at=2025-10-02T08:30:00", "created_at"), ("departure_time_gte=now", "departure_time_gte"),
]  # fmt: skip


async def test_query_is_refused_when_it_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    passenger = await api.passenger()
    for query, path in UNSOUND:
        with subtests.test(query):
            answer = await passenger.get(f"/bookings?{query}")
            assert paths(refusal(answer, 422, "validation_error")) == [path]
