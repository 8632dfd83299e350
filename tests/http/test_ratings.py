"""Ratings of rides, and what they make of people."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from allonova.domain.identity.roles import Role
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE, SECOND
from tests.support.rides import RideDay, ride_day
from tests.support.wire import NOBODY, data, paths, refusal, require_refused

DAY = 24 * HOUR
END = DEPARTURE
CLOSE = END + 14 * DAY


async def a_ride(api: Api, **given: Any) -> RideDay:
    """Over."""
    day = await ride_day(api, **given)
    await day.start()
    api.clock.at = END
    await day.step("end-ride")
    return day


async def rate(by: Person, whom: Person, booking: Any, **given: object) -> Any:
    """The answer to a rating."""
    body = {"booking_id": booking["id"], "to_user_id": str(whom.id), "stars": 5, "comment": "À l'heure."}
    return await by.post("/ratings", body | given)


async def rated(day: RideDay, *, by_driver: bool = False, **given: object) -> Any:
    """A rating by one side of the ride."""
    sides = (day.passenger, day.driver)
    by, whom = sides[::-1] if by_driver else sides
    return data(await rate(by, whom, day.booking, **given), 201)


async def listed(reader: Person, whom: Person, query: str = "") -> list[Any]:
    return list(data(await reader.get(f"/users/{whom.id}/ratings{query}")))


async def score(reader: Person, whom: Person) -> tuple[float, int]:
    """Average and number of somebody's stars."""
    profile = data(await reader.get(f"/users/{whom.id}"))
    return profile["rating_avg"], profile["rating_count"]


async def test_nobody_but_its_writer_learns_of_a_rating_until_both_have_rated(api: Api) -> None:
    day = await a_ride(api)
    first = await rated(day, stars=4)
    assert first == {
        "id": first["id"],
        "booking_id": day.booking["id"],
        "to_user_id": str(day.driver.id),
        "role": "driver",
        "stars": 4,
        "comment": "À l'heure.",
        "comment_hidden": False,
        "closes_at": CLOSE.isoformat().replace("+00:00", "Z"),
        "shown_at": None,
        "created_at": first["created_at"],
    }
    assert data(await day.passenger.get("/me/ratings")) == [first]
    for reader in (day.driver, day.passenger):
        assert (await listed(reader, day.driver), await score(reader, day.driver)) == ([], (0, 0))
    assert data(await day.driver.get("/me/ratings")) == []
    second = await rated(day, by_driver=True, stars=3, comment=None)
    assert second["shown_at"] is not None
    assert (second["role"], second["comment"]) == ("passenger", None)
    (shown,) = await listed(day.passenger, day.driver)
    assert shown == {
        "id": first["id"],
        "stars": 4,
        "comment": "À l'heure.",
        "from": data(await day.driver.get(f"/bookings/{day.booking['id']}"))["passenger"],
        "role": "driver",
        "created_at": first["created_at"],
    }
    assert [await score(day.driver, each) for each in (day.driver, day.passenger)] == [(4, 1), (3, 1)]
    (mine,) = data(await day.passenger.get("/me/ratings", booking_id=day.booking["id"]))
    assert mine["shown_at"] == second["shown_at"]


async def test_lonely_rating_is_shown_when_the_window_closes(api: Api) -> None:
    day = await a_ride(api)
    await rated(day, stars=2)
    api.clock.at = CLOSE - MINUTE
    await api.run("ratings")
    assert await listed(day.passenger, day.driver) == []
    api.clock.at = CLOSE
    refusal(await rate(day.driver, day.passenger, day.booking), 409, "conflict")
    await api.run("ratings")
    assert await score(day.passenger, day.driver) == (2, 1)
    assert [each["stars"] for each in await listed(day.passenger, day.driver)] == [2]
    await api.run("ratings")
    assert await score(day.passenger, day.driver) == (2, 1)


