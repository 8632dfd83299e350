"""Trips for women alone, from the paper that confirms it to the booking; and those of drivers who are suspended."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from allonova.application.carpool.find_trips import TTL
from allonova.domain.identity.roles import Role
from allonova.domain.kyc.document import DocType, KycStatus, number_context
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, WOMAN, a_paper, a_user
from tests.support.wire import NOBODY, ROUNDS, data, paths, refusal, trip_body

WAY = f"from=5.3575,-4.0083&to=6.8190,-5.2760&date={DEPARTURE:%Y-%m-%d}"


async def found(api: Api, who: Person | None) -> list[str]:
    """Ids of the trips that a search brings, nothing being cached any more."""
    api.clock.advance(TTL)
    answer = await (who.get(f"/trips/search?{WAY}") if who else api.http.get(f"/trips/search?{WAY}"))
    return [hit["trip"]["id"] for hit in data(answer)]


async def paper_of(person: Person, kind: str = "cni") -> str:
    """The id of his paper."""
    return next(str(p["id"]) for p in data(await person.get("/me/kyc/status"))["documents"] if p["doc_type"] == kind)


async def confirm(api: Api, person: Person, gender: str = "female", *, kind: str = "cni") -> httpx.Response:
    """The back office reads it in an approved paper."""
    admin = await api.admin(Role.COMPLIANCE)
    return await admin.post(f"/admin/kyc/{await paper_of(person, kind)}/gender", {"gender": gender})


async def with_paper(api: Api, *, kind: DocType = DocType.CNI, **fields: Any) -> tuple[Person, Any]:
    """Somebody whose paper waits for its review."""
    user = a_user(**fields)
    paper = a_paper(user, kind, status=KycStatus.PENDING)
    paper.doc_number = api.service.outside.sealer.seal("CI0012345", context=number_context(paper.id))
    return await api.enter(user, user, paper), paper


async def approve(api: Api, paper: Any, **body: Any) -> httpx.Response:
    return await (await api.admin(Role.OPS)).post(f"/admin/kyc/{paper.id}/approve", body)


async def account(person: Person) -> tuple[Any, Any]:
    me = data(await person.get("/me"))
    return me["gender"], me["gender_confirmed"]


async def test_gender_is_confirmed_when_the_paper_is_approved_with_it(api: Api) -> None:
    person, paper = await with_paper(api)
    assert await account(person) == (None, False)
    assert data(await approve(api, paper, gender="female"))["status"] == "approved"
    assert await account(person) == ("female", True)
    [line] = [line for line in await api.inside.audit() if line.action == "user.gender_confirmed"]
    assert ("cni" in line.meta, "female" in line.meta) == (True, False)


async def test_nothing_is_confirmed_when_the_reviewer_says_nothing_of_it(api: Api) -> None:
    person, paper = await with_paper(api, gender=None)
    data(await approve(api, paper))
    assert await account(person) == (None, False)


async def test_paper_waits_on_when_its_owner_says_otherwise(api: Api) -> None:
    person, paper = await with_paper(api, **{k: v for k, v in WOMAN.items() if k == "gender"})
    refusal(await approve(api, paper, gender="male"), 409, "conflict")
    assert data(await person.get("/me/kyc/status"))["status"] == "pending"
    assert await account(person) == ("female", False)
    data(await approve(api, paper, gender="female"))
    assert await account(person) == ("female", True)


async def test_licence_tells_no_gender(api: Api) -> None:
    person, paper = await with_paper(api, kind=DocType.PERMIS)
    assert paths(refusal(await approve(api, paper, gender="female"), 422, "validation_error")) == ["gender"]
    assert paths(refusal(await approve(api, paper, gender="other"), 422, "validation_error")) == ["gender"]
    driver = await api.driver()
    assert paths(refusal(await confirm(api, driver, kind="permis"), 422, "validation_error")) == ["gender"]
    assert (await account(person), await account(driver)) == ((None, False), (None, False))


async def test_gender_is_confirmed_later_when_the_paper_was_approved_without(api: Api) -> None:
    driver, (waiting, _) = await api.driver(), await with_paper(api)
    data(await confirm(api, driver))
    assert await account(driver) == ("female", True)
    details = refusal(await confirm(api, waiting), 409, "conflict")
    assert details == {"status": "pending"}
    refusal(await (await api.admin()).post(f"/admin/kyc/{NOBODY}/gender", {"gender": "male"}), 404, "not_found")
    refusal(await confirm(api, driver, "male"), 409, "conflict")
    assert await account(driver) == ("female", True)


async def test_confirmation_is_void_when_the_gender_changes(api: Api) -> None:
    driver = await api.driver(**WOMAN)
    data(await driver.send("PATCH", "/me", json={"gender": "female", "first_name": "Aya"}))
    assert await account(driver) == ("female", True)
    data(await driver.send("PATCH", "/me", json={"gender": "other"}))
    assert await account(driver) == ("other", False)
    data(await driver.send("PATCH", "/me", json={"gender": "female"}))
    assert await account(driver) == ("female", False)
    data(await confirm(api, driver))
    assert await account(driver) == ("female", True)


async def test_offer_is_refused_when_the_driver_is_not_confirmed(api: Api) -> None:
    driver = await api.driver(gender=WOMAN["gender"])
    for status in ("draft", "published"):
        body = trip_body(women_only=True, status=status)
        assert refusal(await driver.post("/trips", body), 403, "kyc_required") == {"missing": ["gender"]}
    trip = await api.trip(driver)
    assert trip["women_only"] is False
    refusal(await driver.send("PATCH", f"/trips/{trip['id']}", json={"women_only": True}), 403, "kyc_required")
    assert data(await driver.get(f"/trips/{trip['id']}")) == trip
    data(await confirm(api, driver))
    changed = data(await driver.send("PATCH", f"/trips/{trip['id']}", json={"women_only": True}))
    assert changed["women_only"] is True


async def test_draft_stays_one_when_its_driver_is_not_confirmed_any_more(api: Api) -> None:
    driver = await api.driver(**WOMAN)
    trip = await api.trip(driver, women_only=True, status="draft")
    data(await driver.send("PATCH", "/me", json={"gender": None}))
    assert refusal(await driver.post(f"/trips/{trip['id']}/publish"), 403, "kyc_required") == {"missing": ["gender"]}
    data(await driver.send("PATCH", f"/trips/{trip['id']}", json={"women_only": False}))
    assert data(await driver.post(f"/trips/{trip['id']}/publish"))["status"] == "published"


async def test_series_is_refused_when_its_driver_is_not_confirmed(api: Api) -> None:
    body = {
        "trip": {name: value for name, value in trip_body(women_only=True).items() if name != "status"},
        "weekdays": [DEPARTURE.isoweekday()],
        "until": f"{DEPARTURE:%Y-%m-%d}",
    }
    refusal(await (await api.driver()).post("/trips/series", body), 403, "kyc_required")
    made = data(await (await api.driver(**WOMAN)).post("/trips/series", body), 201)
    assert [trip["women_only"] for trip in made["trips"]] == [True]


async def test_trip_is_among_women_when_it_says_so(api: Api) -> None:
    driver, woman, man = await api.driver(**WOMAN), await api.passenger(**WOMAN), await api.passenger(gender="male")
    trip = await api.trip(driver, women_only=True)
    assert (await found(api, woman), await found(api, man), await found(api, None)) == ([trip["id"]], [], [])
    for path in (f"/trips/{trip['id']}", f"/trips/{trip['id']}/stops"):
        data(await woman.get(path))
        refusal(await man.get(path), 404, "not_found")
        refusal(await api.http.get(path), 404, "not_found")
    refusal(await man.post("/bookings", {"trip_id": trip["id"], "seats": 1}), 404, "not_found")
    booking = await api.accepted(woman, driver, trip)
    assert "gender" not in str(booking)
    assert "gender" not in str(data(await woman.get(f"/trips/{trip['id']}")))


async def test_page_that_was_kept_is_nobody_elses_when_somebody_searches_again(api: Api) -> None:
    woman, other = await api.passenger(**WOMAN), await api.driver()
    trip = await api.trip(await api.driver(**WOMAN), women_only=True)
    path = f"/trips/search?{WAY}"
    for _ in range(2):
        assert [hit["trip"]["id"] for hit in data(await woman.get(path))] == [trip["id"]]
        assert (data(await other.get(path)), data(await api.http.get(path))) == ([], [])
    data(await confirm(api, other))
    assert await found(api, other) == [trip["id"]]


async def test_booking_stands_when_a_confirmation_is_void(api: Api) -> None:
    driver, woman, other = await api.driver(**WOMAN), await api.passenger(**WOMAN), await api.passenger(**WOMAN)
    trip = await api.trip(driver, women_only=True)
    booking = await api.pending(woman, trip)
    data(await woman.send("PATCH", "/me", json={"gender": "other"}))
    data(await driver.send("PATCH", "/me", json={"gender": "other"}))
    data(await woman.get(f"/trips/{trip['id']}"))
    assert data(await driver.post(f"/bookings/{booking['id']}/accept"))["status"] == "accepted"
    refusal(await other.get(f"/trips/{trip['id']}"), 404, "not_found")
    refusal(await other.post("/bookings", {"trip_id": trip["id"], "seats": 1}), 404, "not_found")


async def test_requests_of_others_end_when_a_trip_becomes_one_for_women_alone(api: Api) -> None:
    driver, woman, man = await api.driver(**WOMAN), await api.passenger(**WOMAN), await api.passenger()
    trip = await api.trip(driver)
    hers, his = await api.pending(woman, trip), await api.pending(man, trip)
    data(await driver.send("PATCH", f"/trips/{trip['id']}", json={"women_only": True}))
    assert data(await woman.get(f"/bookings/{hers['id']}"))["status"] == "pending"
    ended = data(await man.get(f"/bookings/{his['id']}"))
    assert (ended["status"], ended["cancellation"]["reason"]) == ("cancelled", "trip_changed")
    data(await driver.post(f"/bookings/{hers['id']}/accept"))
    details = refusal(await driver.send("PATCH", f"/trips/{trip['id']}", json={"women_only": False}), 409, "conflict")
    assert paths(details) == ["women_only"]


async def test_no_man_is_aboard_when_he_asks_while_the_trip_changes(api: Api) -> None:
    for _ in range(ROUNDS):
        driver, men = await api.driver(**WOMAN), [await api.passenger() for _ in range(4)]
        trip = await api.trip(driver)
        body = {"trip_id": trip["id"], "seats": 1}
        changed, *asked = await asyncio.gather(
            driver.send("PATCH", f"/trips/{trip['id']}", json={"women_only": True}),
            *(man.post("/bookings", body) for man in men),
        )
        assert data(changed)["women_only"] is True
        assert {answer.status_code for answer in asked} <= {201, 404}
        live = [booking["status"] for booking in data(await driver.get("/bookings", role="driver"))]
        assert set(live) <= {"cancelled"}


async def test_nothing_is_confirmed_by_halves_when_the_owner_changes_it_meanwhile(api: Api) -> None:
    for _ in range(ROUNDS):
        driver = await api.driver(gender=WOMAN["gender"])
        admin, paper = await api.admin(Role.COMPLIANCE), await paper_of(driver)
        confirmed, changed = await asyncio.gather(
            admin.post(f"/admin/kyc/{paper}/gender", {"gender": "female"}),
            driver.send("PATCH", "/me", json={"gender": "other"}),
        )
        assert data(changed)["gender"] == "other"
        assert confirmed.status_code in (200, 409)
        assert await account(driver) == ("other", False)


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE])
async def test_gender_is_not_confirmed_when_the_role_reviews_no_papers(api: Api, role: Role) -> None:
    driver = await api.driver()
    answer = await (await api.admin(role)).post(f"/admin/kyc/{await paper_of(driver)}/gender", {"gender": "female"})
    refusal(answer, 403, "forbidden")
    assert await account(driver) == (None, False)


async def test_trip_is_not_there_when_its_driver_is_suspended(api: Api) -> None:
    driver, passenger, stranger = await api.driver(), await api.passenger(), await api.passenger()
    trip = await api.trip(driver)
    booking = await api.pending(passenger, trip)
    await api.change(driver, is_active=False)
    assert (await found(api, stranger), await found(api, None)) == ([], [])
    for path in (f"/trips/{trip['id']}", f"/trips/{trip['id']}/stops"):
        refusal(await stranger.get(path), 404, "not_found")
        refusal(await api.http.get(path), 404, "not_found")
        data(await passenger.get(path))
    refusal(await stranger.post("/bookings", {"trip_id": trip["id"], "seats": 1}), 404, "not_found")
    data(await passenger.post(f"/bookings/{booking['id']}/cancel"))
    refusal(await passenger.get(f"/trips/{trip['id']}"), 404, "not_found")
    await api.change(driver, is_active=True)
    assert await found(api, stranger) == [trip["id"]]
    await api.pending(stranger, trip)
