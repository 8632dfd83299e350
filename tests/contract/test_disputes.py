"""Disputes and their evidence, and what they hold back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.dispute import AlreadyDisputed, Dispute, DisputeCategory, DisputeStatus
from allonova.domain.carpool.fares import booking_paid, ride_completed
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.machine import Party
from allonova.domain.money.journal import driver_payable
from allonova.domain.money.movements import refund_owed
from allonova.domain.money.payment import Payment, PaymentStatus
from allonova.domain.money.refund import RefundCause, RefundStatus
from tests.contract.conftest import Scene
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    NOW,
    SECOND,
    a_booking,
    a_dispute,
    a_payment,
    a_refund,
    a_user,
    new_id,
    paid,
    some_evidence,
)
from tests.support.worlds import STORAGE_ERRORS, World

DAY = timedelta(days=1)
ADMIN = Actor(Party.ADMIN, new_id())
OLDEST_FIRST = ListQuery(sort=(Sort("created_at"),))


async def a_ride(scene: Scene) -> Booking:
    """A booking that is kept, of the scene's passenger."""
    booking = a_booking(scene.trip, scene.passenger)
    await scene.world.keep(booking)
    return booking


async def is_disputed(world: World, booking_id: UUID, **but: Any) -> bool:
    async with world.begin() as unit:
        return await unit.disputes.is_disputed(booking_id, **but)


def ended(dispute: Dispute, at_status: DisputeStatus = DisputeStatus.REJECTED) -> Dispute:
    return replace(dispute, status=at_status, resolution="Non.", resolved_at=NOW, resolved_by=ADMIN.id)


async def test_one_of_a_side_waits_at_a_time_when_it_complains_again(scene: Scene) -> None:
    booking = await a_ride(scene)
    first = a_dispute(scene.trip, booking)
    await scene.world.keep(first, a_dispute(scene.trip, booking, by_driver=True))
    with pytest.raises(AlreadyDisputed):
        await scene.world.keep(a_dispute(scene.trip, booking))
    async with scene.world.begin() as unit:
        await unit.disputes.save(ended(first))
    await scene.world.keep(a_dispute(scene.trip, booking))


async def test_booking_is_disputed_as_long_as_one_waits(scene: Scene) -> None:
    booking, other = await a_ride(scene), a_user()
    await scene.world.keep(other)
    elsewhere = a_booking(scene.trip, other)
    dispute = a_dispute(scene.trip, booking)
    await scene.world.keep(elsewhere, dispute)
    assert await is_disputed(scene.world, booking.id)
    assert not await is_disputed(scene.world, booking.id, but=dispute.id)
    assert await is_disputed(scene.world, booking.id, but=new_id())
    assert not await is_disputed(scene.world, elsewhere.id)
    async with scene.world.begin() as unit:
        kept = await unit.disputes.get(dispute.id, lock=True)
        kept.review(ADMIN, NOW)
        await unit.disputes.save(kept)
    assert await is_disputed(scene.world, booking.id)
    async with scene.world.begin() as unit:
        kept.resolve(ADMIN, NOW, "Oui.")
        await unit.disputes.save(kept)
    assert not await is_disputed(scene.world, booking.id)


@pytest.mark.parametrize(
    "broken",
    [
        {"description": ""},
        {"description": "x" * 4_001},
        {"resolution": "Oui."},
        {"resolved_at": NOW},
        {"refund_amount": 1},
        {"refund_amount": -1, "refund_id": None},
    ],
)
async def test_dispute_is_not_kept_when_it_breaks_a_rule(scene: Scene, broken: dict[str, Any]) -> None:
    dispute = a_dispute(scene.trip, await a_ride(scene), **broken)
    with pytest.raises(STORAGE_ERRORS):
        await scene.world.keep(dispute)


async def test_nobody_disputes_with_himself(scene: Scene) -> None:
    dispute = a_dispute(scene.trip, await a_ride(scene), other_id=scene.passenger.id)
    with pytest.raises(STORAGE_ERRORS):
        await scene.world.keep(dispute)


