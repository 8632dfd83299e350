"""Who brought whom, and what both get for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from allonova.application.money.use_referral import REFERRAL_TRIES
from allonova.domain.carpool.events import BookingCompleted
from allonova.domain.identity.roles import Role
from allonova.domain.money.rules import MoneyRules
from tests.support.api import Api, Person
from tests.support.factories import HOUR, NOW, SECOND, a_referral, a_user
from tests.support.wire import NOBODY, data, fresh_phone, paths, refusal

BONUSES = MoneyRules()
NOTHING_YET = {"count": 0, "pending": 0, "earned": 0, "bonus_total": 0, "brought": None}


async def somebody_older(api: Api) -> Person:
    """Who was there before the others."""
    return await api.passenger(created_at=NOW - HOUR)


async def code_of(person: Person) -> str:
    """By which he brings others."""
    return str(data(await person.get("/me"))["referral_code"])


async def summary(person: Person) -> Any:
    """Whom he has brought, without his code."""
    found = data(await person.get("/me/referrals"))
    assert found.pop("code") == await code_of(person)
    return found


async def brought(api: Api) -> tuple[Person, Person]:
    """Somebody, and whom he has brought."""
    referrer, referee = await somebody_older(api), await api.passenger()
    taken = data(await referee.post("/referrals/use", {"code": (await code_of(referrer)).lower()}))
    assert (taken["status"], taken["bonus"]) == ("pending", 0)
    return referrer, referee


async def rides(api: Api, passenger: Person) -> Any:
    """A ride from the booking to its end."""
    driver, departure = await api.driver(), api.clock.now() + 48 * HOUR
    booking = await api.paid(passenger, driver, await api.trip(driver, departure_time=departure.isoformat()))
    api.clock.at = departure
    path = f"/bookings/{booking['id']}"
    data(await driver.post(f"{path}/checkin", {"code": booking["qr_code"]}))
    data(await driver.post(f"{path}/start-ride"))
    data(await driver.post(f"{path}/end-ride"))
    await api.relay()
    return booking


async def purse(person: Person) -> tuple[int, int]:
    """What the wallet holds, and what of it may leave."""
    wallet = data(await person.get("/wallet"))
    return wallet["balance"], wallet["withdrawable"]


async def bonuses(api: Api) -> list[dict[str, int]]:
    """What the books say of them."""
    return [dict(movement.francs) for movement in await api.inside.journal() if movement.kind == "referral_bonus"]


async def test_both_are_thanked_once_when_the_one_who_was_brought_has_ridden(api: Api) -> None:
    referrer, referee = await brought(api)
    assert await summary(referrer) == {**NOTHING_YET, "count": 1, "pending": 1}
    assert await purse(referrer) == (0, 0)
    booking = await rides(api, referee)
    assert (await purse(referrer), await purse(referee)) == ((1_000, 0), (500, 0))
    (line,) = data(await referrer.get("/wallet/txns"))
    assert (line["source"], line["type"], line["amount"], line["status"]) == ("promo", "credit", 1_000, "done")
    assert await summary(referrer) == {**NOTHING_YET, "count": 1, "earned": 1, "bonus_total": 1_000}
    own = (await summary(referee))["brought"]
    assert (own["status"], own["bonus"]) == ("earned", 500)
    bonus = {"promo_expense": -1_500, f"wallet:{referrer.id}": 1_000, f"wallet:{referee.id}": 500}
    assert await bonuses(api) == [bonus]
    again = api.service.relay.subscriptions[BookingCompleted.name, "earn_referral"].handler
    await again(BookingCompleted(UUID(booking["id"])))
    await rides(api, referee)
    assert (await purse(referrer), await purse(referee)) == ((1_000, 0), (500, 0))
    await api.audit_books()


async def test_bonus_is_that_of_the_day_when_the_settings_have_changed(api: Api) -> None:
    referrer, referee = await brought(api)
    api.follow(money=MoneyRules(referral_bonus_referrer=0, referral_bonus_referee=700))
    await rides(api, referee)
    assert (await purse(referrer), await purse(referee)) == ((0, 0), (700, 0))
    assert (await summary(referrer))["earned"] == 1
    await api.audit_books()


async def test_nothing_moves_when_there_is_no_bonus(api: Api) -> None:
    _, referee = await brought(api)
    api.follow(money=MoneyRules(referral_bonus_referrer=0, referral_bonus_referee=0))
    await rides(api, referee)
    assert (await summary(referee))["brought"]["status"] == "earned"
    await api.audit_books()


async def test_bonus_waits_when_there_are_no_wallets(api: Api) -> None:
    referrer, referee = await brought(api)
    api.follow(money=MoneyRules(enable_wallet=False))
    await rides(api, referee)
    assert (await summary(referrer))["pending"] == 1
    api.follow(money=BONUSES)
    await rides(api, referee)
    assert await purse(referrer) == (1_000, 0)


async def test_one_alone_is_thanked_when_the_other_has_left(api: Api) -> None:
    referrer, referee = await brought(api)
    assert (await referrer.send("DELETE", "/me")).status_code == 204
    await rides(api, referee)
    assert await purse(referee) == (500, 0)
    assert await bonuses(api) == [{"promo_expense": -500, f"wallet:{referee.id}": 500}]
    await api.audit_books()


async def test_nobody_is_thanked_when_a_ride_is_cancelled(api: Api) -> None:
    referrer, referee = await brought(api)
    driver = await api.driver()
    booking = await api.paid(referee, driver, await api.trip(driver))
    data(await driver.post(f"/bookings/{booking['id']}/cancel"))
    await api.relay()
    assert await purse(referrer) == (0, 0)
    assert (await summary(referrer))["pending"] == 1


async def refused(person: Person, code: str) -> str:
    """Why a code brings nothing."""
    details = refusal(await person.post("/referrals/use", {"code": code}), 422, "validation_error")
    assert paths(details) == ["code"]
    return str(details["reason"])


async def test_code_is_refused_when_it_brings_nothing(api: Api) -> None:
    me, younger = await api.passenger(), await api.passenger(created_at=NOW + SECOND)
    assert await refused(me, "ZZZZZZZZ") == "unknown"
    assert await refused(me, await code_of(me)) == "own"
    assert await refused(me, await code_of(younger)) == "newer"
    assert await refused(younger, "23456789") == "unknown"
    left = await somebody_older(api)
    code = await code_of(left)
    assert (await left.send("DELETE", "/me")).status_code == 204
    assert await refused(me, code) == "unknown"
    assert paths(refusal(await me.post("/referrals/use", {"code": "O0I1L"}), 422, "validation_error")) == ["code"]


@pytest.mark.parametrize("late", [False, True])
async def test_code_is_taken_for_a_week_when_somebody_is_new(api: Api, late: bool) -> None:
    code, me = await code_of(await somebody_older(api)), await api.passenger()
    api.clock.at = NOW + timedelta(days=7) - (timedelta(0) if late else SECOND)
    if late:
        assert await refused(me, code) == "too_late"
    else:
        data(await me.post("/referrals/use", {"code": code}))


async def test_code_is_taken_once_when_somebody_has_two(api: Api) -> None:
    _, referee = await brought(api)
    other = await code_of(await somebody_older(api))
    refusal(await referee.post("/referrals/use", {"code": other}), 409, "conflict")


async def test_guessing_ends_when_many_codes_were_tried(api: Api) -> None:
    code, me = await code_of(await somebody_older(api)), await api.passenger()
    for _ in range(REFERRAL_TRIES):
        assert await refused(me, "ZZZZZZZZ") == "unknown"
    refusal(await me.post("/referrals/use", {"code": code}), 429, "rate_limited")


async def registered(api: Api, phone: str, **given: str) -> None:
    """The answer is always the same."""
    answer = await api.http.post("/auth/register", json={"phone": phone, **given})
    assert data(answer, 201) == {"verification": {"channel": "sms", "expires_in": 600}}


async def test_code_counts_when_it_comes_with_the_registration(api: Api) -> None:
    referrer, phone = await somebody_older(api), fresh_phone()
    await registered(api, phone, referral_code=await code_of(referrer))
    assert (await summary(referrer))["count"] == 1
    me = await api.log_in_by(phone)
    assert (await summary(me))["brought"]["status"] == "pending"
    assert len(await code_of(me)) == 8
    refusal(await me.post("/referrals/use", {"code": await code_of(referrer)}), 409, "conflict")
    await rides(api, me)
    assert (await purse(referrer), await purse(me)) == ((1_000, 0), (500, 0))


@pytest.mark.parametrize("again", [{}, {"referral_code": "ZZZZZZZZ"}])
async def test_last_registration_counts_when_the_account_is_only_claimed(api: Api, again: dict[str, str]) -> None:
    referrer, phone = await somebody_older(api), fresh_phone()
    await registered(api, phone, referral_code=await code_of(referrer))
    await registered(api, phone, **again)
    assert await summary(referrer) == NOTHING_YET


async def test_owner_is_nobodys_when_a_stranger_registers_his_phone(api: Api) -> None:
    referrer, me = await somebody_older(api), await api.passenger()
    await registered(api, me.phone, referral_code=await code_of(referrer))
    assert await summary(referrer) == NOTHING_YET


async def test_code_is_refused_when_no_code_looks_so(api: Api) -> None:
    body = {"phone": fresh_phone(), "referral_code": "pas un code"}
    details = refusal(await api.http.post("/auth/register", json=body), 422, "validation_error")
    assert paths(details) == ["referral_code"]


async def voided(admin: Person, id: str, **headers: str) -> Any:
    """The answer to the back office."""
    body = {"status": "void", "reason": "same phone, two cards"}
    return await admin.send("PATCH", f"/admin/referrals/{id}", json=body, headers=headers)


async def test_nothing_is_earned_when_the_back_office_voids_it(api: Api) -> None:
    referrer, referee = await brought(api)
    admin = await api.admin(Role.OPS)
    (shown,) = data(await admin.get("/admin/referrals", status="pending", referrer_id=str(referrer.id)))
    assert (shown["referee_id"], shown["bonus_referrer"], shown["booking_id"]) == (str(referee.id), 0, None)
    answer = await voided(admin, shown["id"], **{"If-Match": '"1"'})
    assert (data(answer)["status"], answer.headers["etag"]) == ("void", '"2"')
    details = refusal(await voided(admin, shown["id"], **{"If-Match": '"1"'}), 412, "precondition_failed")
    assert details["current"]["status"] == "void"
    refusal(await voided(admin, shown["id"]), 409, "invalid_transition")
    refusal(await voided(admin, NOBODY), 404, "not_found")
    await rides(api, referee)
    assert (await purse(referrer), await purse(referee)) == ((0, 0), (0, 0))
    assert await summary(referrer) == NOTHING_YET
    assert "same phone, two cards" in await api.inside.everything()


async def test_bonus_stands_when_it_was_earned(api: Api) -> None:
    _, referee = await brought(api)
    booking, admin = await rides(api, referee), await api.admin()
    (shown,) = data(await admin.get("/admin/referrals", status="earned"))
    assert (shown["bonus_referrer"], shown["bonus_referee"], shown["booking_id"]) == (1_000, 500, booking["id"])
    refusal(await voided(admin, shown["id"]), 409, "invalid_transition")


async def test_list_is_in_pages_when_there_are_many(api: Api) -> None:
    referrer = a_user(created_at=NOW - HOUR)
    people = [a_user() for _ in range(3)]
    rows = [a_referral(referrer, person, created_at=NOW + n * SECOND) for n, person in enumerate(people)]
    await api.keep(referrer, *people, *rows)
    admin = await api.admin()
    answer = await admin.get("/admin/referrals", page_size=2)
    assert [row["id"] for row in answer.json()["data"]] == [str(rows[2].id), str(rows[1].id)]
    assert answer.json()["meta"]["pagination"]["total"] == 3
    answer = await admin.get("/admin/referrals", created_at_lte=NOW.isoformat(), sort="created_at")
    assert [row["id"] for row in answer.json()["data"]] == [str(rows[0].id)]


async def test_referrals_are_exported_when_somebody_asks_for_his_data(api: Api) -> None:
    referrer, _ = await brought(api)
    exported = data(await referrer.get("/me/export"))["referrals"]
    assert (exported["code"], exported["count"]) == (await code_of(referrer), 1)
