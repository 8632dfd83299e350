"""One's vehicles."""

from __future__ import annotations

import asyncio
import itertools
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.support.api import Api, Person
from tests.support.factories import NOW, SECOND
from tests.support.wire import NOBODY, ROUNDS, data, paths, refusal, trip_body

_numbers = itertools.count(1)


def body(**given: Any) -> dict[str, Any]:
    """A sound vehicle with a plate of its own."""
    plate = f"{next(_numbers):04d} CI 07"
    return {"make": "Toyota", "model": "Corolla", "color": "gris", "plate_number": plate, "seats_total": 5, **given}


async def add(person: Person, **given: Any) -> Any:
    """Register a vehicle."""
    return data(await person.post("/vehicles", body(**given)), 201)


async def test_owner_becomes_a_driver_when_his_first_vehicle_is_registered(api: Api) -> None:
    person = await api.passenger()
    vehicle = await add(person, plate_number="12 ab-34", year=2019)
    assert data(await person.get("/me"))["is_driver"] is True
    assert vehicle == {
        "id": vehicle["id"], "make": "Toyota", "model": "Corolla", "color": "gris", "plate_number": "12AB34",
        "seats_total": 5, "comfort_level": "standard", "year": 2019, "verified": False, "version": 1,
        "created_at": vehicle["created_at"], "updated_at": vehicle["created_at"],
    }  # fmt: skip
    assert data(await person.get(f"/vehicles/{vehicle['id']}")) == vehicle


@pytest.mark.parametrize("plate", ["1234AB01", "1234 ab 01", "1234-Ab-01", "12 34 AB 01"])
async def test_plate_is_taken_when_it_is_written_otherwise(api: Api, plate: str) -> None:
    await add(await api.passenger(), plate_number="1234AB01")
    other = await api.passenger()
    refusal(await other.post("/vehicles", body(plate_number=plate)), 409, "conflict")
    assert data(await other.get("/me"))["is_driver"] is False


async def test_one_of_many_gets_the_plate_when_they_register_it_at_once(api: Api) -> None:
    people = [await api.passenger() for _ in range(5)]
    sent = [person.post("/vehicles", body(plate_number="7777XY07")) for person in people]
    assert sorted(answer.status_code for answer in await asyncio.gather(*sent)) == [201, 409, 409, 409, 409]


FOREIGN = ["id", "user_id", "owner_id", "verified", "role", "balance", "version", "created_at", "is_driver"]


async def test_field_is_refused_when_it_is_not_the_callers_to_set(api: Api, subtests: pytest.Subtests) -> None:
    person = await api.passenger()
    for name in FOREIGN:
        with subtests.test(name):
            answer = await person.post("/vehicles", body(**{name: True}))
            assert paths(refusal(answer, 422, "validation_error")) == [name]
    assert (await person.get("/vehicles")).json()["meta"]["pagination"]["total"] == 0


UNSOUND: list[tuple[str, object]] = [
    ("make", ""),
    ("make", " \t "),
    ("make", "x" * 201),
    ("model", "Corolla\x07"),
    ("color", None),
    ("plate_number", "A"),
    ("plate_number", "12#34"),
    ("plate_number", "1234 AB 01\n"),
    ("plate_number", "١٢٣٤"),
    ("seats_total", 1),
    ("seats_total", 21),
    ("seats_total", "5"),
    ("seats_total", 5.0),
    ("seats_total", True),
    ("comfort_level", "luxury"),
    ("year", 1949),
    ("year", "2019"),
]


async def test_value_is_refused_when_it_is_out_of_bounds(api: Api, subtests: pytest.Subtests) -> None:
    person = await api.passenger()
    for name, value in UNSOUND:
        with subtests.test(name, value=repr(value)[:40]):
            answer = await person.post("/vehicles", body(**{name: value}))
            assert paths(refusal(answer, 422, "validation_error")) == [name]


async def test_field_is_missed_when_it_is_left_out(api: Api, subtests: pytest.Subtests) -> None:
    person = await api.passenger()
    for name in ("make", "model", "color", "plate_number", "seats_total"):
        with subtests.test(name):
            incomplete = {key: value for key, value in body().items() if key != name}
            assert paths(refusal(await person.post("/vehicles", incomplete), 422, "validation_error")) == [name]


async def test_vehicle_does_not_exist_when_it_is_somebody_elses(api: Api) -> None:
    vehicle = await add(await api.passenger())
    other = await api.passenger()
    refusal(await other.get(f"/vehicles/{vehicle['id']}"), 404, "not_found")
    refusal(await other.get(f"/vehicles/{NOBODY}"), 404, "not_found")
    assert data(await other.get("/vehicles")) == []


async def three(api: Api, person: Person) -> list[str]:
    """Ids of three vehicles, a second apart."""
    ids = []
    for _ in range(3):
        ids.append((await add(person))["id"])
        api.clock.advance(SECOND)
    return ids


