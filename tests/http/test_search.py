"""Search: which trips answer, by which stretch, in which order."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from allonova.application.carpool.find_trips import TTL
from allonova.domain.carpool.vehicle import Comfort
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE, SECOND, a_driver
from tests.support.wire import ABIDJAN, TOUMODI, YAMOUSSOUKRO, data, paths, refusal, stop_body

DAY = timedelta(days=1)
WHOLE = "from=5.3575,-4.0083&to=6.8190,-5.2760"
FIRST_HALF = "from=5.3575,-4.0083&to=6.5581,-5.0186"
SECOND_HALF = "from=6.5581,-5.0186&to=6.8190,-5.2760"


async def search(api: Api, query: str, who: Person | None = None) -> httpx.Response:
    """The answer to a search on the day of departure, unless a date or an area is given; nothing is cached any more."""
    api.clock.advance(TTL)
    path = f"/trips/search?{query}" + ("" if "date=" in query or "bbox=" in query else f"&date={DEPARTURE:%Y-%m-%d}")
    return await (who.get(path) if who else api.http.get(path))


async def found(api: Api, query: str, who: Person | None = None) -> list[str]:
    """Ids of the trips that answer, in their order."""
    return [hit["trip"]["id"] for hit in data(await search(api, query, who))]


async def test_hit_says_where_to_board_when_a_stop_is_nearest(api: Api) -> None:
    trip = await api.trip(await api.driver(), stops=[stop_body()])
    (hit,) = data(await search(api, "from=6.5590,-5.0186&to=6.8190,-5.2760"))
    assert set(hit) == {"trip", "pickup", "dropoff", "price_per_seat", "seats_bookable", "departure_time"}
    stop = trip["stops"][0]
    assert hit["trip"] == trip
    assert hit["pickup"] == {"point": TOUMODI, "label": stop["label"], "distance_km": 0.1, "stop_id": stop["id"]}
    assert (hit["dropoff"]["label"], hit["dropoff"]["stop_id"]) == ("Yamoussoukro", None)
    assert (hit["price_per_seat"], hit["seats_bookable"], hit["departure_time"]) == (1500, 3, stop["eta"])


async def test_trip_is_the_one_that_is_read_when_its_words_and_figures_are_odd(api: Api) -> None:
    odd = 'Zoé "K" \\ €\n\u2028🚗'
    driver = await api.driver(first_name=odd, last_name=None, rating_avg=Decimal("4.25"), rating_count=3)
    departure = (DEPARTURE + timedelta(microseconds=120_003)).isoformat()
    trip = await api.trip(driver, departure_time=departure, stops=[stop_body(label=odd)], rules=odd)
    (hit,) = data(await search(api, f"{WHOLE}&radius_km=100"))
    assert hit["trip"] == trip == data(await api.http.get(f"/trips/{trip['id']}"))
    assert (hit["departure_time"], hit["trip"]["driver"]["rating_avg"]) == (trip["departure_time"], 4.25)


async def test_trip_is_shown_once_when_several_stretches_match(api: Api) -> None:
    await api.trip(await api.driver(), stops=[stop_body()])
    hits = data(await search(api, f"{WHOLE}&radius_km=100"))
    assert [(hit["pickup"]["stop_id"], hit["dropoff"]["stop_id"]) for hit in hits] == [(None, None)]


async def test_stop_is_passed_over_when_nobody_may_board_or_leave_there(api: Api) -> None:
    await api.trip(await api.driver(), stops=[stop_body(pickup_allowed=False)])
    assert (len(await found(api, FIRST_HALF)), await found(api, SECOND_HALF)) == (1, [])
    await api.trip(await api.driver(), stops=[stop_body(dropoff_allowed=False)])
    assert (len(await found(api, FIRST_HALF)), len(await found(api, SECOND_HALF))) == (1, 1)


async def test_nothing_is_found_when_one_travels_the_other_way(api: Api) -> None:
    await api.trip(await api.driver(), stops=[stop_body()])
    assert await found(api, "from=6.8190,-5.2760&to=5.3575,-4.0083") == []
    assert await found(api, "from=6.5581,-5.0186&to=5.3575,-4.0083") == []


async def test_draft_is_not_found_when_it_is_not_published(api: Api) -> None:
    await api.trip(await api.driver(), status="draft")
    assert await found(api, WHOLE) == []


async def test_radius_is_25_km_when_none_is_given(api: Api) -> None:
    await api.trip(await api.driver())
    assert len(await found(api, "from=5.5775,-4.0083&to=6.8190,-5.2760")) == 1  # 24.5 km north of Abidjan
    assert await found(api, "from=5.5875,-4.0083&to=6.8190,-5.2760") == []  # 25.6 km
    assert len(await found(api, "from=5.5875,-4.0083&to=6.8190,-5.2760&radius_km=26")) == 1
    assert await found(api, f"{WHOLE}&radius_km=1") != []


async def test_day_is_local_when_departures_lie_at_its_edges(api: Api) -> None:
    midnight = DEPARTURE.replace(hour=0, minute=0)
    for at in (midnight - MINUTE, midnight, midnight + DAY - MINUTE, midnight + DAY):
        await api.trip(await api.driver(), departure_time=at.isoformat())
    hits = data(await search(api, WHOLE))
    assert [hit["departure_time"] for hit in hits] == ["2025-10-02T00:00:00Z", "2025-10-02T23:59:00Z"]


async def test_trip_is_not_found_when_it_has_left(api: Api) -> None:
    await api.trip(await api.driver())
    api.clock.at = DEPARTURE - MINUTE
    assert len(await found(api, WHOLE)) == 1
    api.clock.at = DEPARTURE + MINUTE
    assert await found(api, WHOLE) == []


async def test_later_stop_is_still_found_when_the_trip_has_left(api: Api) -> None:
    await api.trip(await api.driver(), stops=[stop_body()])
    api.clock.at = DEPARTURE + MINUTE
    assert len(await found(api, SECOND_HALF)) == 1


async def test_prices_are_those_of_the_stretch_when_they_are_bounded(api: Api) -> None:
    await api.trip(await api.driver(), stops=[stop_body()])
    assert len(await found(api, f"{FIRST_HALF}&price_min=4500&price_max=4500")) == 1
    assert await found(api, f"{FIRST_HALF}&price_max=4499") == []
    assert await found(api, f"{FIRST_HALF}&price_min=4501") == []


async def test_seats_are_those_of_the_stretch_when_they_are_asked_for(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver, stops=[stop_body()])
    await api.paid(passenger, driver, trip, seats=2, dropoff_stop_id=trip["stops"][0]["id"])
    assert (await found(api, f"{FIRST_HALF}&seats>=2"), await found(api, f"{WHOLE}&seats>=2")) == ([], [])
    (hit,) = data(await search(api, f"{SECOND_HALF}&seats>=3"))
    assert (hit["seats_bookable"], hit["trip"]["seats_available"]) == (3, 1)
    assert await found(api, f"{SECOND_HALF}&seats>=4") == []


async def test_sold_out_stretch_is_not_found_when_another_is_bookable(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver, stops=[stop_body()])
    await api.accepted(passenger, driver, trip, seats=3, pickup_stop_id=trip["stops"][0]["id"])
    assert await found(api, SECOND_HALF) == []
    assert await found(api, WHOLE) == []
    assert await found(api, FIRST_HALF) == [trip["id"]]


@pytest.mark.parametrize("written", ["seats>=2", "seats%3E=2", "seats%3E%3D=2"])
async def test_seats_are_read_when_they_are_written_either_way(api: Api, written: str) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    await api.accepted(passenger, driver, await api.trip(driver), seats=2)
    assert await found(api, WHOLE) != []
    assert await found(api, f"{WHOLE}&{written}") == []


async def test_own_trips_are_not_found_when_one_is_logged_in(api: Api) -> None:
    driver, other = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    assert await found(api, WHOLE) == await found(api, WHOLE, other) == [trip["id"]]
    assert await found(api, WHOLE, driver) == []


async def test_comfort_and_rating_narrow_when_they_are_given(api: Api) -> None:
    driver = a_driver(comfort=Comfort.COMFORT, rating_avg=Decimal("4.50"), rating_count=2)
    await api.keep(driver)
    good = await api.trip(await api.log_in(driver.user.phone or ""))
    plain = await api.trip(await api.driver())
    assert await found(api, f"{WHOLE}&comfort=comfort") == [good["id"]]
    assert await found(api, f"{WHOLE}&comfort=standard") == [plain["id"]]
    assert await found(api, f"{WHOLE}&driver_rating>=4.5") == [good["id"]]
    assert await found(api, f"{WHOLE}&driver_rating>=4.6") == []
    assert await found(api, f"{WHOLE}&sort=-rating") == [good["id"], plain["id"]]


async def three(api: Api) -> tuple[str, str, str]:
    """Trips that differ in price, time and distance."""
    offers: list[dict[str, Any]] = [
        {"price_per_seat": 7000, "departure_time": DEPARTURE.isoformat(), "origin": ABIDJAN | {"lat": 5.40}},
        {"price_per_seat": 5000, "departure_time": (DEPARTURE + HOUR).isoformat()},
        {"price_per_seat": 6000, "departure_time": (DEPARTURE - HOUR).isoformat(), "origin": ABIDJAN | {"lat": 5.45}},
    ]
    first, second, third = [(await api.trip(await api.driver(), **offer))["id"] for offer in offers]
    return first, second, third


async def test_hits_are_ordered_when_an_order_is_asked_for(api: Api) -> None:
    first, second, third = await three(api)
    assert await found(api, WHOLE) == [third, first, second]
    assert await found(api, f"{WHOLE}&sort=-departure_time") == [second, first, third]
    assert await found(api, f"{WHOLE}&sort=price") == [second, third, first]
    assert await found(api, f"{WHOLE}&sort=-price") == [first, third, second]
    assert await found(api, f"{WHOLE}&sort=distance") == [second, first, third]


async def test_hits_are_cut_into_pages_when_asked(api: Api) -> None:
    first, second, third = await three(api)
    answer = await search(api, f"{WHOLE}&sort=price&page=2&page_size=2")
    assert [hit["trip"]["id"] for hit in data(answer)] == [first]
    assert answer.json()["meta"]["pagination"] == {"page": 2, "page_size": 2, "total": 3, "page_count": 2}
    assert await found(api, f"{WHOLE}&sort=price&page=1&page_size=2") == [second, third]


UNSOUND = [
    ("to=6.8,-5.2", "from"),
    ("from=5.3,-4.0", "to"),
    (f"{WHOLE}&date=", "date"),
    (f"{WHOLE}&date=02/10/2025", "date"),
    (f"{WHOLE}&radius_km=101", "radius_km"),
    (f"{WHOLE}&radius_km=0", "radius_km"),
    (f"{WHOLE}&seats>=0", "seats>"),
    (f"{WHOLE}&seats=2", "seats"),
    (f"{WHOLE}&comfort=luxury", "comfort"),
    (f"{WHOLE}&driver_rating>=5.1", "driver_rating>"),
    (f"{WHOLE}&price_min=-1", "price_min"),
    (f"{WHOLE}&sort=fame", "sort"),
    ("from=5.3575&to=6.8190,-5.2760", "from"),
    ("from=91,0&to=6.8190,-5.2760", "from"),
]


async def test_parameter_is_refused_when_it_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    for query, path in UNSOUND:
        with subtests.test(query):
            assert paths(refusal(await search(api, query), 422, "validation_error")) == [path]


async def test_points_are_those_of_the_trip_when_it_is_found(api: Api) -> None:
    await api.trip(await api.driver())
    (hit,) = data(await search(api, WHOLE))
    ends = {"lat": YAMOUSSOUKRO["lat"], "lon": YAMOUSSOUKRO["lon"]}
    assert (hit["dropoff"]["point"], hit["dropoff"]["distance_km"]) == (ends, 0.0)


WIDE = "bbox=-5.6,5.2,-3.8,7.0"  # Abidjan, Toumodi and Yamoussoukro


async def test_trip_is_found_by_its_longest_stretch_when_only_an_area_is_given(api: Api) -> None:
    trip = await api.trip(await api.driver(), stops=[stop_body()])
    (hit,) = data(await search(api, WIDE))
    assert (hit["trip"], hit["price_per_seat"]) == (trip, 6000)
    assert [hit[end]["distance_km"] for end in ("pickup", "dropoff")] == [None, None]
    (hit,) = data(await search(api, "bbox=-5.6,6.0,-3.8,7.0"))
    assert (hit["pickup"]["label"], hit["dropoff"]["label"]) == ("Toumodi, gare", "Yamoussoukro")
    assert await found(api, "bbox=-5.6,5.2,-3.8,6.0") == []


async def test_every_future_departure_is_found_when_an_area_comes_without_a_date(api: Api) -> None:
    later = DEPARTURE + 100 * DAY
    first, second = [
        (await api.trip(await api.driver(), departure_time=at.isoformat()))["id"] for at in (DEPARTURE, later)
    ]
    assert await found(api, WIDE) == [first, second]
    assert await found(api, f"{WIDE}&date={later:%Y-%m-%d}") == [second]
    api.clock.at = DEPARTURE + MINUTE
    assert await found(api, WIDE) == [second]


async def test_both_hold_when_an_area_comes_with_points(api: Api) -> None:
    trip = await api.trip(await api.driver(), stops=[stop_body()])
    assert await found(api, f"{WIDE}&{WHOLE}") == [trip["id"]]
    assert await found(api, f"bbox=-5.6,6.0,-3.8,7.0&{WHOLE}") == []
    (hit,) = data(await search(api, f"{WIDE}&to=6.5581,-5.0186"))
    assert (hit["dropoff"]["label"], hit["dropoff"]["distance_km"]) == ("Toumodi, gare", 0.0)
    assert hit["pickup"]["distance_km"] is None
    (hit,) = data(await search(api, f"{WIDE}&from=6.5581,-5.0186&sort=distance"))
    assert (hit["pickup"]["label"], hit["dropoff"]["distance_km"]) == ("Toumodi, gare", None)


async def test_area_is_narrowed_and_ordered_when_asked(api: Api) -> None:
    first, second, third = await three(api)
    assert await found(api, f"{WIDE}&sort=price") == [second, third, first]
    assert await found(api, f"{WIDE}&price_max=6000") == [third, second]
    assert sorted(await found(api, f"{WIDE}&sort=distance")) == sorted([first, second, third])
    assert await found(api, f"{WIDE}&seats>=4") == []


UNSOUND_AREAS = [
    "bbox=", "bbox=1,2,3", "bbox=-3.8,5.2,-5.6,7.0", "bbox=-5.6,7.0,-3.8,5.2", "bbox=-181,5.2,-3.8,7.0",
    "bbox=nan,5,-3,7", "bbox=a,b,c,d", "bbox=1,2,3,4,5",
]  # fmt: skip


async def test_area_is_refused_when_it_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    for query in UNSOUND_AREAS:
        with subtests.test(query):
            assert paths(refusal(await search(api, query), 422, "validation_error")) == ["bbox"]


async def test_everything_that_is_missing_is_named_when_there_is_no_area(api: Api) -> None:
    answer = await api.http.get("/trips/search")
    assert paths(refusal(answer, 422, "validation_error")) == ["from", "to", "date"]


async def asked(api: Api, query: str = WHOLE) -> list[str]:
    """Ids of the trips that answer, with whatever is cached."""
    answer = await api.http.get(f"/trips/search?{query}&date={DEPARTURE:%Y-%m-%d}")
    return [hit["trip"]["id"] for hit in data(answer)]


async def test_change_is_seen_when_five_seconds_have_passed(api: Api) -> None:
    assert await asked(api) == []
    trip = await api.trip(await api.driver())
    api.clock.advance(TTL - SECOND)
    assert await asked(api) == []
    api.clock.advance(SECOND)
    assert await asked(api) == [trip["id"]]


async def test_same_page_is_given_when_the_points_are_nearly_the_same(api: Api) -> None:
    assert await asked(api, "from=5.3581,-4.0081&to=6.8190,-5.2760") == []
    await api.trip(await api.driver())
    assert await asked(api, "from=5.3579,-4.0082&to=6.81901,-5.2760") == []
    assert len(await asked(api, "from=5.3589,-4.0082&to=6.81901,-5.2760")) == 1


async def test_page_is_ones_own_when_another_asks_the_same(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    assert await asked(api) == [trip["id"]]
    path = f"/trips/search?{WHOLE}&date={DEPARTURE:%Y-%m-%d}"
    assert data(await driver.get(path)) == []
    assert data(await driver.get(f"{path}&seats>=4")) == data(await api.http.get(f"{path}&seats>=4")) == []
    assert data(await api.http.get(f"{path}&page=2")) == []


async def test_cached_answer_is_whole_when_it_is_given_again(api: Api) -> None:
    await api.trip(await api.driver(), stops=[stop_body()])
    path = f"/trips/search?{WHOLE}&date={DEPARTURE:%Y-%m-%d}"
    first, second = (await api.http.get(path)).json(), (await api.http.get(path)).json()
    assert first["data"] == second["data"] != []
    assert first["meta"]["pagination"] == second["meta"]["pagination"]
    assert first["meta"]["request_id"] != second["meta"]["request_id"]


async def test_popular_search_is_warm_when_the_job_has_run(api: Api) -> None:
    for _ in range(2):
        assert await asked(api) == []
    trip = await api.trip(await api.driver())
    api.clock.advance(TTL - SECOND)
    await api.run("warm_searches")
    assert await asked(api) == [trip["id"]]
