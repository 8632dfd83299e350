"""Paying by Orange Money, MTN and card, from the first request to the money."""

from __future__ import annotations

import json
from typing import Any

import pytest

from allonova.application.kernel.idempotency import LEASE
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE
from tests.support.purses import require_sound_books, wallet_of
from tests.support.sales import accounts
from tests.support.wire import NOBODY, data, fresh_key, refusal

FARE = 6_000
LATER = DEPARTURE + 24 * HOUR
HOOKS = {"orange": "/payments/webhook/orange", "mtn": "/payments/webhook/mtn"}


async def begun(api: Api, method: str, *, seats: int = 1) -> tuple[Person, Any, Any]:
    """A passenger, his booking, and `{payment, intent}`."""
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.accepted(passenger, driver, await api.trip(driver), seats=seats)
    return passenger, booking, data(await init(passenger, booking, method))


async def init(passenger: Person, booking: Any, method: str, *, key: str | None = None, **given: Any) -> Any:
    """The answer to a payment's beginning."""
    body = {"booking_id": booking["id"], "method": method, **given}
    return await passenger.post("/payments/init", body, key=key or fresh_key())


async def stand(passenger: Person, booking: Any, payment: Any) -> tuple[str, str]:
    """Of payment and booking."""
    shown = data(await passenger.get(f"/payments/{payment['id']}"))
    return shown["status"], data(await passenger.get(f"/bookings/{booking['id']}"))["status"]


@pytest.mark.parametrize(
    ("method", "kind"), [("orange", "redirect"), ("mtn", "push"), ("card", "client_secret"), ("wave", "redirect")]
)
async def test_paid_when_the_payer_agrees(api: Api, method: str, kind: str) -> None:
    passenger, booking, started = await begun(api, method)
    payment, intent = started["payment"], started["intent"]
    assert (payment["status"], intent["kind"], payment["amount"]) == ("init", kind, FARE)
    if kind == "push":
        assert intent["phone"] == passenger.phone
    if kind == "client_secret":
        assert intent["publishable_key"]
    await api.press(payment["provider_ref"], "paid")
    await api.relay()
    assert await stand(passenger, booking, payment) == ("paid", "paid")
    held = await accounts(api)
    assert held["escrow"] == FARE
    assert -held[f"clearing:{method}"] == FARE + held.get("provider_cost", 0)  # what it keeps for itself
    await require_sound_books(api)


@pytest.mark.parametrize("method", ["orange", "mtn"])
async def test_nothing_is_believed_and_the_provider_is_asked_when_a_hint_comes(api: Api, method: str) -> None:
    passenger, booking, started = await begun(api, method)
    payment = started["payment"]
    outcomes = []
    for about in (payment["id"], NOBODY):
        body: dict[str, Any] = {"status": "SUCCESS", "notif_token": about, "txnid": "MP1"}
        path = HOOKS[method]
        if method == "mtn":
            body, path = (
                {"status": "SUCCESSFUL", "externalId": about, "amount": "6000", "currency": "XOF"},
                (f"{HOOKS[method]}/{about}"),
            )
        answer = await api.http.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
        outcomes.append(data(answer)["outcome"])
    assert outcomes == ["asked", "asked"]
    await api.relay()
    assert await stand(passenger, booking, payment) == ("init", "accepted")
    assert await accounts(api) == {}


@pytest.mark.parametrize("method", ["orange", "mtn"])
async def test_failed_for_good_and_begun_anew_when_the_payer_refuses(api: Api, method: str) -> None:
    passenger, booking, started = await begun(api, method)
    await api.press(started["payment"]["provider_ref"], "failed")
    await api.relay()
    assert await stand(passenger, booking, started["payment"]) == ("failed", "accepted")
    again = data(await init(passenger, booking, method))["payment"]
    assert again["id"] != started["payment"]["id"]
    await api.press(again["provider_ref"], "paid")
    await api.relay()
    assert await stand(passenger, booking, again) == ("paid", "paid")
    await require_sound_books(api)