async def test_refused_when_the_ride_is_not_over_or_too_long_ago(api: Api) -> None:
    day = await ride_day(api)
    details = refusal(await rate(day.passenger, day.driver, day.booking), 409, "conflict")
    assert details == {"status": "paid"}
    await day.start()
    await day.step("end-ride")
    close = DEPARTURE - HOUR + 14 * DAY
    api.clock.at = close - MINUTE
    data(await rate(day.driver, day.passenger, day.booking), 201)
    api.clock.at = close
    details = refusal(await rate(day.passenger, day.driver, day.booking), 409, "conflict")
    assert details == {"closed_at": close.isoformat().replace("+00:00", "Z")}


async def test_refused_when_one_has_rated_already(api: Api) -> None:
    day = await a_ride(api)
    await rated(day, stars=5)
    refusal(await rate(day.passenger, day.driver, day.booking, stars=1), 409, "conflict")
    await rated(day, by_driver=True)
    refusal(await rate(day.passenger, day.driver, day.booking, stars=1), 409, "conflict")
    assert await score(day.passenger, day.driver) == (5, 1)


async def test_booking_does_not_exist_for_strangers_and_only_its_other_side_is_rated(api: Api) -> None:
    day, other = await a_ride(api), await api.passenger()
    refusal(await rate(other, day.driver, day.booking), 404, "not_found")
    refusal(await rate(day.passenger, day.driver, {"id": NOBODY}), 404, "not_found")
    for whom in (other, day.passenger):
        details = refusal(await rate(day.passenger, whom, day.booking), 422, "validation_error")
        assert paths(details) == ["to_user_id"]
    refusal(await api.http.post("/ratings", json={}), 401, "auth_required")


async def test_refused_when_a_body_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    day = await a_ride(api)
    values = [
        *(("stars", value) for value in (0, 6, 4.5, "5", True, None)),
        *(("comment", value) for value in ("", "  ", "x" * 1001, "a\x00b", 5)),
        *(("booking_id", value) for value in (None, "x", 1)),
        *(("to_user_id", value) for value in (None, "x")),
        ("shown_at", "2025-10-02T00:00:00Z"),
    ]
    await require_refused(subtests, values, lambda wrong: rate(day.passenger, day.driver, day.booking, **wrong))
    data(await rate(day.passenger, day.driver, day.booking, comment="x" * 1000), 201)


async def test_average_is_that_of_all_when_rides_follow_each_other(api: Api) -> None:
    day = await a_ride(api)
    await rated(day, stars=5)
    await rated(day, by_driver=True)
    later = (DEPARTURE + DAY).isoformat()
    booking = await api.paid(day.passenger, day.driver, await api.trip(day.driver, departure_time=later))
    api.clock.at = DEPARTURE + DAY
    again = RideDay(api=api, driver=day.driver, passenger=day.passenger, trip=booking["trip"], booking=booking)
    await again.start()
    await again.step("end-ride")
    await rated(again, stars=4)
    await rated(again, by_driver=True, stars=2)
    reader = await api.passenger()
    assert (await score(reader, day.driver), await score(reader, day.passenger)) == ((4.5, 2), (3.5, 2))
    assert [each["stars"] for each in await listed(reader, day.driver)] == [4, 5]
    assert [each["stars"] for each in await listed(reader, day.driver, "?sort=stars&page_size=1&page=2")] == [5]
    assert await listed(reader, day.driver, "?role=passenger") == []
    refusal(await reader.get(f"/users/{day.driver.id}/ratings?stars=6"), 422, "validation_error")


async def test_one_rating_of_each_side_counts_when_all_come_at_once(api: Api) -> None:
    day = await a_ride(api)
    sides = [(day.passenger, day.driver), (day.driver, day.passenger)] * 4
    answers = await asyncio.gather(*(rate(by, whom, day.booking, stars=4) for by, whom in sides))
    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 6
    assert [await score(day.driver, each) for each in (day.driver, day.passenger)] == [(4, 1), (4, 1)]


