"""Codes that make a ride cheaper: what they give, whom, how often, and what the books say of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from allonova.application.carpool.check_payment import CheckPayment
from allonova.application.money.ports import Report, Reported
from allonova.application.money.promo_guard import PROMO_TRIES, PROMO_WINDOW
from allonova.domain.money.promo import PromoStatus
from allonova.domain.money.rules import MoneyRules
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, SECOND, a_promo
from tests.support.wire import NOBODY, data, fresh_key, paths, refusal

FARE = 6_000
DAY = 24 * HOUR


async def made(api: Api, **given: Any) -> Any:
    """A promo of 1,000 francs."""
    body = {"code": "BIENVENUE", "type": "amount", "value": 1_000, **given}
    return data(await (await api.admin()).post("/admin/promos", body), 201)


async def asked(person: Person, booking: Any, code: str = "BIENVENUE") -> Any:
    """What a code gives for a booking."""
    return data(await person.post("/promos/validate", {"code": code, "booking_id": booking["id"]}))


async def init(person: Person, booking: Any, code: str | None = "BIENVENUE", *, method: str = "wave") -> Any:
    """The answer to a new payment."""
    body = {"booking_id": booking["id"], "method": method} | ({} if code is None else {"promo_code": code})
    return await person.post("/payments/init", body, key=fresh_key())


async def a_booking(api: Api, passenger: Person | None = None) -> tuple[Person, Person, Any]:
    """Driver, passenger and a booking that waits for 6,000 francs."""
    driver, passenger = await api.driver(), passenger or await api.passenger()
    return driver, passenger, await api.accepted(passenger, driver, await api.trip(driver))


async def counted(api: Api, promo: Any) -> tuple[int, int, int, int]:
    """Its uses, and those of them that are reserved, used, released."""
    found = data(await (await api.admin()).get(f"/admin/promos/{promo['id']}"))
    totals = found["totals"]
    return found["promo"]["uses"], totals["reserved"], totals["used"], totals["released"]


async def reported(api: Api, payment: Any, word: Reported) -> str:
    """Take a provider's word in."""
    check: Any = api.service.edge.use[CheckPayment]
    kept = await check.queries.payment(UUID(payment["id"]), payer_id=None)
    report = Report(reported=word, amount=kept.amount, currency="XOF", failure_code="x", failure_message="y")
    return str(await check.settle(kept, report))


async def movements(api: Api) -> list[tuple[str, dict[str, int]]]:
    """The books."""
    return [(movement.kind, dict(movement.francs)) for movement in await api.inside.journal()]


async def sound(api: Api) -> None:
    """The books are."""
    assert (await api.service.platform.books.verify()).faults == ()


@pytest.mark.parametrize(
    ("given", "discount"),
    [
        ({}, 1_000),
        ({"type": "percent", "value": 15}, 900),
    ],
)
async def test_discount_is_told_when_the_code_is_good(api: Api, given: dict[str, Any], discount: int) -> None:
    await made(api, **given)
    _, passenger, booking = await a_booking(api)
    expected = {"valid": True, "discount": discount, "amount_after": FARE - discount, "reason": None}
    assert await asked(passenger, booking, " bienVenue ") == expected
    assert await api.inside.journal() == []


async def test_reason_is_told_when_the_code_gives_nothing(api: Api, subtests: pytest.Subtests) -> None:
    _, passenger, booking = await a_booking(api)
    now = api.clock.now()
    await api.keep(
        a_promo(code="OFF", status=PromoStatus.INACTIVE),
        a_promo(code="SOON", starts_at=now + SECOND),
        a_promo(code="OVER", starts_at=now - HOUR, ends_at=now),
        a_promo(code="GONE", max_uses=3, uses=3),
    )
    reasons = {"NONE": "unknown", "OFF": "inactive", "SOON": "not_started", "OVER": "ended", "GONE": "exhausted"}
    for code, reason in reasons.items():
        with subtests.test(code):
            expected = {"valid": False, "discount": 0, "amount_after": FARE, "reason": reason}
            assert await asked(passenger, booking, code) == expected
            details = refusal(await init(passenger, booking, code), 422, "validation_error")
            assert (paths(details), details["reason"]) == (["promo_code"], reason)
    assert (await init(passenger, booking, None)).status_code == 200  # nothing was made before


