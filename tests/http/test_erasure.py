"""Whoever is erased leaves no word behind, in rows or files; what the law keeps goes when its time is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allonova.application.kernel.listing import ListQuery
from allonova.domain.identity.roles import Role
from tests.http.test_ratings import rate
from tests.support.api import Api, Person
from tests.support.arguing import Quarrel, complain, quarrel
from tests.support.factories import HOUR, MINUTE
from tests.support.filing import Filing, key_of
from tests.support.pictures import PDF, picture
from tests.support.rides import PLATEAU, RideDay, ride_day
from tests.support.wire import ABIDJAN, YAMOUSSOUKRO, data, fresh_key, fresh_phone, trip_body

NAME = "Quarcoo"
WORD = f"Zénobie-{NAME}"
PLATE = "7777ZQ01"
FARE = 12_000
BORN = ("1984-03-02", "date(1984, 3, 2)")  # as the two stores write it; ids may hold the year alone
TOKEN = "token-of-a-phone"
DAY = timedelta(days=1)
BY_LAW = ("user_reports", "payouts")
"""docs/legal.md: words of reports for three years, numbers that payouts went to for `legal_retention_days`."""
LONG_AFTER = timedelta(days=3_651)


async def settle_in(filing: Filing, person: Person) -> str:
    """A profile with everything in it; the key of its photo."""
    key = await filing.sent(person, "/me/photo", picture())
    about = {"first_name": WORD, "last_name": WORD, "birthdate": "1984-03-02", "photo_key": key}
    me = data(await person.send("PATCH", "/me", json=about))
    data(await person.post("/me/devices", {"token": f"{TOKEN}-{person.id}", "platform": "android"}), 201)
    data(await person.post("/me/alerts", {"from": ABIDJAN | {"text": WORD}, "to": YAMOUSSOUKRO}), 201)
    return key_of(me["photo_url"])


async def ride_and_quarrel(api: Api, driver: Person, passenger: Person) -> None:
    """A ride that came to nothing, with words of both about it."""
    vehicle = {"make": "Toyota", "model": "Corolla", "color": "blue", "plate_number": PLATE, "seats_total": 4}
    car = data(await driver.post("/vehicles", vehicle), 201)
    words = {"rules": WORD, "luggage_policy": WORD, "vehicle_id": car["id"]}
    trip = data(await driver.post("/trips", trip_body(**words)), 201)
    booking = await api.accepted(passenger, driver, trip)
    for each in (driver, passenger):
        data(await each.post(f"/bookings/{booking['id']}/messages", {"content": WORD}), 201)
    data(await passenger.post(f"/bookings/{booking['id']}/cancel", {"reason": WORD}))
    data(await driver.post(f"/trips/{trip['id']}/cancel", {"reason": WORD}))
    admin = await api.admin()
    for each in (driver, passenger):
        data(await admin.post(f"/admin/users/{each.id}/notes", {"text": WORD}), 201)
    await api.relay()


async def kept(api: Api) -> str:
    """All there is two days later, when answers, codes and counters are gone."""
    api.clock.advance(timedelta(days=2) + HOUR)
    await api.run("cleanup")
    await api.relay()
    return await api.inside.everything()


async def test_no_word_is_left_when_both_sides_of_a_ride_are_erased(filing: Filing, subtests: pytest.Subtests) -> None:
    api = filing.api
    driver, passenger = await api.driver(), await api.passenger()
    photos = [await settle_in(filing, each) for each in (driver, passenger)]
    await ride_and_quarrel(api, driver, passenger)
    before = await api.inside.everything()
    assert all(trace in before for trace in (WORD, PLATE, str(driver.phone), str(passenger.phone)))
    for each in (passenger, driver):
        assert (await each.send("DELETE", "/me")).status_code == 204
    everything = await kept(api)
    for trace in (WORD, PLATE, *BORN, str(driver.phone), str(passenger.phone)):
        with subtests.test(trace):
            assert trace not in everything
    assert [await filing.holds(photo) for photo in photos] == [False, False]
    await api.audit_books()


async def give_evidence(filing: Filing, case: Quarrel) -> list[str]:
    """Of both sides, with words; the keys of the files."""
    files, path = [], f"/disputes/{case.dispute['id']}"
    for each in (case.sale.passenger, case.sale.driver):
        key = await filing.sent(each, f"{path}/uploads", PDF, "application/pdf")
        given = data(await each.post(f"{path}/evidence", {"object_key": key, "note": WORD}), 201)
        files.append(key_of(given["file_url"]))
    return files


async def rate_each_other(case: Quarrel) -> None:
    """With words about the other one."""
    sides = (case.sale.passenger, case.sale.driver)
    for by, whom in (sides, sides[::-1]):
        words = {"to_user_id": str(whom.id), "stars": 1, "comment": WORD}
        data(await by.post("/ratings", {"booking_id": case.sale.booking["id"], **words}), 201)


async def test_no_word_of_a_quarrel_is_left_when_both_sides_are_erased(filing: Filing) -> None:
    api = filing.api
    case = await quarrel(api, until="end-ride", description=WORD)
    files = await give_evidence(filing, case)
    await rate_each_other(case)
    await case.end("resolved", refund_amount=FARE)
    await api.relay()
    assert (await api.inside.everything()).count(WORD) >= 5
    for each in (case.sale.passenger, case.sale.driver):
        assert (await each.send("DELETE", "/me")).status_code == 204, each
    assert WORD not in await kept(api)
    assert [await filing.holds(key) for key in files] == [False, False]
    await api.audit_books()


async def live(filing: Filing, day: RideDay, person: Person, other: Person) -> dict[str, str]:
    """Whatever somebody types about a ride, each with a word of its own; his other phone, and keys of his files."""
    words = _words(person)
    phone = fresh_phone()
    data(await person.send("PUT", "/me/payout-account", json={"method": "mtn", "phone": phone}))
    code = next(m["data"]["code"] for m in await filing.api.messages(phone) if m["template"] == "payout_code")
    data(await person.post("/me/payout-account/confirm", {"code": code}))
    data(await person.post(f"{day.path}/messages", {"content": words["chat"], "client_id": NAME}), 201)
    drawn = await filing.sent(person, f"{day.path}/messages/uploads", picture())
    painted = data(await person.post(f"{day.path}/messages", {"content": drawn, "type": "image"}), 201)
    data(await rate(person, other, day.booking, comment=words["rating"]), 201)
    data(await person.post(f"/users/{other.id}/report", {"reason": words["report"]}), 201)
    dispute = await complain(person, day.booking, description=words["dispute"])
    path = f"/disputes/{dispute['id']}"
    proof = await filing.sent(person, f"{path}/uploads", PDF, "application/pdf")
    evidence = {"object_key": proof, "note": words["evidence"]}
    given = data(await person.post(f"{path}/evidence", evidence), 201)
    finance = await filing.api.admin(Role.FINANCE)
    for body in ({"status": "in_review"}, {"status": "rejected", "resolution": "Nous avons relu vos messages."}):
        data(await finance.send("PATCH", f"/admin{path}", json=body))
    await filing.api.relay()
    return {"phone": phone, "picture": key_of(painted["image_url"]), "evidence": key_of(given["file_url"])}


def _words(person: Person) -> dict[str, str]:
    return {kind: f"{WORD}-{kind}-{person.id}" for kind in ("chat", "rating", "report", "dispute", "evidence")}


async def paid_out(api: Api, driver: Person) -> None:
    """All that a driver has earned, once his account may get it."""
    api.clock.advance(2 * DAY)
    data(await (await api.admin(Role.FINANCE)).post("/admin/payouts/run", {}, key=fresh_key()))
    await api.relay()
    assert [each["status"] for each in data(await driver.get("/me/payouts"))] == ["done"]


@pytest.mark.parametrize("side", ["passenger", "driver"])
async def test_only_what_the_law_wants_is_left_when_who_rode_is_erased(
    filing: Filing, side: str, subtests: pytest.Subtests
) -> None:
    api = filing.api
    day = await ride_day(api, before=20 * MINUTE)
    await day.drive(PLATEAU)
    await day.start()
    await day.step("end-ride")
    person, other = (day.passenger, day.driver) if side == "passenger" else (day.driver, day.passenger)
    photo = await settle_in(filing, person)
    data(await rate(other, person, day.booking, comment=f"{WORD}-about"), 201)
    typed = await live(filing, day, person, other)
    if side == "driver":
        await paid_out(api, person)
    exported = data(await person.get("/me/export"))
    for name in ("notifications", "alerts", "messages", "disputes", "dispute_evidence", "ratings_received"):
        assert exported[name], name
    words, before = _words(person), await api.inside.everything()
    traces = [*words.values(), f"{WORD}-about", str(person.phone), NAME]
    assert [trace for trace in traces if trace not in before] == []
    api.clock.advance(8 * DAY)
    await api.run("forget_locations")
    assert (await person.send("DELETE", "/me")).status_code == 204
    everything, rest = await kept(api), await api.inside.everything(but=BY_LAW)
    for trace in (*traces, *BORN, typed["phone"], TOKEN):
        with subtests.test(trace.removesuffix(str(person.id))):
            assert trace not in rest
    assert words["report"] in everything
    async with (
        api.service.platform.begin() as unit
    ):  # the number is sealed in PostgreSQL, and not to be found by itself
        assert await unit.payout_accounts.of(person.id) is None
    assert (await api.service.platform.notices.notices(person.id, ListQuery())).total == 0
    held = [photo, typed["picture"], typed["evidence"]]
    assert [await filing.holds(key) for key in held] == [False, False, False]
    await api.audit_books()


async def papers_of_somebody_erased(filing: Filing) -> list[str]:
    """The keys of the files of an approved paper."""
    api = filing.api
    person, admin = await api.passenger(), await api.admin()
    paper = await filing.paper(person)
    (seen,) = data(await admin.get("/admin/kyc/pending"))
    data(await admin.post(f"/admin/kyc/{paper['id']}/approve", {"notes": "vu"}))
    assert (await person.send("DELETE", "/me")).status_code == 204
    return [key_of(seen["front"]), key_of(seen["back"])]


async def test_papers_and_their_files_go_when_the_law_wants_them_no_more(filing: Filing) -> None:
    files = await papers_of_somebody_erased(filing)
    await kept(filing.api)
    assert [await filing.holds(key) for key in files] == [True, True]
    filing.api.clock.advance(LONG_AFTER)
    await filing.api.run("cleanup")
    await filing.api.relay()
    assert [await filing.holds(key) for key in files] == [False, False]