async def test_public_face_says_what_rides_made_of_somebody(api: Api) -> None:
    day = await a_ride(api)
    reader = await api.passenger()
    profile = data(await reader.get(f"/users/{day.driver.id}"))
    assert profile == {
        **data(await reader.get(f"/trips/{day.trip['id']}"))["driver"],
        "is_driver": True,
        "member_since": "2025-10-01",
        "trips_completed": 1,
        "response_rate": None,
        "response_minutes": None,
        "cancellation_rate": None,
    }
    assert data(await reader.get(f"/users/{day.passenger.id}"))["trips_completed"] == 1
    assert set(profile) & {"phone", "email", "last_name", "gender", "version"} == set()
    refusal(await api.http.get(f"/users/{day.driver.id}"), 401, "auth_required")


async def test_rates_are_there_once_there_is_enough_to_tell(api: Api) -> None:
    driver, reader = await api.driver(), await api.passenger()
    trip = await api.trip(driver, seats_available=4)
    asked = [await api.pending(await api.passenger(), trip) for _ in range(4)]
    api.clock.advance(6 * MINUTE)
    for each in asked:
        data(await driver.post(f"/bookings/{each['id']}/reject"))
    await api.pending(await api.passenger(), trip)
    assert data(await reader.get(f"/users/{driver.id}"))["response_rate"] is None
    api.clock.advance(DAY)
    await api.run("holds")
    profile = data(await reader.get(f"/users/{driver.id}"))
    assert (profile["response_rate"], profile["response_minutes"]) == (0.8, 6)


async def test_nobody_is_seen_whose_account_is_closed_or_who_is_parted_by_a_block(api: Api) -> None:
    person, other, gone = await api.passenger(), await api.passenger(), await api.passenger()
    await api.change(gone, is_active=False)
    for path in ("", "/ratings"):
        refusal(await person.get(f"/users/{gone.id}{path}"), 404, "not_found")
        refusal(await person.get(f"/users/{NOBODY}{path}"), 404, "not_found")
    data(await person.post(f"/users/{other.id}/block"))
    for reader, whom in ((person, other), (other, person)):
        for path in ("", "/ratings"):
            refusal(await reader.get(f"/users/{whom.id}{path}"), 404, "not_found")
    data(await gone.api.http.get("/trips/search?from=5.3,-4&to=6.8,-5.2&date=2025-10-02"))
    data(await person.get(f"/users/{person.id}"))


async def test_stars_stay_without_a_name_or_words_when_their_writer_is_erased(api: Api) -> None:
    day = await a_ride(api)
    await rated(day, comment="Très prudent.")
    await rated(day, by_driver=True, comment="Passagère agréable.")
    assert (await day.passenger.send("DELETE", "/me")).status_code == 204
    (shown,) = await listed(await api.passenger(), day.driver)
    assert (shown["stars"], shown["comment"]) == (5, None)
    assert (shown["from"]["first_name"], shown["from"]["last_initial"]) == (None, None)
    everything = await api.inside.everything()
    assert [words for words in ("Très prudent.", "Passagère agréable.") if words in everything] == []
    refusal(await day.driver.get(f"/users/{day.passenger.id}"), 404, "not_found")


async def test_ratings_are_in_both_exports(api: Api) -> None:
    day = await a_ride(api)
    await rated(day, stars=4)
    mine, theirs = [data(await person.get("/me/export")) for person in (day.passenger, day.driver)]
    assert ([each["stars"] for each in mine["ratings_written"]], mine["ratings_received"]) == ([4], [])
    assert (theirs["ratings_written"], theirs["ratings_received"]) == ([], [])
    await rated(day, by_driver=True)
    theirs = data(await day.driver.get("/me/export"))
    assert [each["stars"] for each in theirs["ratings_received"]] == [4]


