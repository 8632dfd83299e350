"""One's vehicles."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from tests.support.api import Api, Person
from tests.support.factories import NOW, SECOND
from tests.support.wire import NOBODY, data, paths, refusal

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
        "seats_total": 5, "comfort_level": "standard", "year": 2019, "verified": False,
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
