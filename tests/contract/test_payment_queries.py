"""Payments and refunds as the back office reads them, and what the books say of one object."""

from __future__ import annotations

from dataclasses import replace

from allonova.application.carpool.ports import StoredEvent
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.carpool.fares import booking_paid
from allonova.domain.money.journal import EntryKind
from allonova.domain.money.payment import Flag, Method, PaymentStatus
from allonova.domain.money.refund import RefundCause, RefundStatus, RefundTo
from tests.contract.conftest import Scene
from tests.support.factories import HOUR, NOW, a_booking, a_payment, a_refund, new_id, paid

BY_AGE = (Sort("created_at"),)


async def test_a_payment_with_all_that_concerns_it(scene: Scene) -> None:
    booking = paid(scene.trip, a_booking(scene.trip, scene.passenger))
    payment = a_payment(booking, status=PaymentStatus.PAID, flags=[Flag.CHARGEBACK.value], provider_ref="cos-1")
    top_up = replace(a_payment(booking), booking_id=None, method=Method.CARD, created_at=NOW + HOUR)
    second = a_refund(payment, amount=2, created_at=NOW + HOUR, sent_to=RefundTo.WALLET, status=RefundStatus.DONE)
    first = a_refund(payment, amount=1, cause=RefundCause.ADMIN, reason="x")
    await scene.world.keep(booking, payment, top_up, second, first)
    events = [
        StoredEvent(
            id=new_id(), provider="wave", event_id=f"e{n}", kind="k", payment_id=about, outcome="paid",
            received_at=NOW - n * HOUR,
        )
        for n, about in enumerate([payment.id, payment.id, None])
    ]  # fmt: skip
    for event in events:
        await scene.world.run(lambda unit, event=event: unit.webhook_events.put(event))  # type: ignore[misc] # its own
    queries = scene.world.payments
    assert await queries.payment(payment.id) == (payment, BookingStatus.PAID)
    assert await queries.payment(top_up.id) == (top_up, None)
    assert await queries.payment(new_id()) is None
    assert await queries.refunds_of(payment.id) == [first, second]
    assert await queries.events_of(payment.id) == [events[1], events[0]]
    assert await queries.refunds_of(top_up.id) == []
    assert await queries.events_of(top_up.id) == []

    for condition, found in (
        (None, [payment, top_up]),
        (Filter("flags", Op.EQ, ("amount_mismatch", "chargeback")), [payment]),
        (Filter("flags", Op.EQ, ("taken_back",)), []),
        (Filter("provider_refs", Op.EQ, ("cos-1", "x")), [payment]),
        (Filter("method", Op.IN, (Method.CARD,)), [top_up]),
        (Filter("booking_id", Op.NULL, None), [top_up]),
        (Filter("amount", Op.GTE, payment.amount + 1), []),
    ):
        page = await queries.payments(ListQuery((condition,) if condition else (), BY_AGE))
        assert (list(page.items), page.total) == (found, len(found)), condition
    for condition, refunds in (
        (Filter("status", Op.EQ, RefundStatus.PENDING), [first]),
        (Filter("sent_to", Op.EQ, RefundTo.WALLET), [second]),
        (Filter("payment_id", Op.EQ, payment.id), [first, second]),
        (Filter("cause", Op.EQ, RefundCause.CHARGEBACK), []),
    ):
        kept = await queries.refunds(ListQuery((condition,), BY_AGE))
        assert (list(kept.items), kept.total) == (refunds, len(refunds)), condition


async def test_an_entry_is_found_by_its_object(scene: Scene) -> None:
    booking = paid(scene.trip, a_booking(scene.trip, scene.passenger))
    payment = a_payment(booking, status=PaymentStatus.PAID, discount=1_000, amount=5_000)
    entry = booking_paid(new_id(), payment, NOW)
    await scene.world.keep(booking, payment)
    async with scene.world.begin() as unit:
        await unit.journal.post(entry)
        found = await unit.journal.find(EntryKind.BOOKING_PAID, "payment", payment.id)
        assert found is not None
        assert (found.id, found.created_at, set(found.postings)) == (entry.id, NOW, set(entry.postings))
        assert await unit.journal.find(EntryKind.BOOKING_PAID, "booking", payment.id) is None
        assert await unit.journal.find(EntryKind.REFUND_OWED, "payment", payment.id) is None
