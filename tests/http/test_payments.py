"""Paying for a booking."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

import httpx
import pytest

from allonova.application.kernel.idempotency import LEASE
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE
from tests.support.wire import NOBODY, ORIGIN, ROOT, data, fresh_key, paths, refusal, require_refused


async def pay(passenger: Person, booking: Any, *, key: str | None = None, **given: Any) -> httpx.Response:
    """Begin a payment by Wave."""
    body = {"booking_id": booking["id"], "method": "wave", **given}
    return await passenger.post("/payments/init", body, key=key or fresh_key())


async def held(api: Api) -> tuple[Person, Person, Any]:
    """A driver, a passenger, and their booking whose seats are held."""
    driver, passenger = await api.driver(), await api.passenger()
    return driver, passenger, await api.accepted(passenger, driver, await api.trip(driver), seats=2)


async def test_payer_is_sent_to_wave_when_he_pays(api: Api) -> None:
    _, passenger, booking = await held(api)
    started = data(await pay(passenger, booking))
    payment, intent = started["payment"], started["intent"]
    assert set(payment) == {
        "id", "booking_id", "user_id", "method", "provider_ref", "amount", "currency", "fees", "status",
        "discount", "promo_code", "refunded_amount", "failure", "created_at", "updated_at",
    }  # fmt: skip
    assert (payment["booking_id"], payment["user_id"]) == (booking["id"], str(passenger.id))
    assert (payment["amount"], payment["status"], payment["failure"]) == (12_000, "init", None)
    (session,) = await api.wave_sessions(payment["id"])
    assert (session["id"], session["amount"]) == (payment["provider_ref"], "12000")
    assert set(intent) == {"kind", "url", "expires_at"}
    assert (intent["kind"], intent["url"]) == ("redirect", session["wave_launch_url"])
    assert data(await passenger.get(f"/payments/{payment['id']}")) == payment


async def test_everybody_has_his_share_when_the_money_comes(api: Api) -> None:
    driver, passenger, booking = await held(api)
    payment = (await api.started(passenger, booking))["payment"]
    await api.press(payment["provider_ref"], "paid")
    assert data(await passenger.get(f"/payments/{payment['id']}"))["status"] == "paid"
    paid = data(await passenger.get(f"/bookings/{booking['id']}"))
    assert (paid["status"], paid["hold_expires_at"]) == ("paid", None)
    assert data(await driver.get(f"/trips/{booking['trip']['id']}"))["seats_available"] == 1
    (movement,) = await api.inside.journal()
    assert (movement.kind, str(movement.ref_id)) == ("booking_paid", payment["id"])
    assert movement.francs == {"clearing:wave": -12_000, "escrow": 12_000}
    assert (await api.messages(passenger.phone))[0]["template"] == "booking_paid_passenger"
    assert "booking_paid_driver" in [message["template"] for message in await api.messages(driver.phone)]
    await api.audit_books()


async def test_commission_is_split_off_when_the_ride_is_done(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver, price_per_seat=3335)
    booking = await api.paid(passenger, driver, trip)
    assert booking["fees"] == 334  # 333.5, half up; the rest is the driver's
    api.clock.at = DEPARTURE
    path = f"/bookings/{booking['id']}"
    data(await driver.post(f"{path}/checkin", {"code": booking["checkin_code"]}))
    data(await driver.post(f"{path}/start-ride"))
    await api.audit_books()
    data(await driver.post(f"{path}/end-ride"))
    movement = (await api.inside.journal())[-1]
    assert movement.kind == "ride_completed"
    assert movement.francs == {"escrow": -3335, f"driver_payable:{driver.id}": 3001, "commission": 334}
    await api.audit_books()


async def test_answer_is_the_first_when_the_request_comes_again(api: Api) -> None:
    _, passenger, booking = await held(api)
    key = fresh_key()
    first, again = await pay(passenger, booking, key=key), await pay(passenger, booking, key=key)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert len(await api.wave_sessions(data(first)["payment"]["id"])) == 1


async def test_key_is_refused_when_it_comes_with_another_body(api: Api) -> None:
    _, passenger, booking = await held(api)
    key = fresh_key()
    first = await pay(passenger, booking, key=key)
    other = await pay(passenger, booking, key=key, return_url=f"{ORIGIN}/other")
    refusal(other, 422, "idempotency_mismatch")
    assert (await pay(passenger, booking, key=key)).content == first.content


async def test_second_payment_is_refused_when_the_first_is_under_way(api: Api) -> None:
    _, passenger, booking = await held(api)
    first = data(await pay(passenger, booking))["payment"]
    assert refusal(await pay(passenger, booking), 409, "conflict") == {"payment_id": first["id"]}


async def test_payment_is_forbidden_when_the_driver_pays(api: Api) -> None:
    driver, _, booking = await held(api)
    refusal(await pay(driver, booking), 403, "forbidden")


async def test_booking_does_not_exist_when_a_stranger_pays(api: Api) -> None:
    _, _, booking = await held(api)
    stranger = await api.passenger()
    refusal(await pay(stranger, booking), 404, "not_found")
    refusal(await pay(stranger, {"id": NOBODY}), 404, "not_found")


async def test_payment_does_not_exist_when_a_stranger_looks(api: Api) -> None:
    driver, passenger, booking = await held(api)
    path = f"/payments/{data(await pay(passenger, booking))['payment']['id']}"
    for person in (driver, await api.passenger()):
        refusal(await person.get(path), 404, "not_found")


async def test_payment_is_refused_when_the_driver_has_not_accepted(api: Api) -> None:
    passenger = await api.passenger()
    booking = await api.pending(passenger, await api.trip(await api.driver()))
    assert refusal(await pay(passenger, booking), 409, "conflict") == {"status": "pending"}


async def test_payment_is_refused_when_the_hold_is_over(api: Api) -> None:
    _, passenger, booking = await held(api)
    api.clock.advance(30 * MINUTE)
    assert refusal(await pay(passenger, booking), 409, "conflict") == {"status": "accepted"}
    await api.run("holds")
    assert refusal(await pay(passenger, booking), 409, "conflict") == {"status": "cancelled"}


async def test_payment_is_refused_when_it_is_paid(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.paid(passenger, driver, await api.trip(driver))
    assert refusal(await pay(passenger, booking), 409, "conflict") == {"status": "paid"}


@pytest.mark.parametrize("url", [f"{ORIGIN}/done?x=1#y", f"{ROOT}/payment-done", None])
async def test_browser_comes_back_when_the_page_is_ours(api: Api, url: str | None) -> None:
    _, passenger, booking = await held(api)
    payment = data(await pay(passenger, booking, return_url=url))["payment"]
    (session,) = await api.wave_sessions(payment["id"])
    assert session["success_url"].startswith((url or f"{ROOT}/payment-done").partition("?")[0])
    assert f"payment_id={payment['id']}" in session["success_url"]


FOREIGN_URLS = (
    "https://evil.test/", f"{ORIGIN}.evil.test/", f"{ORIGIN}@evil.test/", "https://evil.test/https://app.allonova.test",
    "http://app.allonova.test/", f"{ORIGIN}:8443/", "//app.allonova.test/", "/done", "javascript:alert(1)", "",
    f"{ORIGIN}\\@evil.test", f"{ORIGIN}/\n", "https://[", f"{ORIGIN}/" + "x" * 500,
)  # fmt: skip


async def test_return_url_is_refused_when_it_is_not_on_an_origin_of_ours(api: Api, subtests: pytest.Subtests) -> None:
    _, passenger, booking = await held(api)
    for url in FOREIGN_URLS:
        with subtests.test(url[:60]):
            answer = await pay(passenger, booking, return_url=url)
            assert paths(refusal(answer, 422, "validation_error")) == ["return_url"]


UNSOUND: list[tuple[str, Any]] = [
    ("method", "cash"), ("phone", "x"), ("booking_id", "x"), ("amount", 1), ("user_id", 1), ("status", "paid"),
]  # fmt: skip


async def test_value_is_refused_when_it_is_unsound_or_not_the_callers_to_set(
    api: Api, subtests: pytest.Subtests
) -> None:
    passenger = await api.passenger()
    await require_refused(subtests, UNSOUND, lambda given: pay(passenger, {"id": NOBODY}, **given))


async def test_new_payment_is_begun_when_wave_refused_the_first(api: Api) -> None:
    _, passenger, booking = await held(api)
    key = fresh_key()
    refused = await refused_by_wave(api, passenger, booking, key)
    details = refusal(refused, 402, "payment_failed")
    assert details["reason"] == "request-validation-error"
    failed = data(await passenger.get(f"/payments/{details['payment_id']}"))
    assert (failed["status"], failed["failure"]["code"]) == ("failed", "request-validation-error")
    assert (await pay(passenger, booking, key=key)).content == refused.content
    assert data(await pay(passenger, booking))["payment"]["status"] == "init"


async def refused_by_wave(api: Api, passenger: Person, booking: Any, key: str) -> httpx.Response:
    """Wave takes return URLs of https alone; for once ours is another."""
    api.configure(payment_return_url="http://api.allonova.test/payment-done")
    answer = await pay(passenger, booking, key=key)
    api.configure()
    return answer


def dying() -> NoReturn:
    """A unit that never begins."""
    raise RuntimeError("killed")


async def test_refusal_stands_when_its_finder_died_before_keeping_the_answer(api: Api) -> None:
    _, passenger, booking = await held(api)
    key, edge = fresh_key(), api.service.edge
    api.service = replace(api.service, edge=replace(edge, begin=dying))  # keeps refusals; the use case has its own
    refusal(await refused_by_wave(api, passenger, booking, key), 503, "service_unavailable")
    api.service = replace(api.service, edge=edge)
    api.configure()
    refusal(await pay(passenger, booking, key=key), 409, "conflict")
    api.clock.advance(LEASE)
    answer = await pay(passenger, booking, key=key)
    details = refusal(answer, 402, "payment_failed")
    assert details["reason"] == "request-validation-error"
    assert data(await passenger.get(f"/payments/{details['payment_id']}"))["status"] == "failed"
    assert await api.wave_sessions(details["payment_id"]) == []
    assert (await pay(passenger, booking, key=key)).content == answer.content


async def test_nothing_is_owed_when_a_booking_expires_unpaid(api: Api) -> None:
    _, passenger, booking = await held(api)
    payment = (await api.started(passenger, booking))["payment"]
    api.clock.advance(HOUR)
    await api.run("holds")
    answer = await api.outside.post(f"/checkout/{payment['provider_ref']}", json={"outcome": "paid"})
    assert answer.status_code == 409  # Wave's session has run out too
    assert await api.inside.journal() == []
    await api.audit_books()