async def test_lists_bring_ones_own_and_all_when_they_are_filtered(scene: Scene) -> None:
    booking, other = await a_ride(scene), a_user()
    theirs = a_booking(scene.trip, other)
    one = a_dispute(scene.trip, booking)
    two = a_dispute(scene.trip, booking, by_driver=True, category=DisputeCategory.SAFETY, created_at=NOW + SECOND)
    three = ended(a_dispute(scene.trip, theirs, created_at=NOW + 2 * SECOND))
    await scene.world.keep(other, theirs, one, two, three)
    queries, passenger = scene.world.disputes, scene.passenger.id
    page = await queries.disputes_of(passenger, OLDEST_FIRST)
    assert ([each.id for each in page.items], page.total) == ([one.id, two.id], 2)
    page = await queries.disputes_of(scene.driver.id, OLDEST_FIRST)
    assert [each.id for each in page.items] == [one.id, two.id, three.id]
    assert await queries.dispute(one.id) == one
    assert await queries.dispute(new_id()) is None
    for field, value, found in (
        ("status", DisputeStatus.REJECTED, [three.id]),
        ("category", DisputeCategory.SAFETY, [two.id]),
        ("booking_id", booking.id, [one.id, two.id]),
        ("opened_by", passenger, [one.id]),
    ):
        page = await queries.disputes(replace(OLDEST_FIRST, filters=(Filter(field, Op.EQ, value),)))
        assert ([each.id for each in page.items], page.total) == (found, len(found))
    assert [user.id for user in await queries.sides(two.id)] == [scene.driver.id, passenger]
    assert await queries.sides(new_id()) == []


async def test_evidence_is_counted_for_each_side_and_shown_in_its_order(scene: Scene) -> None:
    dispute = a_dispute(scene.trip, await a_ride(scene))
    passenger, driver = scene.passenger.id, scene.driver.id
    later = some_evidence(dispute, passenger, object_key="disputes/1.pdf", note=None, created_at=NOW + SECOND)
    first, answer = some_evidence(dispute, passenger), some_evidence(dispute, driver, created_at=NOW + 2 * SECOND)
    await scene.world.keep(dispute, later, first, answer)
    queries = scene.world.disputes
    assert await queries.evidence_of(dispute.id) == [first, later, answer]
    assert await queries.given_by(driver) == [answer]
    async with scene.world.begin() as unit:
        assert await unit.evidence.count_of(dispute.id, passenger) == 2
        assert await unit.evidence.count_of(dispute.id, driver) == 1
    with pytest.raises(STORAGE_ERRORS):
        await scene.world.keep(some_evidence(dispute, driver, note=""))


async def test_words_and_files_go_when_who_gave_them_is_erased(scene: Scene) -> None:
    booking = await a_ride(scene)
    mine, theirs = a_dispute(scene.trip, booking), a_dispute(scene.trip, booking, by_driver=True)
    file = some_evidence(mine, scene.passenger.id, object_key="disputes/1.jpg")
    words = some_evidence(theirs, scene.passenger.id)
    other = some_evidence(mine, scene.driver.id)
    await scene.world.keep(mine, theirs, file, words, other)
    async with scene.world.begin() as unit:
        await unit.disputes.erase(scene.passenger.id)
        assert await unit.evidence.erase(scene.passenger.id) == ["disputes/1.jpg"]
    queries = scene.world.disputes
    assert await queries.dispute(mine.id) == replace(mine, description=None, version=2)
    assert await queries.dispute(theirs.id) == theirs
    assert {(each.note, each.object_key) for each in await queries.given_by(scene.passenger.id)} == {(None, None)}
    assert await queries.given_by(scene.driver.id) == [other]


async def test_open_dispute_is_an_open_matter_of_both_sides(scene: Scene) -> None:
    booking = replace(a_booking(scene.trip, scene.passenger), status=BookingStatus.CANCELLED)
    dispute = a_dispute(scene.trip, booking)
    await scene.world.keep(booking, dispute)
    assert await scene.world.queries.open_matters(scene.passenger.id) == ["dispute"]
    assert await scene.world.queries.open_matters(scene.driver.id) == ["trip", "dispute"]
    async with scene.world.begin() as unit:
        await unit.disputes.save(ended(dispute))
    assert await scene.world.queries.open_matters(scene.passenger.id) == []


async def test_job_leaves_a_ride_alone_when_it_is_disputed(scene: Scene) -> None:
    booking = paid(scene.trip, a_booking(scene.trip, scene.passenger))
    dispute = a_dispute(scene.trip, booking)
    await scene.world.keep(booking)
    late = DEPARTURE + 10 * DAY
    assert await scene.world.queries.unsettled_rides(now=late, limit=9) == [booking.id]
    await scene.world.keep(dispute)
    assert await scene.world.queries.unsettled_rides(now=late, limit=9) == []
    async with scene.world.begin() as unit:
        await unit.disputes.save(ended(dispute))
    assert await scene.world.queries.unsettled_rides(now=late, limit=9) == [booking.id]