async def test_booking_is_not_found_when_it_is_not_ones_own_to_pay(api: Api) -> None:
    await made(api)
    driver, _, booking = await a_booking(api)
    for person in (driver, await api.passenger()):
        body = {"code": "BIENVENUE", "booking_id": booking["id"]}
        refusal(await person.post("/promos/validate", body), 404, "not_found")
    body = {"code": "BIENVENUE", "booking_id": NOBODY}
    refusal(await driver.post("/promos/validate", body), 404, "not_found")


async def test_guessing_ends_when_many_codes_were_tried(api: Api) -> None:
    await made(api)
    api.configure(user_per_minute=1_000)
    _, passenger, booking = await a_booking(api)
    for number in range(PROMO_TRIES - 1):
        assert not (await asked(passenger, booking, f"GUESS{number}"))["valid"]
    refusal(await init(passenger, booking, "GUESS"), 422, "validation_error")
    body = {"code": "BIENVENUE", "booking_id": booking["id"]}
    answer = await passenger.post("/promos/validate", body)
    refusal(answer, 429, "rate_limited")
    assert 0 < int(answer.headers["retry-after"]) <= PROMO_WINDOW.total_seconds()
    refusal(await init(passenger, booking), 429, "rate_limited")
    other = (await a_booking(api))[1:]
    assert (await asked(*other))["valid"]


async def test_fare_is_paid_by_both_when_a_code_is_used(api: Api) -> None:
    promo = await made(api)
    driver, passenger, booking = await a_booking(api)
    payment = data(await init(passenger, booking, "bienvenue"))["payment"]
    shown = {name: payment[name] for name in ("amount", "discount", "promo_code", "status")}
    assert shown == {"amount": 5_000, "discount": 1_000, "promo_code": "BIENVENUE", "status": "init"}
    assert await counted(api, promo) == (1, 1, 0, 0)
    assert await asked(passenger, booking) == {
        "valid": True, "discount": 1_000, "amount_after": 5_000, "reason": None,
    }  # fmt: skip
    await api.press(payment["provider_ref"], "paid")
    assert data(await passenger.get(f"/bookings/{booking['id']}"))["status"] == "paid"
    assert await counted(api, promo) == (1, 0, 1, 0)
    assert (await asked(passenger, booking))["reason"] == "not_payable"
    escrow = {"clearing:wave": -5_000, "promo_expense": -1_000, "escrow": FARE}
    assert await movements(api) == [("booking_paid", escrow)]
    await ride(api, driver, passenger, booking)
    earned = {"escrow": -FARE, f"driver_payable:{driver.id}": 5_400, "commission": 600}
    assert (await movements(api))[-1] == ("ride_completed", earned)
    await api.audit_books()


async def ride(api: Api, driver: Person, passenger: Person, booking: Any) -> None:
    """From check-in to the end."""
    api.clock.at = DEPARTURE
    code = data(await passenger.get(f"/bookings/{booking['id']}"))["qr_code"]
    data(await driver.post(f"/bookings/{booking['id']}/checkin", {"code": code}))
    data(await driver.post(f"/bookings/{booking['id']}/start-ride"))
    data(await driver.post(f"/bookings/{booking['id']}/end-ride"))
    await api.relay()


