"""No input causes a 5xx: whatever is sent in any place of any request is refused in the envelope, or taken."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.support.api import Api, Person
from tests.support.hostile import BROKEN, IDS, QUERIES, VALUES, is_decent, places, put
from tests.support.wire import NOBODY, fresh_key, refusal, stop_body, trip_body

FROM_TO = "from=5.35,-4.00&to=6.81,-5.27"
SEARCHES = (
    f"{FROM_TO}&date=0000-01-01", f"{FROM_TO}&date=0001-01-01", f"{FROM_TO}&date=10000-01-01",
    f"{FROM_TO}&date=9999-12-31", f"{FROM_TO}&date=", f"{FROM_TO}&date=1e400", f"{FROM_TO}&date=%00",
    "from=nan,nan&to=inf,0&date=2025-10-02", "from=1e400,0&to=0,0&date=2025-10-02", "from=,&to=,&date=2025-10-02",
    "from=1,2,3&to=0,0&date=2025-10-02", "from=91,0&to=0,181&date=2025-10-02", "from=%00&to=%ff&date=2025-10-02",
    "from=٣,٣&to=0,0&date=2025-10-02", "from=1_0,1&to=0,0&date=2025-10-02",
    f"{FROM_TO}&date=2025-10-02&radius_km=0", f"{FROM_TO}&date=2025-10-02&radius_km=9223372036854775808",
    f"{FROM_TO}&date=2025-10-02&seats>=0", f"{FROM_TO}&date=2025-10-02&seats>=-1", f"{FROM_TO}&date=2025-10-02&seats>",
    f"{FROM_TO}&date=2025-10-02&price_min=-1", f"{FROM_TO}&date=2025-10-02&price_max=1e400",
    f"{FROM_TO}&date=2025-10-02&driver_rating>=NaN", f"{FROM_TO}&date=2025-10-02&comfort=%00",
    f"{FROM_TO}&date=2025-10-02&page=9223372036854775808", f"{FROM_TO}&date=2025-10-02&sort=price,price,-price",
)  # fmt: skip
VEHICLE = {
    "make": "Toyota", "model": "Corolla", "color": "gris", "plate_number": "1234 AB 01", "seats_total": 5,
    "comfort_level": "standard", "year": 2020,
}  # fmt: skip
BOOKING = {"trip_id": NOBODY, "seats": 1, "pickup_stop_id": NOBODY, "dropoff_stop_id": NOBODY}
ALIKE = ("destination", "arrival_eta", "rules")
BODIES: dict[str, dict[str, Any]] = {
    "/auth/register": {"phone": "+2250700000009", "first_name": "Awa", "last_name": "Koné"},
    "/auth/otp/send": {"phone": "+2250700000009"},
    "/auth/otp/verify": {"phone": "+2250700000009", "code": "123456"},
    "/auth/token/refresh": {"refresh_token": "x"},
    "/auth/logout": {"refresh_token": "x"},
    "/vehicles": VEHICLE,
    "/trips": trip_body(
        stops=[stop_body(eta="2025-10-02T10:00:00Z", pickup_allowed=True, dropoff_allowed=True)],
        arrival_eta="2025-10-02T12:00:00Z",
        vehicle_id=NOBODY,
        allow_auto_accept=True,
        luggage_policy="1 valise",
        rules="Non-fumeur",
    ),
    "/bookings": BOOKING,
    f"/bookings/{NOBODY}/checkin": {"code": "ABCD1234"},
    "/payments/init": {"booking_id": NOBODY, "method": "wave", "return_url": "https://app.allonova.test/x"},
    "/wallet/topup": {"amount": 5_000, "method": "wave", "return_url": "https://app.allonova.test/x"},
    "/wallet/withdraw": {"amount": 5_000, "method": "wave", "phone": "+2250700000009"},
}


async def send(person: Person, path: str, content: bytes) -> httpx.Response:
    """JSON as bytes."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": fresh_key()}
    answer: httpx.Response = await person.send("POST", path, content=content, headers=headers)
    return answer


@pytest.mark.promise("no-500")
async def test_body_is_refused_when_it_is_no_sound_json(api: Api, subtests: pytest.Subtests) -> None:
    passenger = await api.passenger()
    for name, body in BROKEN.items():
        with subtests.test(name):
            for path in BODIES:
                refusal(await send(passenger, path, body), 422, "validation_error")


async def test_body_is_no_json_when_only_a_lenient_reader_takes_it(api: Api, subtests: pytest.Subtests) -> None:
    passenger = await api.passenger()
    for name in ("NaN", "infinity", "lone surrogate", "lone surrogate as a name", "not UTF-8"):
        with subtests.test(name):
            details = refusal(await send(passenger, "/auth/otp/send", BROKEN[name]), 422, "validation_error")
            assert [fault["code"] for fault in details["fields"]] == ["json_invalid"]


@pytest.mark.promise("no-500")
@pytest.mark.parametrize("path", BODIES)
async def test_no_value_causes_a_fault_when_it_stands_in_any_place(api: Api, path: str) -> None:
    person = await api.driver()
    for place in places(BODIES[path], but=ALIKE):
        for raw in VALUES:
            answer = await send(person, path, put(BODIES[path], place, raw))
            assert is_decent(answer), (place, raw[:60], answer.text)


@pytest.mark.promise("no-500")
@pytest.mark.parametrize("path", ["/vehicles", "/bookings"])
async def test_no_query_causes_a_fault_when_it_asks_for_a_list(api: Api, path: str) -> None:
    passenger = await api.passenger()
    for query in QUERIES:
        answer = await passenger.get(f"{path}?{query}")
        assert is_decent(answer), (query, answer.text)


@pytest.mark.promise("no-500")
async def test_no_query_causes_a_fault_when_it_searches(api: Api) -> None:
    for query in SEARCHES:
        answer = await api.http.get(f"/trips/search?{query}")
        assert is_decent(answer), (query, answer.text)


@pytest.mark.promise("no-500")
@pytest.mark.parametrize("path", ["/vehicles/{}", "/trips/{}", "/bookings/{}", "/payments/{}"])
async def test_no_id_causes_a_fault_when_it_is_none(api: Api, path: str) -> None:
    passenger = await api.passenger()
    for id in IDS:
        answer = await passenger.get(path.format(id))
        assert 400 <= answer.status_code < 500, (id, answer.text)
        assert is_decent(answer)


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "\x00", "\x7f", "x" * 256, "\t"])
async def test_key_is_refused_when_it_is_not_255_visible_characters(api: Api, key: str) -> None:
    passenger = await api.passenger()
    headers = [
        (b"Idempotency-Key", key.encode("latin-1")),
        (b"Authorization", passenger.bearer["Authorization"].encode()),
    ]
    answer = await api.http.post("/bookings", json=BOOKING, headers=headers)
    refusal(answer, 422, "validation_error")


@pytest.mark.promise("no-500")
@pytest.mark.parametrize("name", ["Authorization", "Accept-Language", "X-Request-ID", "Origin", "Content-Type"])
async def test_no_header_causes_a_fault_when_it_is_junk(api: Api, name: str) -> None:
    for junk in (b"", b"\xff\xfe", b"Bearer \xff", b"x" * 20_000, b"Bearer", b"a;q=1e999", b",", quote("é").encode()):
        answer = await api.http.post(
            "/auth/otp/send", json={"phone": "+2250700000009"}, headers=[(name.encode(), junk)]
        )
        assert is_decent(answer), (junk[:60], answer.text)