async def a_fare(scene: Scene) -> tuple[Booking, Payment]:
    """A ride that is over and was paid: 6,000 francs, of which 5,400 are the driver's."""
    booking = paid(scene.trip, a_booking(scene.trip, scene.passenger))
    booking.checked_in_at = NOW
    booking.complete(ADMIN, NOW)
    payment = a_payment(booking, status=PaymentStatus.PAID, provider_ref=f"ref-{new_id()}")
    await scene.world.keep(booking, payment)
    async with scene.world.begin() as unit:
        await unit.journal.post(booking_paid(new_id(), payment, NOW))
        await unit.journal.post(ride_completed(new_id(), booking, scene.driver.id, NOW))
    return booking, payment


async def payable(scene: Scene) -> list[int]:
    async with scene.world.begin() as unit:
        return [each.payable for each in await unit.payouts.earners(until=NOW + DAY, changed_since=NOW)]


async def test_no_payout_takes_what_is_argued_about(scene: Scene) -> None:
    booking, _ = await a_fare(scene)
    assert await payable(scene) == [5_400]
    dispute = a_dispute(scene.trip, booking, created_at=NOW + SECOND)
    await scene.world.keep(dispute)
    assert await payable(scene) == []
    assert (await scene.world.books.verify()).faults == ()
    async with scene.world.begin() as unit:
        await unit.disputes.save(ended(dispute))
    assert await payable(scene) == [5_400]


async def test_rest_is_paid_when_one_of_two_rides_is_disputed_and_partly_given_back(scene: Scene) -> None:
    booking, payment = await a_fare(scene)
    refund = a_refund(payment, amount=1_000, cause=RefundCause.ADMIN)
    async with scene.world.begin() as unit:
        await unit.refunds.add(refund)
        await unit.journal.post(refund_owed(new_id(), refund, NOW, (driver_payable(scene.driver.id), 1_000)))
    assert await payable(scene) == [4_400]
    other = a_user()
    await scene.world.keep(other)
    await a_fare(Scene(scene.world, scene.driver, scene.trip, other))
    assert await payable(scene) == [9_800]
    await scene.world.keep(a_dispute(scene.trip, booking))
    assert await payable(scene) == [5_400]


async def test_no_payout_takes_what_a_second_admin_may_give_back(scene: Scene) -> None:
    _, payment = await a_fare(scene)
    refund = a_refund(payment, cause=RefundCause.ADMIN, status=RefundStatus.AWAITING_APPROVAL)
    other = a_user()
    await scene.world.keep(refund, other)
    assert await payable(scene) == []
    disputed, _ = await a_fare(Scene(scene.world, scene.driver, scene.trip, other))
    await scene.world.keep(a_dispute(scene.trip, disputed))
    assert await payable(scene) == []
    async with scene.world.begin() as unit:
        refund.status = RefundStatus.REJECTED
        await unit.refunds.save(refund)
    assert await payable(scene) == [5_400]


async def test_back_offices_refunds_are_counted_apart(scene: Scene) -> None:
    _, payment = await a_fare(scene)
    async with scene.world.begin() as unit:
        for cause, status, amount in (
            (RefundCause.ADMIN, RefundStatus.DONE, 1),
            (RefundCause.ADMIN, RefundStatus.AWAITING_APPROVAL, 20),
            (RefundCause.ADMIN, RefundStatus.REJECTED, 300),
            (RefundCause.CANCELLED, RefundStatus.DONE, 4_000),
        ):
            await unit.refunds.add(a_refund(payment, cause=cause, status=status, amount=amount))
        claims = await unit.refunds.claims(payment.id)
    assert (claims.ordered, claims.all) == (21, 4_021)


async def test_books_are_at_fault_when_a_driver_is_paid_while_it_is_disputed(scene: Scene) -> None:
    booking, _ = await a_fare(scene)
    await scene.world.keep(a_dispute(scene.trip, booking, created_at=NOW - HOUR))
    line = f"booking {booking.id}: its driver was paid while it is disputed"
    assert (await scene.world.books.verify()).faults == (line,)


async def test_books_are_at_fault_when_a_decision_gave_back_otherwise_than_it_says(scene: Scene) -> None:
    booking, payment = await a_fare(scene)
    refund = a_refund(payment, amount=1_000, cause=RefundCause.ADMIN, status=RefundStatus.REJECTED)
    dispute = ended(a_dispute(scene.trip, booking), DisputeStatus.RESOLVED)
    await scene.world.keep(refund, replace(dispute, refund_amount=900, refund_id=refund.id))
    line = f"dispute {dispute.id}: gave back 900, and its refund says otherwise"
    assert (await scene.world.books.verify()).faults == (line,)