@pytest.mark.parametrize("method", ["wave", "wallet"])
async def test_ride_is_paid_at_once_when_the_code_covers_it(api: Api, method: str) -> None:
    promo = await made(api, type="percent", value=100)
    _, passenger, booking = await a_booking(api)
    begun = data(await init(passenger, booking, method=method))
    assert begun["intent"] == {"kind": "instant"}
    assert (begun["payment"]["status"], begun["payment"]["amount"], begun["payment"]["discount"]) == ("paid", 0, FARE)
    assert data(await passenger.get(f"/bookings/{booking['id']}"))["status"] == "paid"
    assert await counted(api, promo) == (1, 0, 1, 0)
    assert await movements(api) == [("booking_paid", {"promo_expense": -FARE, "escrow": FARE})]
    api.clock.advance(SECOND)
    data(await passenger.post(f"/bookings/{booking['id']}/cancel"))
    await api.relay()
    assert (await movements(api))[-1] == ("booking_cancelled", {"escrow": -FARE, "promo_expense": FARE})
    assert await counted(api, promo) == (0, 0, 0, 1)
    await api.audit_books()


async def test_nothing_is_reserved_when_the_wallet_is_empty(api: Api) -> None:
    promo = await made(api)
    _, passenger, booking = await a_booking(api)
    refusal(await init(passenger, booking, method="wallet"), 402, "insufficient_funds")
    assert await counted(api, promo) == (0, 0, 0, 0)
    assert (await init(passenger, booking)).status_code == 200


async def test_code_is_used_up_when_somebody_has_his_share(api: Api) -> None:
    promo = await made(api, per_user_limit=2, max_uses=3)
    people = [await api.passenger(), await api.passenger()]
    outcomes = []
    for person in (people[0], people[0], people[0], people[1], people[1]):
        _, _, booking = await a_booking(api, person)
        answer = await init(person, booking)
        outcomes.append(answer.json()["error"]["details"]["reason"] if answer.status_code == 422 else "reserved")
    assert outcomes == ["reserved", "reserved", "used_up", "reserved", "exhausted"]
    assert await counted(api, promo) == (3, 3, 0, 0)
    uses = data(await (await api.admin()).get(f"/admin/promos/{promo['id']}/uses", user_id=str(people[1].id)))
    assert [(use["discount"], use["status"]) for use in uses] == [(1_000, "reserved")]


async def test_one_is_reserved_when_a_request_is_repeated(api: Api) -> None:
    promo = await made(api)
    _, passenger, booking = await a_booking(api)
    body, key = {"booking_id": booking["id"], "method": "wave", "promo_code": "BIENVENUE"}, fresh_key()
    first, second = [await passenger.post("/payments/init", body, key=key) for _ in range(2)]
    assert first.content == second.content
    refusal(await init(passenger, booking), 409, "conflict")
    assert await counted(api, promo) == (1, 1, 0, 0)


async def test_another_code_takes_nothing_over_when_a_payment_is_left_half_open(api: Api) -> None:
    promo = await made(api)
    _, passenger, booking = await a_booking(api)
    await api.arm("error")
    refusal(await init(passenger, booking), 503, "provider_unavailable")
    api.clock.advance(61 * SECOND)
    refusal(await init(passenger, booking, None), 409, "conflict")
    assert data(await init(passenger, booking))["payment"]["amount"] == 5_000
    assert await counted(api, promo) == (1, 1, 0, 0)


async def test_code_is_free_again_when_the_payment_fails(api: Api) -> None:
    promo = await made(api, max_uses=1)
    _, passenger, booking = await a_booking(api)
    payment = data(await init(passenger, booking))["payment"]
    _, other, theirs = await a_booking(api)
    assert (await asked(other, theirs))["reason"] == "exhausted"
    assert await reported(api, payment, Reported.FAILED) == "failed"
    assert await reported(api, payment, Reported.FAILED) == "known"
    assert await counted(api, promo) == (0, 0, 0, 1)
    assert data(await init(passenger, booking))["payment"]["discount"] == 1_000
    assert await counted(api, promo) == (1, 1, 0, 1)


async def test_code_is_free_again_when_the_provider_refuses(api: Api) -> None:
    promo = await made(api)
    _, passenger, booking = await a_booking(api)
    api.configure(payment_return_url="http://api.allonova.test/payment-done")  # Wave takes https alone
    refusal(await init(passenger, booking), 402, "payment_failed")
    assert await counted(api, promo) == (0, 0, 0, 1)