async def test_list_is_cut_into_pages_when_asked(api: Api) -> None:
    person = await api.passenger()
    first, second, third = await three(api, person)
    answer = await person.get("/vehicles", page=2, page_size=2, sort="created_at")
    assert [vehicle["id"] for vehicle in data_of_list(answer)] == [third]
    assert answer.json()["meta"]["pagination"] == {"page": 2, "page_size": 2, "total": 3, "page_count": 2}
    answer = await person.get("/vehicles", sort="-created_at")
    assert [vehicle["id"] for vehicle in data_of_list(answer)] == [third, second, first]


async def test_list_is_empty_when_the_page_lies_behind_its_end(api: Api) -> None:
    person = await api.passenger()
    await three(api, person)
    answer = await person.get("/vehicles", page=9)
    assert data_of_list(answer) == []
    assert answer.json()["meta"]["pagination"]["total"] == 3


async def test_list_is_narrowed_when_instants_are_given(api: Api) -> None:
    person = await api.passenger()
    start = api.clock.now()
    _, second, _ = await three(api, person)
    at = (start + SECOND).isoformat()
    for query in ({"created_at": at}, {"created_at_gte": at, "created_at_lte": at}, {"created_at": f"in:{at}"}):
        assert [vehicle["id"] for vehicle in data_of_list(await person.get("/vehicles", **query))] == [second]
    assert data_of_list(await person.get("/vehicles", created_at_lte=(NOW - SECOND).isoformat())) == []


@pytest.mark.parametrize("query", ["sort=plate_number", "sort=id", "plate_number=1", "user_id=1", "created_at_gt=1"])
async def test_query_is_refused_when_it_is_not_declared(api: Api, query: str) -> None:
    answer = await (await api.passenger()).get(f"/vehicles?{query}")
    refusal(answer, 422, "validation_error")


def data_of_list(answer: Any) -> list[Any]:
    """The items of a good answer."""
    return list(data(answer))


async def change(person: Person, vehicle: Any, *, match: int | None = None, **given: Any) -> Any:
    """The answer to a change."""
    headers = {} if match is None else {"If-Match": f'"{match}"'}
    return await person.send("PATCH", f"/vehicles/{vehicle['id']}", json=given, headers=headers)


async def delete(person: Person, vehicle: Any) -> Any:
    """The answer to its end."""
    return await person.send("DELETE", f"/vehicles/{vehicle['id']}")


async def test_vehicle_is_as_its_owner_says_when_he_changes_it(api: Api) -> None:
    person = await api.passenger()
    vehicle = await add(person, year=2019)
    given: dict[str, Any] = {
        "make": "Kia",
        "model": "Rio",
        "color": "bleu",
        "seats_total": 4,
        "comfort_level": "comfort",
        "year": None,
    }
    answer = await change(person, vehicle, plate_number="99 zz-99", **given)
    changed = data(answer)
    assert changed == vehicle | given | {
        "plate_number": "99ZZ99", "version": 2, "updated_at": changed["updated_at"],
    }  # fmt: skip
    assert answer.headers["etag"] == '"2"'
    assert data(await person.get(f"/vehicles/{vehicle['id']}")) == changed


async def test_nothing_is_written_when_nothing_changes(api: Api) -> None:
    person = await api.passenger()
    vehicle = await add(person, plate_number="5555AB01")
    before = await api.inside.everything()
    assert data(await change(person, vehicle)) == vehicle
    assert data(await change(person, vehicle, make="Toyota", plate_number="5555 ab 01")) == vehicle
    assert await api.inside.everything() == before


async def test_vehicle_is_verified_anew_when_its_papers_say_something_else(api: Api, subtests: pytest.Subtests) -> None:
    driver = await api.driver()
    (vehicle,) = data(await driver.get("/vehicles"))
    papers: dict[str, Any] = {"plate_number": "1111ZZ01", "make": "Kia", "model": "Rio", "year": 2020, "seats_total": 6}
    for name, value in ({"color": "bleu", "comfort_level": "basic"} | papers).items():
        with subtests.test(name):
            await verify(api, vehicle)
            assert data(await change(driver, vehicle, **{name: value}))["verified"] is (name not in papers)


async def verify(api: Api, vehicle: Any) -> None:
    """As the back office does."""
    async with api.service.platform.begin() as unit:
        kept = await unit.vehicles.get(UUID(vehicle["id"]))
        kept.verified = True
        await unit.vehicles.save(kept)


async def test_change_is_refused_when_the_plate_is_anothers(api: Api) -> None:
    await add(await api.passenger(), plate_number="1234AB01")
    other = await api.passenger()
    vehicle = await add(other)
    refusal(await change(other, vehicle, plate_number="1234 ab 01"), 409, "conflict")


