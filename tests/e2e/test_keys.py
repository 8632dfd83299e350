"""An Idempotency-Key means one effect, whichever process its copies reach."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from allonova.domain.carpool.booking import Booking
from tests.e2e.conftest import Quote
from tests.e2e.stage import Stage, all_at_once, statuses

COPIES = 20
ROUNDS = pytest.mark.parametrize(
    "rounds", [pytest.param(2, id="sample"), pytest.param(20, id="full", marks=pytest.mark.prove)]
)


async def send_copies(stage: Stage, path: str, body: dict[str, Any], headers: dict[str, str]) -> list[httpx.Response]:
    """The same request, all at once."""
    either = stage.either
    return await all_at_once(next(either).post(path, json=body, headers=headers) for _ in range(COPIES))


@pytest.mark.promise("one-effect-per-key")
@ROUNDS
async def test_one_booking_when_one_key_comes_twenty_times_at_once(stage: Stage, rounds: int, quote: Quote) -> None:
    for _ in range(rounds):
        passenger, trip = stage.a_user(), await stage.a_trip()
        await stage.keep(passenger)
        headers = stage.headers(passenger.id) | {"Idempotency-Key": str(uuid4())}
        body = {"trip_id": str(trip.id), "seats": 1}
        answers = await send_copies(stage, "/api/v1/bookings", body, headers)
        assert statuses(answers) == [201] * COPIES
        assert len({answer.content for answer in answers}) == 1
        assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == COPIES - 1
        made = await stage.pool.fetchval("SELECT count(*) FROM carpool.bookings WHERE trip_id = $1", trip.id)
        assert made == 1
        other = await stage.b.post("/api/v1/bookings", json=body | {"seats": 2}, headers=headers)
        assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_mismatch")
    quote(f"{rounds} rounds × {COPIES} copies: 1 booking, {COPIES} × 201 with the same bytes, another body 422")


@pytest.mark.promise("one-effect-per-key")
@ROUNDS
async def test_one_payment_when_one_key_comes_twenty_times_at_once(stage: Stage, rounds: int, quote: Quote) -> None:
    told = {200: 0, 409: 0}
    for _ in range(rounds):
        booking = await stage.a_held_booking()
        headers = stage.headers(booking.passenger_id) | {"Idempotency-Key": str(uuid4())}
        body = {"booking_id": str(booking.id), "method": "wave"}
        answers = await send_copies(stage, "/api/v1/payments/init", body, headers)
        started = [answer for answer in answers if answer.status_code == 200]
        assert len({answer.content for answer in started}) == 1
        for answer in answers:
            told[answer.status_code] += 1
            if answer.status_code == 409:
                assert answer.json()["error"]["code"] == "conflict"
                assert 0 < int(answer.headers["Retry-After"]) <= 61
        again = await stage.a.post("/api/v1/payments/init", json=body, headers=headers)
        assert again.content == started[0].content
        await require_one_payment(stage, booking, started[0].json()["data"]["payment"])
        other = await stage.b.post("/api/v1/payments/init", json=body | {"return_url": None}, headers=headers)
        assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_mismatch")
    await stage.require_sound_books()
    quote(f"{rounds} rounds × {COPIES} copies: 1 payment, 1 session at Wave, answers {told}")


async def require_one_payment(stage: Stage, booking: Booking, payment: dict[str, Any]) -> None:
    """Here and at Wave, where it is then paid once."""
    made = await stage.pool.fetchval("SELECT count(*) FROM carpool.payments WHERE booking_id = $1", booking.id)
    assert made == 1
    found = await stage.sandbox.get(
        "/sandbox/wave/v1/checkout/sessions/search",
        params={"client_reference": payment["id"]},
        headers={"Authorization": "Bearer sandbox"},
    )
    assert [session["id"] for session in found.json()["result"]] == [payment["provider_ref"]]
    for _ in range(2):
        await stage.sandbox.post(f"/sandbox/checkout/{payment['provider_ref']}", json={"outcome": "paid"})
    wave = (await stage.sandbox.get("/sandbox/ledger", params={"provider": "wave"})).json()["data"]
    charges = [line["amount"] for line in wave["charges"] if line["ref"] == payment["provider_ref"]]
    assert charges == [booking.amount_total]
    status = await stage.pool.fetchval("SELECT status FROM carpool.bookings WHERE id = $1", booking.id)
    assert status == "paid"