async def test_discount_is_taken_again_when_money_comes_after_a_failure(api: Api) -> None:
    promo = await made(api, max_uses=1)
    _, passenger, booking = await a_booking(api)
    payment = data(await init(passenger, booking))["payment"]
    await reported(api, payment, Reported.FAILED)
    assert await reported(api, payment, Reported.PAID) == "paid"
    assert data(await passenger.get(f"/bookings/{booking['id']}"))["status"] == "paid"
    assert await counted(api, promo) == (1, 0, 1, 0)
    assert (await movements(api))[0][1] == {"clearing:wave": -5_000, "promo_expense": -1_000, "escrow": FARE}
    await sound(api)


async def test_money_goes_apart_when_its_discount_is_gone(api: Api) -> None:
    promo = await made(api, max_uses=1)
    _, passenger, booking = await a_booking(api)
    payment = data(await init(passenger, booking))["payment"]
    await reported(api, payment, Reported.FAILED)
    _, other, theirs = await a_booking(api)
    data(await init(other, theirs))
    assert await reported(api, payment, Reported.PAID) == "refund_due"
    assert data(await passenger.get(f"/bookings/{booking['id']}"))["status"] == "accepted"
    shown = data(await passenger.get(f"/payments/{payment['id']}"))
    assert (shown["amount"], shown["discount"], shown["promo_code"]) == (5_000, 0, None)
    assert await movements(api) == [("payment_without_booking", {"clearing:wave": -5_000, "refunds_due": 5_000})]
    assert await counted(api, promo) == (1, 1, 0, 1)
    await sound(api)


async def test_code_is_free_again_when_its_money_comes_for_seats_that_are_gone(api: Api) -> None:
    promo = await made(api)
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver, seats_available=1, allow_auto_accept=True)
    booking = await api.pending(passenger, trip)
    payment = data(await init(passenger, booking))["payment"]
    api.clock.advance(timedelta(minutes=31))
    await api.run("holds")
    await api.pending(await api.passenger(), trip)
    assert await reported(api, payment, Reported.PAID) == "refund_due"
    assert await counted(api, promo) == (0, 0, 0, 1)
    await sound(api)


@pytest.mark.parametrize(("ahead", "fee", "uses"), [(DAY, 0, (0, 0, 0, 1)), (DAY - SECOND, 1_800, (1, 0, 1, 0))])
async def test_code_is_free_again_when_the_ride_was_cancelled_for_nothing(
    api: Api, ahead: timedelta, fee: int, uses: tuple[int, ...]
) -> None:
    api.clock.at = DEPARTURE - 2 * DAY
    promo = await made(api, type="percent", value=75)  # the fee is more than what the passenger paid himself
    _, passenger, booking = await a_booking(api)
    payment = data(await init(passenger, booking))["payment"]
    await api.press(payment["provider_ref"], "paid")
    api.clock.at = DEPARTURE - ahead
    done = data(await passenger.post(f"/bookings/{booking['id']}/cancel"))
    assert (done["cancellation"]["fee"], done["cancellation"]["refund"]) == (fee, max(0, 1_500 - fee))
    for _ in range(2):
        await api.relay()
    assert await counted(api, promo) == uses
    promo_back = -sum(francs.get("promo_expense", 0) for _, francs in await movements(api))
    assert promo_back == (0 if fee == 0 else 300)
    await api.audit_books()


async def test_code_is_used_without_wallets_when_they_are_switched_off(api: Api) -> None:
    api.follow(money=MoneyRules(enable_wallet=False))
    await made(api, type="percent", value=100)
    _, passenger, booking = await a_booking(api)
    assert data(await init(passenger, booking))["intent"] == {"kind": "instant"}


async def test_uses_are_exported_when_somebody_asks_for_his_data(api: Api) -> None:
    await made(api)
    _, passenger, booking = await a_booking(api)
    data(await init(passenger, booking))
    (use,) = data(await passenger.get("/me/export"))["promo_uses"]
    assert datetime.fromisoformat(use.pop("created_at")) == api.clock.now()
    assert use == {"code": "BIENVENUE", "booking_id": booking["id"], "discount": 1_000, "status": "reserved"}