async def test_no_more_cards_for_a_day_when_three_tries_failed(api: Api) -> None:
    passenger, booking, started = await begun(api, "card")
    payment = started["payment"]
    for number in (1, 2, 3):
        await api.press(payment["provider_ref"], "failed")
        shown = data(await passenger.get(f"/payments/{payment['id']}"))
        assert shown["status"] == ("failed" if number == 3 else "init")
        assert shown["failure"]["code"] == ("too_many_attempts" if number == 3 else "generic_decline")
    assert refusal(await init(passenger, booking, "card"), 409, "conflict") == {"limit": 3}
    await api.relay()
    refused = await api.outside.post(f"/checkout/{payment['provider_ref']}", json={"outcome": "paid"})
    assert refused.status_code == 409  # nobody can pay it any more at Stripe either
    data(await init(passenger, booking, "wave"))
    await require_sound_books(api)


async def test_cards_again_when_a_day_has_gone_by(api: Api) -> None:
    api.clock.at = DEPARTURE - 72 * HOUR
    driver = await api.driver()
    passenger, _, started = await begun(api, "card")
    for _ in range(3):
        await api.press(started["payment"]["provider_ref"], "failed")
    booking = await api.accepted(passenger, driver, await api.trip(driver))
    refusal(await init(passenger, booking, "card"), 409, "conflict")
    api.clock.advance(25 * HOUR)
    later = await api.accepted(passenger, driver, await api.trip(driver, departure_time=LATER.isoformat()))
    data(await init(passenger, later, "card"))


async def test_card_is_let_go_when_the_seats_are_gone(api: Api) -> None:
    passenger, booking, started = await begun(api, "card")
    ref = started["payment"]["provider_ref"]
    data(await passenger.post(f"/bookings/{booking['id']}/cancel"))
    answer = await api.outside.post(f"/checkout/{ref}", json={"outcome": "paid"})
    assert answer.status_code == 200
    await api.relay()
    shown = data(await passenger.get(f"/payments/{started['payment']['id']}"))
    assert (shown["status"], shown["refunded_amount"]) == ("failed", 0)
    assert await accounts(api) == {}
    await require_sound_books(api)


async def test_money_is_kept_apart_and_returned_when_it_comes_for_a_cancelled_booking(api: Api) -> None:
    passenger, booking, started = await begun(api, "orange")
    data(await passenger.post(f"/bookings/{booking['id']}/cancel"))
    await api.press(started["payment"]["provider_ref"], "paid")
    await api.relay()
    await api.relay()
    shown = data(await passenger.get(f"/payments/{started['payment']['id']}"))
    assert (shown["status"], shown["refunded_amount"]) == ("refunded", FARE)
    assert await wallet_of(passenger) == (FARE, FARE)
    await require_sound_books(api)


@pytest.mark.parametrize("method", ["wave", "mtn", "card"])
async def test_payer_goes_on_with_it_when_he_lost_his_key_after_an_outage(api: Api, method: str) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.accepted(passenger, driver, await api.trip(driver))
    await api.arm("error", provider={"card": "stripe"}.get(method, method), times=5)
    refusal(await init(passenger, booking, method), 503, "provider_unavailable")
    await api.arm("error", provider={"card": "stripe"}.get(method, method), times=0)
    details = refusal(await init(passenger, booking, method), 409, "conflict")
    payment_id = details["payment_id"]
    refusal(await init(passenger, booking, "orange"), 409, "conflict")
    api.clock.advance(LEASE)
    refusal(await init(passenger, booking, "orange"), 409, "conflict")
    payment = data(await init(passenger, booking, method))["payment"]
    assert payment["id"] == payment_id
    refusal(await init(passenger, booking, method), 409, "conflict")
    await api.press(payment["provider_ref"], "paid")
    await api.relay()
    assert await stand(passenger, booking, payment) == ("paid", "paid")
    await require_sound_books(api)


async def test_hold_outlives_nothing_when_the_push_is_answered_late(api: Api) -> None:
    passenger, booking, started = await begun(api, "mtn")
    api.clock.advance(31 * MINUTE)
    await api.run("holds")
    answer = await api.outside.post(f"/checkout/{started['payment']['provider_ref']}", json={"outcome": "paid"})
    assert answer.status_code == 409  # MTN's question ended after five minutes
    await api.relay()
    assert (await stand(passenger, booking, started["payment"]))[1] == "cancelled"
    await require_sound_books(api)
