"""Money that is asked for at once: refunds, approvals, chargebacks, wallets, copies of one event."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass

import pytest

from allonova.adapters.postgres.carpool.queries import PostgresCarpoolQueries
from allonova.adapters.postgres.money.books import PostgresBooks
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.carpool.bear_chargeback import BearChargeback
from allonova.application.carpool.cancel_booking import CancelBooking
from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.refund_by_admin import ApproveRefund, RefundByAdmin, RefundWish
from allonova.application.carpool.refund_sources import SourceDesk
from allonova.application.carpool.settle_payment import PaymentDesk
from allonova.application.carpool.start_payment import StartPayment, Wish
from allonova.application.carpool.take_provider_event import TakeProviderEvent
from allonova.application.kernel.idempotency import UNKEYED
from allonova.application.money.decide_refund import ConfirmRefund, RejectRefund
from allonova.application.money.opening import OpeningDesk
from allonova.application.money.ports import ProviderEvent, Reach, Report, Reported
from allonova.application.money.promo_guard import PromoGuard
from allonova.application.money.refund_desk import RefundDesk
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.fares import booking_paid, ride_completed
from allonova.domain.carpool.rules import Rules
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.machine import Party
from allonova.domain.money.payment import Method, Payment, PaymentStatus
from allonova.domain.money.refund import Bearer, RefundStatus
from allonova.domain.money.rules import MoneyRules
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    NOW,
    NumberedIds,
    SetClock,
    a_booking,
    a_driver,
    a_payment,
    a_trip,
    a_user,
    accepted,
    keep,
    new_id,
    paid,
)

ROUNDS = 3
FARE = 6_000
MUCH = MoneyRules(four_eyes_amount=1_000)


@dataclass(frozen=True, slots=True)
class Stage:
    """The use cases on real connections, three hours before departure."""

    units: PostgresUnits
    pool: Pool
    desk: PaymentDesk

    def refund(self, rules: MoneyRules | None = None) -> RefundByAdmin:
        """By an admin."""
        found = rules or MoneyRules()
        return RefundByAdmin(self.units.begin, SourceDesk(self.desk), lambda: found)

    async def sold(self, *, is_over: bool) -> Payment:
        """A payment by card of a booking on a trip of its own, as the books know it."""
        driver, passenger = a_driver(), a_user()
        trip = a_trip(driver)
        booking = paid(trip, a_booking(trip, passenger))
        payment = a_payment(booking, method=Method.CARD, status=PaymentStatus.PAID, provider_ref=f"pi-{new_id()}")
        entries = [booking_paid(new_id(), payment, NOW)]
        if is_over:
            admin = Actor(Party.ADMIN, new_id())
            booking.checked_in_at = NOW
            booking.complete(admin, NOW)
            entries.append(ride_completed(new_id(), booking, driver.id, NOW))
        async with self.units.begin() as unit:
            await keep(unit, driver, passenger, trip, booking, payment)
            for entry in entries:
                await unit.journal.post(entry)
        return payment

    async def claims(self, payment: Payment) -> int:
        """What is spoken for of a payment."""
        async with self.units.begin() as unit:
            return (await unit.refunds.claims(payment.id)).all

    async def require_sound_books(self) -> None:
        """They prove themselves."""
        assert (await PostgresBooks(self.pool).verify()).faults == ()


@pytest.fixture
def stage(units: PostgresUnits, pool: Pool) -> Stage:
    clock, ids = SetClock(DEPARTURE - 3 * HOUR), NumberedIds()
    refunds = RefundDesk(clock, ids, {Method.CARD: Reach.PARTS}, MoneyRules)
    return Stage(units, pool, PaymentDesk(EndingDesk(clock, ids, Rules, refunds)))


def an_actor() -> Actor:
    """Somebody of the back office."""
    return Actor(Party.ADMIN, new_id())


async def outcome(deed: Awaitable[object]) -> str:
    """`done`, or the name of the refusal."""
    try:
        await deed
    except DomainError as error:
        return type(error).__name__
    return "done"


@pytest.mark.promise("refunds-bounded")
async def test_one_is_given_when_twenty_admins_ask_for_sixty_percent(stage: Stage) -> None:
    for _ in range(ROUNDS):
        payment = await stage.sold(is_over=True)
        wish = RefundWish(payment_id=payment.id, amount=FARE * 6 // 10, reason="x")
        deeds = [outcome(stage.refund()(by=an_actor(), wish=wish, once=UNKEYED)) for _ in range(20)]
        assert Counter(await asyncio.gather(*deeds)) == {"done": 1, "RefundTooMuch": 19}
        assert await stage.claims(payment) == FARE * 6 // 10
    await stage.require_sound_books()


@pytest.mark.promise("refunds-bounded")
async def test_all_that_was_paid_goes_back_once_when_both_sides_and_admins_end_it(stage: Stage) -> None:
    endings = stage.desk.endings
    for _ in range(ROUNDS):
        payment = await stage.sold(is_over=False)
        wish = RefundWish(payment_id=payment.id, reason="x")
        cancel = CancelBooking(stage.units.begin, endings)
        assert payment.booking_id is not None
        deeds = [outcome(stage.refund()(by=an_actor(), wish=wish, once=UNKEYED)) for _ in range(8)]
        deeds += [
            outcome(cancel(caller_id=payment.user_id, booking_id=payment.booking_id, reason=None)) for _ in range(4)
        ]
        outcomes = Counter(await asyncio.gather(*deeds))
        assert outcomes["done"] in (1, 2)  # a fee that was kept may be given back after the passenger's cancellation
        assert await stage.claims(payment) == FARE
    await stage.require_sound_books()


async def test_one_decision_stands_when_admins_approve_and_reject_at_once(stage: Stage) -> None:
    refund, refunds = stage.refund(MUCH), stage.desk.endings.refunds
    for _ in range(ROUNDS):
        payment = await stage.sold(is_over=True)
        asked = await refund(by=an_actor(), wish=RefundWish(payment_id=payment.id, reason="x"), once=UNKEYED)
        approve, reject = ApproveRefund(stage.units.begin, refund), RejectRefund(stage.units.begin, refunds)
        deeds = [outcome(approve(by=an_actor(), refund_id=asked.id)) for _ in range(6)]
        deeds += [outcome(reject(by=an_actor(), refund_id=asked.id, reason="x")) for _ in range(6)]
        assert Counter(await asyncio.gather(*deeds)) == {"done": 1, "InvalidTransition": 11}
    await stage.require_sound_books()


async def test_once_confirmed_when_many_confirm(stage: Stage) -> None:
    payment = await stage.sold(is_over=True)
    refunds = stage.desk.endings.refunds
    asked = await stage.refund()(by=an_actor(), wish=RefundWish(payment_id=payment.id, reason="x"), once=UNKEYED)
    async with stage.units.begin() as unit:
        held, refund = await unit.payments.get(payment.id, lock=True), await unit.refunds.get(asked.id, lock=True)
        await refunds.impossible(unit, held, refund, code="no", message="")
        assert refund.status is RefundStatus.PENDING_MANUAL
    confirm = ConfirmRefund(stage.units.begin, refunds)
    deeds = [outcome(confirm(by=an_actor(), refund_id=asked.id, reference="1")) for _ in range(10)]
    assert Counter(await asyncio.gather(*deeds)) == {"done": 1, "InvalidTransition": 9}
    await stage.require_sound_books()


def charged_back(payment: Payment, number: int) -> ProviderEvent:
    """The card's bank took it all."""
    report = Report(
        reported=Reported.CHARGED_BACK, provider_ref=payment.provider_ref, currency="XOF", back=payment.amount
    )
    ref = payment.provider_ref
    return ProviderEvent(provider="stripe", event_id=f"d-{ref}-{number}", kind="d", provider_ref=ref, report=report)


