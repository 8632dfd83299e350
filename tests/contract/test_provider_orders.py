"""What a provider reports of one payment, in any order and twice: all orders end alike, with one effect."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest

from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.settle_payment import PaymentDesk
from allonova.application.carpool.take_provider_event import TakeProviderEvent
from allonova.application.money.ports import ProviderEvent, Reach, Report, Reported
from allonova.application.money.refund_desk import RefundDesk
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.rules import Rules
from allonova.domain.money.journal import EntryKind
from allonova.domain.money.payment import Method, Payment, PaymentStatus
from allonova.domain.money.refund import RefundCause
from allonova.domain.money.rules import MoneyRules
from tests.support.factories import a_booking, a_driver, a_payment, a_trip, a_user, accepted
from tests.support.worlds import World, memory_world

FARE = 6_000
SAMPLE = 4  # of the orders, on PostgreSQL
EVENTS = {
    "pending": Report(reported=Reported.OPEN, provider_ref="pi_1", amount=FARE, currency="XOF"),
    "paid": Report(reported=Reported.PAID, provider_ref="pi_1", amount=FARE, currency="XOF", fees=174),
    "failed": Report(reported=Reported.FAILED, provider_ref="pi_1", failure_code="canceled"),
    "refunded": Report(reported=Reported.REFUNDED, provider_ref="pi_1", amount=FARE, currency="XOF", back=FARE),
}


@dataclass(frozen=True, slots=True)
class Ordered:
    """A payment by card that its provider reports on."""

    world: World
    take: TakeProviderEvent
    booking: Booking
    payment: Payment

    async def hear(self, names: Iterable[str]) -> None:
        """Each event, under the same id whenever it comes."""
        for name in names:
            event = ProviderEvent(
                provider="stripe", event_id=f"evt_{name}", kind=name, provider_ref="pi_1", report=EVENTS[name]
            )
            await self.take(event)

    async def end(self) -> tuple[object, ...]:
        """How it all stands, and what was booked."""
        assert (await self.world.books.verify()).faults == ()
        async with self.world.begin() as unit:
            payment, booking = await unit.payments.get(self.payment.id), await unit.bookings.get(self.booking.id)
            trip = await unit.trips.get(booking.trip_id)
            kinds = [
                kind
                for kind, about, ref in (
                    (EntryKind.BOOKING_PAID, "payment", payment.id),
                    (EntryKind.PAYMENT_WITHOUT_BOOKING, "payment", payment.id),
                    (EntryKind.PROVIDER_CHARGED, "payment", payment.id),
                    (EntryKind.BOOKING_CANCELLED, "booking", booking.id),
                )
                if await unit.journal.find(kind, about, ref) is not None
            ]
            taken = await unit.refunds.find(payment_id=payment.id, cause=RefundCause.TAKEN_BACK)
            claims = await unit.refunds.claims(payment.id)
        back = taken.amount if taken else 0
        return payment.status, payment.refunded_amount, booking.status, trip.seats_available, claims.all, back, *kinds


async def ordered(world: World) -> Ordered:
    """Accepted, and begun."""
    driver, passenger = a_driver(), a_user()
    trip = a_trip(driver)
    booking = accepted(trip, a_booking(trip, passenger))
    payment = a_payment(booking, method=Method.CARD, provider_ref="pi_1")
    await world.keep(driver, passenger, trip, booking, payment)
    refunds = RefundDesk(world.clock, world.ids, {Method.CARD: Reach.PARTS}, MoneyRules)
    desk = PaymentDesk(EndingDesk(world.clock, world.ids, Rules, refunds))
    return Ordered(world, TakeProviderEvent(world.begin, desk), booking, payment)


def orders(*names: str) -> Iterator[tuple[str, ...]]:
    """Every order of the names, each of which comes twice: at once again, when all have come, or the last one first."""
    for order in itertools.permutations(names):
        yield tuple(name for name in order for _ in range(2))
        yield order + order
        yield order + order[::-1]


async def test_alike_when_it_was_paid_and_taken_back_in_whatever_order() -> None:
    ends: Counter[tuple[object, ...]] = Counter()
    for order in orders(*EVENTS):
        it = await ordered(memory_world())
        await it.hear(order)
        ends[await it.end()] += 1
    # What the provider keeps is known from `paid` alone, and is booked whenever it comes.
    kinds = (EntryKind.BOOKING_PAID, EntryKind.PROVIDER_CHARGED, EntryKind.BOOKING_CANCELLED)
    assert ends == {(PaymentStatus.REFUNDED, FARE, BookingStatus.CANCELLED, 3, FARE, FARE, *kinds): 72}


async def test_paid_when_it_was_not_taken_back_in_whatever_order() -> None:
    ends: Counter[tuple[object, ...]] = Counter()
    for order in orders("pending", "paid", "failed"):
        it = await ordered(memory_world())
        await it.hear(order)
        ends[await it.end()] += 1
    kinds = (EntryKind.BOOKING_PAID, EntryKind.PROVIDER_CHARGED)
    assert ends == {(PaymentStatus.PAID, 0, BookingStatus.PAID, 2, 0, 0, *kinds): 18}


@pytest.mark.parametrize("seed", range(SAMPLE))
async def test_the_same_on_both_adapters(world: World, seed: int) -> None:
    order = random.Random(seed).sample([*EVENTS, *EVENTS], 8)
    it = await ordered(world)
    await it.hear(order)
    status, back, booking, *_ = await it.end()
    assert (status, back, booking) == (PaymentStatus.REFUNDED, FARE, BookingStatus.CANCELLED)


async def test_nothing_when_only_a_bank_speaks_of_what_we_do_not_know_to_be_paid(world: World) -> None:
    it = await ordered(world)
    report = Report(reported=Reported.CHARGED_BACK, provider_ref="pi_1", currency="XOF", back=FARE)
    event = ProviderEvent(provider="stripe", event_id="evt_d", kind="dispute", provider_ref="pi_1", report=report)
    assert await it.take(event) == "asked"
    status, *_ = await it.end()
    assert status is PaymentStatus.INIT
