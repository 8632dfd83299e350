"""The API dies between a webhook's arrival and its answer: the provider tells again, and the money moves once."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.events import BookingPaid
from allonova.main.wiring import WORKED
from tests.e2e.conftest import Quote
from tests.e2e.stage import Stage, all_at_once
from tests.support.processes import eventually

PAYERS = 12


@dataclass(frozen=True, slots=True)
class Sale:
    """A booking whose payment was begun at Wave, under Wave's name for it."""

    booking: Booking
    ref: str


async def a_sale(stage: Stage) -> Sale:
    """Begun at the process that nobody kills."""
    booking = await stage.a_held_booking()
    headers = stage.headers(booking.passenger_id) | {"Idempotency-Key": str(uuid4())}
    body = {"booking_id": str(booking.id), "method": "wave"}
    answer = await stage.b.post("/api/v1/payments/init", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return Sale(booking, answer.json()["data"]["payment"]["provider_ref"])


async def pay_at_once(stage: Stage, sales: list[Sale]) -> float:
    """Every payer presses; Wave's webhooks all go to the process that is to be killed.

    Returns:
        Seconds until each was answered, or found nobody.
    """
    started = time.monotonic()
    pressed = await all_at_once(
        stage.sandbox.post(f"/sandbox/checkout/{sale.ref}", json={"outcome": "paid"}) for sale in sales
    )
    assert {answer.status_code for answer in pressed} == {200}
    return time.monotonic() - started


async def kill_after(stage: Stage, delay_s: float) -> None:
    """The process dies at that moment."""
    await asyncio.sleep(delay_s)
    stage.fleet.apis[0].kill()


async def at_wave(stage: Stage, what: str) -> Any:
    """What the provider itself says of its callbacks, or of its ledger."""
    return (await stage.sandbox.get(f"/sandbox/{what}", params={"provider": "wave"})).json()["data"]


async def unanswered(stage: Stage, sales: list[Sale]) -> int:
    """Webhooks of these sales that Wave has yet to tell again."""
    refs = {sale.ref for sale in sales}
    told = await at_wave(stage, "callbacks")
    return sum(call["state"] == "pending" and any(ref in call["body"] for ref in refs) for call in told)


PAID = "SELECT count(*) FROM carpool.payments WHERE booking_id = ANY ($1) AND status = 'paid'"
# Per booking: its states and seats; how often it was paid, booked in clearing, and given to somebody to tell.
EFFECTS = """
SELECT b.id, p.provider_ref, p.amount::bigint, p.status, b.status, t.seats_sold, t.seats_held,
    (SELECT count(*) FROM carpool.booking_events e WHERE e.booking_id = b.id AND e.to_status = 'paid'),
    (SELECT array_agg(x.amount::bigint) FROM platform.journal_entries j
        JOIN platform.postings x ON x.entry_id = j.id JOIN platform.accounts a ON a.id = x.account_id
        WHERE j.ref_id = p.id AND a.kind = 'clearing'),
    (SELECT count(*) FROM platform.outbox o
        WHERE o.event = $2 AND o.payload ->> 'booking_id' = b.id::text AND NOT o.is_live)
FROM carpool.bookings b
JOIN carpool.payments p ON p.booking_id = b.id JOIN carpool.trips t ON t.id = b.trip_id
WHERE b.id = ANY ($1)
"""


async def require_each_paid_once(stage: Stage, sales: list[Sale]) -> None:
    """Whatever the provider told twice, it counted once, whole."""
    rows = await stage.pool.fetch(EFFECTS, ids(sales), BookingPaid.name)
    assert len(rows) == len(sales)
    for id_, ref, amount, payment, booking, sold, held, events, clearing, told in rows:
        seats = next(sale.booking.seats for sale in sales if sale.booking.id == id_)
        assert (payment, booking, sold, held) == ("paid", "paid", [seats, seats], [0, 0]), ref
        assert (events, clearing, told) == (1, [-amount], len(WORKED[BookingPaid])), ref


async def require_same_as_wave(stage: Stage, sales: list[Sale]) -> None:
    """Our books are sound and hold, payment by payment, what Wave's own ledger holds."""
    await stage.require_sound_books()
    ours = {row[1]: row[2] for row in await stage.pool.fetch(EFFECTS, ids(sales), BookingPaid.name)}
    charges = [line for line in (await at_wave(stage, "ledger"))["charges"] if line["ref"] in ours]
    assert len(charges) == len(sales)
    assert {line["ref"]: line["amount"] for line in charges} == ours


def ids(sales: list[Sale]) -> list[UUID]:
    """Of their bookings."""
    return [sale.booking.id for sale in sales]


@pytest.mark.promise("nothing-lost")
@pytest.mark.parametrize("kills", [pytest.param(3, id="sample"), pytest.param(50, id="full", marks=pytest.mark.prove)])
async def test_each_payment_counts_once_when_the_api_dies_under_its_webhook(
    stage: Stage, kills: int, quote: Quote
) -> None:
    moments = Random(kills)
    sales = [await a_sale(stage) for _ in range(PAYERS)]
    burst_s = await pay_at_once(stage, sales)  # unharmed, to learn how long it takes
    left = committed = 0
    for _ in range(kills):
        victims = [await a_sale(stage) for _ in range(PAYERS)]
        await all_at_once([pay_at_once(stage, victims), kill_after(stage, moments.uniform(0, burst_s))])
        waiting, paid = await unanswered(stage, victims), await stage.pool.fetchval(PAID, ids(victims))
        left, committed = left + waiting, committed + paid - (PAYERS - waiting)
        await stage.fleet.ready()
        await eventually("Wave has told everything again", lambda: _none_unanswered(stage, victims))  # noqa: B023
        await require_each_paid_once(stage, victims)
        sales += victims
    await require_same_as_wave(stage, sales)
    assert left > 0, "no kill met a webhook"
    quote(f"{kills} kills under {kills * PAYERS} webhooks: {left} unanswered, {committed} of them committed, all once")


async def _none_unanswered(stage: Stage, sales: list[Sale]) -> bool:
    return await unanswered(stage, sales) == 0