async def test_change_is_refused_when_it_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    person = await api.passenger()
    vehicle = await add(person)
    for name, value in [*UNSOUND, ("make", None), ("verified", True)]:
        with subtests.test(name, value=repr(value)[:40]):
            given: dict[str, Any] = {name: value}
            assert paths(refusal(await change(person, vehicle, **given), 422, "validation_error")) == [name]
    assert data(await person.get(f"/vehicles/{vehicle['id']}")) == vehicle


async def test_change_is_refused_when_the_vehicle_was_changed_since_it_was_read(api: Api) -> None:
    person = await api.passenger()
    vehicle = await add(person)
    now = data(await change(person, vehicle, match=1, color="bleu"))
    assert refusal(await change(person, vehicle, match=1, color="vert"), 412, "precondition_failed") == {"current": now}
    answer = await person.send("DELETE", f"/vehicles/{vehicle['id']}", headers={"If-Match": '"1"'})
    assert refusal(answer, 412, "precondition_failed") == {"current": now}


async def test_vehicle_cannot_be_changed_when_it_is_somebody_elses(api: Api) -> None:
    vehicle, other = await add(await api.passenger()), await api.passenger()
    refusal(await change(other, vehicle, color="bleu"), 404, "not_found")
    refusal(await delete(other, vehicle), 404, "not_found")


async def test_seats_stay_when_a_published_trip_promises_them(api: Api) -> None:
    driver = await api.driver()
    (vehicle,) = data(await driver.get("/vehicles"))
    await api.trip(driver, seats_available=3)
    assert refusal(await change(driver, vehicle, seats_total=3), 409, "conflict") == {"seats_offered": 3}
    assert data(await change(driver, vehicle, seats_total=4))["seats_total"] == 4


async def test_draft_cannot_be_published_when_its_vehicle_shrank(api: Api) -> None:
    driver = await api.driver()
    (vehicle,) = data(await driver.get("/vehicles"))
    trip = await api.trip(driver, seats_available=3, status="draft")
    data(await change(driver, vehicle, seats_total=3))
    answer = await driver.post(f"/trips/{trip['id']}/publish")
    assert paths(refusal(answer, 422, "validation_error")) == ["seats_available"]


async def test_vehicle_is_gone_when_its_owner_gives_it_up(api: Api) -> None:
    person, next_owner = await api.passenger(), await api.passenger()
    vehicle = await add(person, plate_number="8888AB01")
    assert (await delete(person, vehicle)).status_code == 204
    refusal(await person.get(f"/vehicles/{vehicle['id']}"), 404, "not_found")
    refusal(await change(person, vehicle, color="bleu"), 404, "not_found")
    refusal(await delete(person, vehicle), 404, "not_found")
    assert data(await person.get("/vehicles")) == []
    await add(next_owner, plate_number="8888 AB 01")


async def test_vehicle_stays_when_a_published_trip_counts_on_it(api: Api) -> None:
    driver = await api.driver()
    (vehicle,) = data(await driver.get("/vehicles"))
    trip = await api.trip(driver)
    assert refusal(await delete(driver, vehicle), 409, "conflict") == {"seats_offered": 3}
    data(await driver.post(f"/trips/{trip['id']}/cancel"))
    assert (await delete(driver, vehicle)).status_code == 204
    assert data(await driver.get(f"/trips/{trip['id']}"))["vehicle"]["id"] == vehicle["id"]


async def test_vehicle_goes_when_its_trips_have_arrived(api: Api) -> None:
    driver = await api.driver()
    (vehicle,) = data(await driver.get("/vehicles"))
    trip = await api.trip(driver)
    api.clock.at = datetime.fromisoformat(trip["arrival_eta"])
    assert (await delete(driver, vehicle)).status_code == 204


async def test_trip_cannot_use_a_vehicle_when_it_was_given_up(api: Api) -> None:
    driver = await api.driver()
    (vehicle,) = data(await driver.get("/vehicles"))
    draft = await api.trip(driver, status="draft")
    other = await add(driver)
    assert (await delete(driver, vehicle)).status_code == 204
    answer = await driver.post(f"/trips/{draft['id']}/publish")
    assert paths(refusal(answer, 422, "validation_error")) == ["vehicle_id"]
    offer = trip_body(vehicle_id=vehicle["id"])
    assert paths(refusal(await driver.post("/trips", offer), 422, "validation_error")) == ["vehicle_id"]
    assert (await api.trip(driver))["vehicle"]["id"] == other["id"]


async def test_promise_and_vehicle_agree_when_they_change_at_once(api: Api) -> None:
    for _ in range(ROUNDS):
        driver = await api.driver()
        (vehicle,) = data(await driver.get("/vehicles"))
        trip, gone = await asyncio.gather(driver.post("/trips", trip_body()), delete(driver, vehicle))
        assert (trip.status_code, gone.status_code) in {(201, 409), (422, 204)}