@pytest.mark.parametrize("is_over", [False, True])
async def test_taken_once_when_a_bank_is_reported_at_once(stage: Stage, is_over: bool) -> None:
    take = TakeProviderEvent(stage.units.begin, stage.desk)
    payment = await stage.sold(is_over=is_over)
    outcomes = await asyncio.gather(*(take(charged_back(payment, number % 3)) for number in range(12)))
    assert Counter(outcomes) == {"chargeback": 1, "known": 11}
    bear = BearChargeback(stage.units.begin, stage.desk)
    deeds = [outcome(bear(by=an_actor(), payment_id=payment.id, bearer=bearer, reason="x")) for bearer in [*Bearer] * 5]
    refusals = {"done": 1, "LossDecided": 9} if is_over else {"NoLossToBear": 10}
    assert Counter(await asyncio.gather(*deeds)) == refusals
    await stage.require_sound_books()


async def begun(stage: Stage) -> Payment:
    """A payment by card that nobody has paid."""
    driver, passenger = a_driver(), a_user()
    trip = a_trip(driver)
    booking = accepted(trip, a_booking(trip, passenger))
    payment = a_payment(booking, method=Method.CARD, provider_ref=f"pi-{new_id()}")
    async with stage.units.begin() as unit:
        await keep(unit, driver, passenger, trip, booking, payment)
    return payment


