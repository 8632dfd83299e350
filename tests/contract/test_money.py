"""Payments, the journal, provider events, and the proof of the books."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from allonova.application.carpool.ports import StoredEvent
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.fares import booking_paid, payment_without_booking, ride_completed
from allonova.domain.kernel.errors import AlreadyExists
from allonova.domain.money.journal import ESCROW, REFUNDS_DUE, Entry, Posting, clearing, move
from allonova.domain.money.movements import payout_done, payout_returned, payout_started, refund_sent
from allonova.domain.money.payment import Method, Payment, PaymentStatus
from allonova.domain.money.payout import Payout, PayoutKind, PayoutMethod, PayoutStatus
from allonova.domain.money.refund import CHARGED_BACK, RefundCause, RefundStatus, RefundTo
from tests.contract.conftest import Scene
from tests.support.factories import HOUR, NOW, AnyUnit, Thing, a_booking, a_payment, a_refund, new_id, paid
from tests.support.worlds import STORAGE_ERRORS, World

S = PaymentStatus


@pytest.mark.parametrize("status", [S.INIT, S.AUTHORIZED, S.PAID])
async def test_found_when_the_payment_stands(scene: Scene, status: PaymentStatus) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    payment = a_payment(booking, status=status)
    await scene.world.keep(booking, payment, a_payment(booking, status=S.FAILED))
    async with scene.world.begin() as unit:
        assert await unit.payments.open_of(booking.id) == payment


@pytest.mark.parametrize("status", [S.FAILED, S.REFUNDED])
async def test_none_when_the_payment_failed_or_went_back(scene: Scene, status: PaymentStatus) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    await scene.world.keep(booking, a_payment(booking, status=status))
    async with scene.world.begin() as unit:
        assert await unit.payments.open_of(booking.id) is None
        assert await unit.payments.open_of(new_id()) is None


async def test_newest_when_several_payments_stand(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    old = a_payment(booking, status=S.PAID)
    new = a_payment(booking, status=S.PAID, created_at=NOW + HOUR)
    await scene.world.keep(booking, new, old)
    async with scene.world.begin() as unit:
        assert await unit.payments.open_of(booking.id) == new


async def test_shown_when_the_payer_or_the_service_asks(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    payment = a_payment(booking, raw_payload={"a": [1]})
    await scene.world.keep(booking, payment)
    queries = scene.world.queries
    assert await queries.payment(payment.id, payer_id=scene.passenger.id) == payment
    assert await queries.payment(payment.id, payer_id=None) == payment
    assert await queries.payment(payment.id, payer_id=scene.driver.id) is None
    assert await queries.payment(new_id(), payer_id=None) is None


def an_event(**given: object) -> StoredEvent:
    event = StoredEvent(
        id=new_id(), provider="wave", event_id="EV_1", kind="paid", payment_id=None, outcome="paid", received_at=NOW
    )
    return replace(event, **given)  # type: ignore[arg-type] # fields of the event


async def test_kept_once_when_the_provider_repeats_an_event(world: World) -> None:
    async with world.begin() as unit:
        assert await unit.webhook_events.put(an_event())
        assert not await unit.webhook_events.put(an_event())
    async with world.begin() as unit:
        assert not await unit.webhook_events.put(an_event(kind="other"))


async def test_kept_when_provider_or_event_differ(world: World) -> None:
    async with world.begin() as unit:
        assert await unit.webhook_events.put(an_event())
        assert await unit.webhook_events.put(an_event(provider="mtn"))
        assert await unit.webhook_events.put(an_event(event_id="EV_2"))


async def test_event_forgotten_when_its_unit_rolled_back(world: World) -> None:
    async def fail(unit: AnyUnit) -> None:
        assert await unit.webhook_events.put(an_event())
        raise LookupError

    with pytest.raises(LookupError):
        await world.run(fail)
    async with world.begin() as unit:
        assert await unit.webhook_events.put(an_event())


async def test_refused_when_the_event_names_an_unknown_payment(world: World) -> None:
    with pytest.raises(STORAGE_ERRORS):
        await world.run(lambda unit: unit.webhook_events.put(an_event(payment_id=new_id())))


async def keep_with_books(world: World, things: list[Thing], *entries: Entry) -> None:
    await world.keep(*things)
    async with world.begin() as unit:
        for entry in entries:
            await unit.journal.post(entry)


def a_fare(scene: Scene, **given: object) -> tuple[Booking, Payment]:
    """A booking that is paid, and the payment that paid it."""
    booking = paid(scene.trip, a_booking(scene.trip, scene.passenger))
    payment = a_payment(booking, status=S.PAID, provider_ref="cos-1")
    return booking, replace(payment, **given)  # type: ignore[arg-type] # fields of the payment


async def test_already_exists_when_an_entry_is_posted_twice(scene: Scene) -> None:
    booking, payment = a_fare(scene)
    entry = booking_paid(new_id(), payment, NOW)
    await keep_with_books(scene.world, [booking, payment], entry)
    with pytest.raises(AlreadyExists) as caught:
        await scene.world.run(lambda unit: unit.journal.post(replace(entry, id=new_id())))
    assert caught.value.constraint == "uq_journal_entries_once"


async def test_posted_when_kind_or_object_differ(scene: Scene) -> None:
    booking, payment = a_fare(scene)
    entry = booking_paid(new_id(), payment, NOW)
    other = replace(entry, id=new_id(), ref_id=new_id())
    third = replace(entry, id=new_id(), ref_type="booking")
    await keep_with_books(scene.world, [], entry, other, third, ride_completed(new_id(), booking, scene.driver.id, NOW))
    report = await scene.world.books.verify()
    assert (report.entries, report.postings) == (4, 9)


async def test_refused_when_an_entry_does_not_balance(scene: Scene) -> None:
    entry = booking_paid(new_id(), a_fare(scene)[1], NOW)
    object.__setattr__(entry, "postings", (*entry.postings, Posting(ESCROW, 1)))
    with pytest.raises(STORAGE_ERRORS):
        await scene.world.run(lambda unit: unit.journal.post(entry))
    assert (await scene.world.books.verify()).entries == 0


async def faults(world: World) -> tuple[str, ...]:
    return (await world.books.verify()).faults


async def test_clean_when_nothing_is_there(world: World) -> None:
    report = await world.books.verify()
    assert (report.entries, report.postings, report.faults) == (0, 0, ())


async def test_clean_when_a_fare_is_paid(scene: Scene) -> None:
    booking, payment = a_fare(scene)
    await keep_with_books(scene.world, [booking, payment], booking_paid(new_id(), payment, NOW))
    report = await scene.world.books.verify()
    assert (report.entries, report.postings, report.faults) == (1, 2, ())


async def test_clean_when_a_ride_is_completed(scene: Scene) -> None:
    booking, payment = a_fare(scene)
    booking.status = BookingStatus.COMPLETED
    entries = booking_paid(new_id(), payment, NOW), ride_completed(new_id(), booking, scene.driver.id, NOW)
    await keep_with_books(scene.world, [booking, payment], *entries)
    assert await faults(scene.world) == ()


async def test_clean_when_money_waits_to_go_back_and_when_it_went(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger, status=BookingStatus.CANCELLED)
    payment = a_payment(booking, status=S.PAID)
    refund = a_refund(payment, cause=RefundCause.SEATS_GONE)
    await keep_with_books(scene.world, [booking, payment, refund], payment_without_booking(new_id(), payment, NOW))
    assert await faults(scene.world) == ()
    async with scene.world.begin() as unit:
        refund.finish(provider_ref=None, at=NOW)
        payment.gone_back(refund.amount, at=NOW)
        await unit.refunds.save(refund)
        await unit.payments.save(payment)
        await unit.journal.post(refund_sent(new_id(), refund, payment, NOW))
    assert await faults(scene.world) == ()


async def test_clean_when_payments_are_open_or_failed(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    await scene.world.keep(booking, a_payment(booking), a_payment(booking, status=S.FAILED))
    assert await faults(scene.world) == ()


async def test_faults_when_a_paid_booking_has_nothing_in_escrow(scene: Scene) -> None:
    booking, payment = a_fare(scene)
    await scene.world.keep(booking, payment)
    assert await faults(scene.world) == (
        f"booking {booking.id}: escrow holds 0 instead of 6000",
        f"payment {payment.id}: paid but not booked",
    )


async def test_fault_when_escrow_holds_another_amount_than_the_fare(scene: Scene) -> None:
    booking, payment = a_fare(scene)
    booking.amount_total += 1
    await keep_with_books(scene.world, [booking, payment], booking_paid(new_id(), payment, NOW))
    assert await faults(scene.world) == (f"booking {booking.id}: escrow holds 6000 instead of 6001",)


@pytest.mark.parametrize("status", [s for s in BookingStatus if s is not BookingStatus.PAID], ids=str)
async def test_fault_when_escrow_holds_the_fare_of_a_booking_that_is_not_paid(
    scene: Scene, status: BookingStatus
) -> None:
    booking, payment = a_fare(scene)
    booking.status = status
    await keep_with_books(scene.world, [booking, payment], booking_paid(new_id(), payment, NOW))
    assert await faults(scene.world) == (f"booking {booking.id}: escrow holds 6000 instead of 0",)


async def test_fault_when_escrow_was_released_before_the_end(scene: Scene) -> None:
    booking, payment = a_fare(scene)
    entries = booking_paid(new_id(), payment, NOW), ride_completed(new_id(), booking, scene.driver.id, NOW)
    await keep_with_books(scene.world, [booking, payment], *entries)
    assert await faults(scene.world) == (f"booking {booking.id}: escrow holds 0 instead of 6000",)


async def test_fault_when_escrow_holds_the_fare_of_nothing(scene: Scene) -> None:
    _, payment = a_fare(scene)
    await keep_with_books(scene.world, [], booking_paid(new_id(), payment, NOW))
    assert await faults(scene.world) == (f"booking {payment.id}: escrow holds 6000, but it does not exist",)


async def test_fault_when_a_payment_is_not_booked(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    payment = a_payment(booking, status=S.PAID)
    await scene.world.keep(booking, payment)
    assert await faults(scene.world) == (f"payment {payment.id}: paid but not booked",)


async def test_fault_when_a_payment_without_booking_is_not_booked(scene: Scene) -> None:
    payment = replace(a_fare(scene)[1], booking_id=None)
    await scene.world.keep(payment)
    assert await faults(scene.world) == (f"payment {payment.id}: paid but not booked",)


async def test_fault_when_another_payment_of_the_booking_is_not_booked(scene: Scene) -> None:
    booking, payment = a_fare(scene)
    twin = replace(payment, id=new_id(), provider_ref="cos-2", created_at=NOW + HOUR)
    await keep_with_books(scene.world, [booking, twin, payment], booking_paid(new_id(), payment, NOW))
    assert await faults(scene.world) == (f"payment {twin.id}: paid but not booked",)


async def test_faults_when_a_payment_is_booked_twice(scene: Scene) -> None:
    booking, payment = a_fare(scene)
    entries = booking_paid(new_id(), payment, NOW), payment_without_booking(new_id(), payment, NOW)
    await keep_with_books(scene.world, [booking, payment], *entries)
    assert await faults(scene.world) == (
        f"payment {payment.id}: booked twice",
        "refunds_due: 6000 instead of 0",
    )


async def test_fault_when_a_payment_that_nobody_paid_is_booked(scene: Scene) -> None:
    booking, payment = a_fare(scene)
    payment.status = S.FAILED
    await keep_with_books(scene.world, [booking, payment], booking_paid(new_id(), payment, NOW))
    assert await faults(scene.world) == (f"payment {payment.id}: booked but not paid",)


async def test_clean_when_a_promo_paid_a_part_and_fault_when_it_is_booked_otherwise(scene: Scene) -> None:
    booking, payment = a_fare(scene, amount=4_000, discount=2_000)
    await keep_with_books(scene.world, [booking, payment], booking_paid(new_id(), payment, NOW))
    assert await faults(scene.world) == ()
    payment.amount, payment.discount = 4_500, 1_500
    await scene.world.run(lambda unit: unit.payments.save(payment))
    assert await faults(scene.world) == (f"payment {payment.id}: booked with another amount",)


async def test_fault_when_a_payment_is_booked_with_another_amount(scene: Scene) -> None:
    booking, payment = a_fare(scene)
    entry = booking_paid(new_id(), payment, NOW)
    payment.amount += 1
    await keep_with_books(scene.world, [booking, payment], entry)
    assert await faults(scene.world) == (f"payment {payment.id}: booked with another amount",)


async def test_faults_when_money_for_lost_seats_is_booked_with_another_amount(scene: Scene) -> None:
    payment = replace(a_fare(scene)[1], booking_id=None)
    entry = payment_without_booking(new_id(), payment, NOW)
    payment.amount += 1
    await keep_with_books(scene.world, [payment, a_refund(payment)], entry)
    assert await faults(scene.world) == (
        f"payment {payment.id}: booked with another amount",
        "refunds_due: 6000 instead of 6001",
    )


def a_lost_fare(scene: Scene, **given: object) -> tuple[Payment, Entry]:
    """Money that came for seats that were gone, and its entry."""
    payment = replace(a_fare(scene)[1], booking_id=None, **given)  # type: ignore[arg-type] # fields of the payment
    return payment, payment_without_booking(new_id(), payment, NOW)


async def test_faults_when_a_refund_is_not_booked(scene: Scene) -> None:
    payment, came = a_lost_fare(scene, status=S.REFUNDED, refunded_amount=6_000)
    refund = a_refund(payment, status=RefundStatus.DONE)
    await keep_with_books(scene.world, [payment, refund], came)
    assert await faults(scene.world) == (
        f"refund {refund.id}: done but not booked",
        "refunds_due: 6000 instead of 0",
    )


async def test_faults_when_a_refund_is_booked_that_nobody_sent(scene: Scene) -> None:
    payment, came = a_lost_fare(scene)
    refund = a_refund(payment)
    await keep_with_books(scene.world, [payment, refund], came, refund_sent(new_id(), refund, payment, NOW))
    assert await faults(scene.world) == (
        f"refund {refund.id}: booked but not done",
        "refunds_due: 0 instead of 6000",
    )


async def test_faults_when_a_refund_is_booked_with_another_amount(scene: Scene) -> None:
    payment, came = a_lost_fare(scene, status=S.REFUNDED, refunded_amount=6_000)
    refund = a_refund(payment, status=RefundStatus.DONE)
    went = replace(refund_sent(new_id(), refund, payment, NOW), postings=move(REFUNDS_DUE, (clearing("wave"), 5)))
    await keep_with_books(scene.world, [payment, refund], came, went)
    assert await faults(scene.world) == (
        "refunds_due: 5995 instead of 0",
        f"refund {refund.id}: booked with another amount",
    )


async def test_faults_when_a_payment_says_otherwise_than_its_refunds(scene: Scene) -> None:
    payment, came = a_lost_fare(scene, status=S.PAID, refunded_amount=6_000)
    await keep_with_books(scene.world, [payment, a_refund(payment)], came)
    assert await faults(scene.world) == (
        f"payment {payment.id}: 6000 went back instead of 0",
        f"payment {payment.id}: is paid with 0 of 6000 back",
    )


async def test_fault_when_refunds_due_holds_what_nobody_is_owed(scene: Scene) -> None:
    payment, came = a_lost_fare(scene)
    await keep_with_books(scene.world, [payment], came)
    assert await faults(scene.world) == ("refunds_due: 6000 instead of 0",)


async def test_claims_are_what_is_spoken_for_and_what_the_provider_knows(scene: Scene) -> None:
    booking, payment = a_fare(scene)
    kept = [
        a_refund(payment, amount=1),
        a_refund(payment, amount=20, status=RefundStatus.DONE),
        a_refund(payment, amount=300, sent_to=RefundTo.WALLET, status=RefundStatus.DONE),
        a_refund(payment, amount=400, status=RefundStatus.REJECTED),
        a_refund(payment, amount=500, status=RefundStatus.AWAITING_APPROVAL),
        a_refund(payment, amount=600, cause=RefundCause.CHARGEBACK, status=RefundStatus.DONE),
        a_refund(payment, amount=700, status=RefundStatus.DONE, reference="by hand"),
        a_refund(payment, amount=9, status=RefundStatus.REJECTED, failure_code=CHARGED_BACK),
    ]
    await scene.world.keep(booking, payment, *kept)
    async with scene.world.begin() as unit:
        claims = await unit.refunds.claims(payment.id)
        assert (claims.all, claims.sent, claims.asked) == (2_121, 721, 1)
        assert (await unit.refunds.claims(new_id())).all == 0
        assert [refund.amount for refund in await unit.refunds.charged_back(payment.id)] == [600]
        assert not await unit.refunds.manual_of(payment.id, but=new_id())
        manual = a_refund(payment, amount=8, status=RefundStatus.PENDING_MANUAL)
        await unit.refunds.add(manual)
        assert await unit.refunds.manual_of(payment.id, but=new_id())
        assert not await unit.refunds.manual_of(payment.id, but=manual.id)


async def test_a_refund_and_its_payment_found_together(scene: Scene) -> None:
    booking, payment = a_fare(scene, provider_keys={"pay_token": "p"}, notif_token="n")
    refund = a_refund(payment, reason="why")
    await scene.world.keep(booking, payment, refund)
    assert await scene.world.money.refund(refund.id) == (refund, payment)
    assert await scene.world.money.refund(new_id()) is None
    amount, payer = await scene.world.queries.refund_news(refund.id) or (0, None)
    assert (amount, payer and payer.user_id) == (6_000, scene.passenger.id)
    assert await scene.world.queries.refund_news(new_id()) is None


async def test_tries_of_cards_counted_since_a_day(scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger)
    card = {"method": Method.CARD, "status": S.FAILED, "attempts": 2}
    await scene.world.keep(
        booking,
        a_payment(booking, **card, updated_at=NOW),
        a_payment(booking, **card, updated_at=NOW - 25 * HOUR, created_at=NOW - 25 * HOUR),
        a_payment(booking, attempts=7),
    )
    async with scene.world.begin() as unit:
        assert await unit.payments.card_failures(scene.passenger.id, since=NOW - 24 * HOUR) == 2
        assert await unit.payments.card_failures(scene.driver.id, since=NOW - 24 * HOUR) == 0


def a_payout(scene: Scene, **given: Any) -> Payout:
    made: dict[str, Any] = {
        "id": new_id(),
        "driver_id": scene.driver.id,
        "kind": PayoutKind.EARNINGS,
        "amount": 5_400,
        "method": PayoutMethod.WAVE,
        "phone": "sealed",
        "scheduled_at": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Payout(**(made | given))


async def paid_out(scene: Scene, payout: Payout, *entries: Entry) -> tuple[str, ...]:
    async with scene.world.begin() as unit:
        await unit.payouts.add(payout)
        for entry in entries:
            await unit.journal.post(entry)
    return await faults(scene.world)


@pytest.mark.parametrize("status", [PayoutStatus.AWAITING_APPROVAL, PayoutStatus.SCHEDULED, PayoutStatus.PROCESSING])
async def test_clean_when_a_payout_is_under_way(scene: Scene, status: PayoutStatus) -> None:
    payout = a_payout(scene, status=status)
    assert await paid_out(scene, payout, payout_started(new_id(), payout, NOW)) == ()


async def test_clean_when_a_payout_has_ended(scene: Scene) -> None:
    done, failed = a_payout(scene, status=PayoutStatus.DONE), a_payout(scene, status=PayoutStatus.FAILED)
    start = payout_started(new_id(), done, NOW)
    assert await paid_out(scene, done, start, payout_done(new_id(), done, NOW)) == ()
    start = payout_started(new_id(), failed, NOW)
    assert await paid_out(scene, failed, start, payout_returned(new_id(), failed, NOW)) == ()


async def test_faults_when_a_payout_is_booked_otherwise(scene: Scene) -> None:
    payout = a_payout(scene, status=PayoutStatus.DONE)
    assert await paid_out(scene, payout, payout_started(new_id(), payout, NOW)) == (
        "payouts_in_flight: 5400 instead of 0",
        f"payout {payout.id}: is done, and booked otherwise",
    )


async def test_faults_when_a_payout_is_not_booked(scene: Scene) -> None:
    payout = a_payout(scene)
    assert await paid_out(scene, payout) == (
        "payouts_in_flight: 0 instead of 5400",
        f"payout {payout.id}: booked with another amount",
    )