async def test_words_are_hidden_by_the_back_office_and_stars_stay(api: Api) -> None:
    day, admin = await a_ride(api), await api.admin(Role.SUPPORT)
    made = await rated(day, stars=1, comment="Un imbécile.")
    await rated(day, by_driver=True)
    path, body = f"/admin/ratings/{made['id']}", {"comment_hidden": True, "reason": "Insulte"}
    refusal(await admin.send("PATCH", path, json=body, headers={"If-Match": '"1"'}), 412, "precondition_failed")
    answer = await admin.send("PATCH", path, json=body, headers={"If-Match": '"2"'})
    assert answer.headers["etag"] == '"3"'
    hidden = data(answer)
    assert (hidden["comment"], hidden["comment_hidden"], hidden["hidden_reason"]) == ("Un imbécile.", True, "Insulte")
    assert data(await admin.send("PATCH", path, json=body))["version"] == 3
    (shown,) = await listed(day.passenger, day.driver)
    assert (shown["comment"], shown["stars"]) == (None, 1)
    assert await score(day.passenger, day.driver) == (1, 1)
    (mine,) = data(await day.passenger.get("/me/ratings"))
    assert (mine["comment"], mine["comment_hidden"]) == ("Un imbécile.", True)
    assert data(await admin.get("/admin/ratings", comment_hidden="true")) == [hidden]
    assert data(await admin.get("/admin/ratings", comment_hidden="false", to_user_id=str(day.driver.id))) == []
    again = data(await admin.send("PATCH", path, json=body | {"comment_hidden": False}))
    assert again["comment_hidden"] is False
    assert (await listed(day.passenger, day.driver))[0]["comment"] == "Un imbécile."
    lines = [line for line in await api.inside.audit() if line.action.startswith("rating.comment")]
    assert [line.action for line in lines] == ["rating.comment_hidden", "rating.comment_shown"]
    assert not any("Insulte" in line.meta for line in lines)


async def test_ratings_are_not_for_every_role(api: Api) -> None:
    admin = await api.admin(Role.FINANCE)
    refusal(await admin.get("/admin/ratings"), 403, "forbidden")
    body = {"comment_hidden": True, "reason": "Insulte"}
    refusal(await admin.send("PATCH", f"/admin/ratings/{NOBODY}", json=body), 403, "forbidden")
    ops = await api.admin(Role.OPS)
    refusal(await ops.send("PATCH", f"/admin/ratings/{NOBODY}", json=body), 404, "not_found")


async def test_sides_are_told_what_is_due_and_what_was_said(api: Api) -> None:
    day = await a_ride(api)

    async def told(person: Person) -> list[str]:
        await api.relay()
        return [each["type"] for each in data(await person.get("/notifications", page_size=100))]

    def ratings(types: list[str]) -> list[str]:
        return [each for each in types if each.startswith("rating")]

    assert (ratings(await told(day.driver)), ratings(await told(day.passenger))) == (["rating_due"], [])
    await rated(day, stars=4)
    assert ratings(await told(day.driver)) == ["rating_due"]
    api.clock.at = CLOSE - 3 * DAY - MINUTE
    assert ratings(await told(day.driver)) == ["rating_due"]
    api.clock.at = CLOSE - 3 * DAY
    assert (ratings(await told(day.driver)), ratings(await told(day.passenger))) == (["rating_due"] * 2, [])
    api.clock.at = CLOSE
    await api.run("ratings")
    assert ratings(await told(day.driver)) == ["rating_received", "rating_due", "rating_due"]
    notice = data(await day.driver.get("/notifications"))[0]
    assert notice["data"]["booking_id"] == day.booking["id"]


async def test_driver_is_put_after_others_for_a_month_when_he_gives_up_a_paid_ride_at_the_last_moment(
    api: Api,
) -> None:
    late, other, person = await api.driver(), await api.driver(), await api.passenger()
    await api.change(late, rating_avg=Decimal(5), rating_count=1, rating_sum=5)
    next_day = DEPARTURE + 2 * DAY
    trips = [await api.trip(driver, departure_time=next_day.isoformat()) for driver in (late, other)]
    search = f"/trips/search?from=5.3575,-4.0083&to=6.8190,-5.2760&date={next_day:%Y-%m-%d}&sort=-rating"

    async def found() -> list[str]:
        api.clock.advance(6 * SECOND)  # what was found is kept for five seconds
        return [hit["trip"]["id"] for hit in data(await person.get(search))]

    in_order = [trip["id"] for trip in trips]
    assert await found() == in_order
    booking = await api.paid(person, late, await api.trip(late))
    api.clock.at = DEPARTURE - DAY + MINUTE
    data(await late.post(f"/bookings/{booking['id']}/cancel"))
    for _ in range(2):
        await api.relay()
        assert await found() == in_order[::-1]