@pytest.mark.parametrize("are_copies", [True, False])
async def test_paid_once_when_fifty_reports_come_at_once(stage: Stage, are_copies: bool) -> None:
    take, payment = TakeProviderEvent(stage.units.begin, stage.desk), await begun(stage)
    ref = payment.provider_ref
    report = Report(reported=Reported.PAID, provider_ref=ref, amount=FARE, currency="XOF", fees=174)
    events = [
        ProviderEvent(
            provider="stripe", event_id=f"e-{0 if are_copies else n}", kind="p", provider_ref=ref, report=report
        )
        for n in range(50)
    ]
    outcomes = Counter(await asyncio.gather(*(take(event) for event in events)))
    assert outcomes == {"paid": 1, "known": 49}
    await stage.require_sound_books()


@pytest.mark.promise("no-negative-balance")
@pytest.mark.parametrize("round_", [1, *(pytest.param(number, marks=pytest.mark.prove) for number in range(2, 21))])
async def test_one_booking_is_paid_when_five_are_paid_from_one_wallet_a_hundred_times(
    stage: Stage, round_: int
) -> None:
    passenger, endings = a_user(), stage.desk.endings
    async with stage.units.begin() as unit:
        await keep(unit, passenger)
    top_up = Payment(
        id=new_id(), booking_id=None, user_id=passenger.id, method=Method.WAVE, provider_url="x", provider_ref="cos-t",
        amount=FARE, created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    report = Report(reported=Reported.PAID, provider_ref="cos-t", amount=FARE, currency="XOF")
    async with stage.units.begin() as unit:
        await unit.payments.add(top_up)
    take = TakeProviderEvent(stage.units.begin, stage.desk)
    await take(ProviderEvent(provider="wave", event_id="t", kind="t", provider_ref="cos-t", report=report))
    bookings = [await _accepted(stage, passenger) for _ in range(5)]
    start = StartPayment(
        stage.units.begin,
        OpeningDesk(stage.units.begin, endings.clock, {}),
        stage.desk,
        MoneyRules,
        PromoGuard(stage.units.begin, endings.clock),
    )
    deeds = [
        outcome(
            start(
                caller_id=passenger.id,
                wish=Wish(booking_id=booking.id, method=Method.WALLET, return_url=""),
                once=UNKEYED,
            )
        )
        for booking in bookings * 20
    ]
    assert Counter(await asyncio.gather(*deeds)) == {"done": 1, "NotPayable": 19, "InsufficientFunds": 80}
    assert (await PostgresCarpoolQueries(stage.pool).wallet(passenger.id)).balance == 0
    await stage.require_sound_books()


async def _accepted(stage: Stage, passenger: object) -> Booking:
    driver = a_driver()
    trip = a_trip(driver)
    booking = accepted(trip, a_booking(trip, passenger), at=DEPARTURE - 3 * HOUR)  # type: ignore[arg-type] # a user
    async with stage.units.begin() as unit:
        await keep(unit, driver, trip, booking)
    return booking
