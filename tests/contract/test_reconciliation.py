"""What providers are asked about, in which order, and what was found."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from allonova.application.money.reconciliation_ports import Due, Ended
from allonova.domain.kernel.errors import AlreadyExists
from allonova.domain.money.payment import Method, Payment, PaymentStatus
from allonova.domain.money.payout import Payout, PayoutKind, PayoutMethod, PayoutStatus
from allonova.domain.money.reconciliation import (
    BooksCheck,
    Difference,
    DifferenceKind,
    DifferenceStatus,
    Reconciliation,
    Subject,
)
from allonova.domain.money.refund import Refund, RefundCause, RefundStatus, RefundTo
from tests.contract.conftest import Scene
from tests.support.factories import HOUR, MINUTE, NOW, SECOND, Thing, a_booking, a_payment, a_refund, cancelled, new_id
from tests.support.worlds import World

DAY = 24 * HOUR
LATER = NOW + 2 * HOUR
WAVE = (Method.WAVE,)
DUE = Due(made_by=LATER - 5 * MINUTE, asked_by=LATER - MINUTE, old_from=LATER - DAY, old_asked_by=LATER - HOUR, limit=9)
ENDED = Ended(since=NOW - DAY, until=NOW + HOUR, asked_before=LATER, limit=99)


type Cases = list[tuple[dict[str, Any], bool]]
"""What is otherwise than with one that is found, and whether it is found all the same."""


async def payment(scene: Scene, **given: Any) -> Payment:
    """A payment that is kept; it is of a booking that is over, so that there may be many."""
    booking = cancelled(a_booking(scene.trip, scene.passenger))
    made = a_payment(booking, **given)
    await scene.world.keep(booking, made)
    return made


async def refund(scene: Scene, *, method: Method = Method.MTN, **given: Any) -> Refund:
    made = a_refund(await payment(scene, method=method, status=PaymentStatus.PAID), **given)
    await scene.world.keep(made)
    return made


async def test_payments_come_in_the_order_of_their_last_question(scene: Scene) -> None:
    asked: list[datetime | None] = [NOW + MINUTE, None, NOW, DUE.asked_by]
    made = [await payment(scene, checked_at=at) for at in asked]
    find = scene.world.reconciliation.open_payments
    assert await find(DUE, WAVE) == [made[index].id for index in (1, 2, 0, 3)]
    assert await find(replace(DUE, limit=2), WAVE) == [made[1].id, made[2].id]
    assert await find(DUE, ()) == []


DUE_PAYMENTS: Cases = [
    ({"status": PaymentStatus.AUTHORIZED}, True),
    ({"status": PaymentStatus.PAID}, False),
    ({"status": PaymentStatus.FAILED}, False),
    ({"method": Method.WALLET}, False),
    ({"created_at": DUE.made_by}, True),
    ({"created_at": DUE.made_by + SECOND}, False),
    ({"checked_at": DUE.asked_by + SECOND}, False),
    ({"created_at": DUE.old_from, "checked_at": DUE.old_asked_by + SECOND}, False),
    ({"created_at": DUE.old_from, "checked_at": DUE.old_asked_by}, True),
]


async def test_payment_is_due_or_not(scene: Scene) -> None:
    made = [await payment(scene, **given) for given, _ in DUE_PAYMENTS]
    found = await scene.world.reconciliation.open_payments(DUE, WAVE)
    assert [one.id in found for one in made] == [is_found for _, is_found in DUE_PAYMENTS]


DUE_REFUNDS: Cases = [
    ({}, True),
    ({"status": RefundStatus.DONE}, False),
    ({"status": RefundStatus.PENDING_MANUAL}, False),
    ({"status": RefundStatus.AWAITING_APPROVAL}, False),
    ({"sent_to": RefundTo.WALLET}, False),
    ({"method": Method.CARD}, False),
    ({"created_at": DUE.made_by + SECOND}, False),
    ({"checked_at": DUE.asked_by + SECOND}, False),
    ({"created_at": DUE.old_from, "checked_at": DUE.asked_by}, False),
]


async def test_refund_is_due_or_not(scene: Scene) -> None:
    made = [await refund(scene, **given) for given, _ in DUE_REFUNDS]
    found = await scene.world.reconciliation.open_refunds(DUE, (Method.MTN,))
    assert [one.id in found for one in made] == [is_found for _, is_found in DUE_REFUNDS]


WHEN: Cases = [
    ({"updated_at": ENDED.since}, True),
    ({"updated_at": ENDED.since - SECOND}, False),
    ({"updated_at": ENDED.until}, True),
    ({"updated_at": ENDED.until + SECOND}, False),
    ({"checked_at": ENDED.asked_before - SECOND}, True),
    ({"checked_at": ENDED.asked_before}, False),
]


ENDED_PAYMENTS: Cases = [
    *WHEN,
    *(({"status": status}, True) for status in PaymentStatus),
    ({"method": Method.WALLET}, False),
]


async def test_payment_is_compared_or_not(scene: Scene) -> None:
    made = [await payment(scene, **({"status": PaymentStatus.PAID} | given)) for given, _ in ENDED_PAYMENTS]
    found = await scene.world.reconciliation.payments_to_compare(ENDED, WAVE)
    assert [one.id in found for one in made] == [is_found for _, is_found in ENDED_PAYMENTS]


ENDED_REFUNDS: Cases = [
    *WHEN,
    ({"status": RefundStatus.PENDING}, False),
    ({"sent_to": RefundTo.WALLET}, False),
    ({"sent_to": RefundTo.WALLET, "failure_code": "no"}, True),
    ({"status": RefundStatus.PENDING_MANUAL, "failure_code": "no"}, True),
    ({"status": RefundStatus.REJECTED, "failure_code": "rejected"}, False),
    ({"cause": RefundCause.TAKEN_BACK}, False),
    ({"cause": RefundCause.CHARGEBACK}, False),
    ({"method": Method.WAVE}, False),
]


async def test_refund_is_compared_or_not(scene: Scene) -> None:
    over: dict[str, Any] = {"status": RefundStatus.DONE}
    made = [await refund(scene, **(over | given)) for given, _ in ENDED_REFUNDS]
    found = await scene.world.reconciliation.refunds_to_compare(ENDED, (Method.MTN,))
    assert [one.id in found for one in made] == [is_found for _, is_found in ENDED_REFUNDS]


async def payout(scene: Scene, **given: Any) -> Payout:
    made: dict[str, Any] = {
        "id": new_id(),
        "driver_id": scene.driver.id,
        "kind": PayoutKind.WITHDRAWAL,
        "amount": 5_000,
        "method": PayoutMethod.WAVE,
        "phone": "sealed",
        "status": PayoutStatus.DONE,
        "provider_url": "https://wave.test",
        "scheduled_at": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }
    payout = Payout(**(made | given))
    async with scene.world.begin() as unit:
        await unit.payouts.add(payout)
    return payout


ENDED_PAYOUTS: Cases = [
    *WHEN,
    ({"status": PayoutStatus.FAILED}, True),
    ({"status": PayoutStatus.PROCESSING}, False),
    ({"status": PayoutStatus.FAILED, "provider_url": None}, False),
    ({"method": PayoutMethod.MTN}, False),
]


async def test_payout_is_compared_or_not(scene: Scene) -> None:
    made = [await payout(scene, **given) for given, _ in ENDED_PAYOUTS]
    found = await scene.world.reconciliation.payouts_to_compare(ENDED, (PayoutMethod.WAVE,))
    assert [one.id in found for one in made] == [is_found for _, is_found in ENDED_PAYOUTS]


def a_difference(subject: Subject, thing: Thing, **given: Any) -> Difference:
    made: dict[str, Any] = {
        "id": new_id(),
        "kind": DifferenceKind.NOT_PAID_THERE,
        "subject": subject,
        "subject_id": thing.id,
        "provider": "wave",
        "ours": "paid",
        "theirs": "open",
        "status": DifferenceStatus.OPEN,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Difference(**(made | given))


async def note(world: World, *differences: Difference) -> None:
    async with world.begin() as unit:
        for difference in differences:
            await unit.differences.add(difference)


@pytest.mark.parametrize(("status", "is_found"), [(DifferenceStatus.OPEN, True), (DifferenceStatus.CLOSED, False)])
async def test_what_differs_is_compared_however_old(scene: Scene, status: DifferenceStatus, is_found: bool) -> None:
    old = timedelta(days=30)
    made = await payment(scene, status=PaymentStatus.PAID, updated_at=NOW - old)
    back = await refund(scene, status=RefundStatus.DONE, updated_at=NOW - old)
    await note(
        scene.world,
        a_difference(Subject.PAYMENT, made, status=status),
        a_difference(Subject.REFUND, back, status=status),
    )
    queries = scene.world.reconciliation
    assert await queries.payments_to_compare(ENDED, WAVE) == [made.id] * is_found
    assert await queries.refunds_to_compare(ENDED, (Method.MTN,)) == [back.id] * is_found


async def test_difference_stands_once_for_each_object_and_kind(scene: Scene) -> None:
    made, world = await payment(scene), scene.world
    standing = a_difference(Subject.PAYMENT, made)
    other = a_difference(Subject.PAYMENT, made, kind=DifferenceKind.AMOUNT_DIFFERS, our_amount=1, their_amount=2)
    await note(world, standing, other, a_difference(Subject.REFUND, made))
    async with world.begin() as unit:
        assert await unit.differences.open_of(Subject.PAYMENT, made.id) == [other, standing]
    with pytest.raises(AlreadyExists):
        await note(world, a_difference(Subject.PAYMENT, made))
    async with world.begin() as unit:
        standing.close(LATER)
        await unit.differences.save(standing)
    await note(world, a_difference(Subject.PAYMENT, made))


async def test_last_run_and_last_proof_are_shown(world: World) -> None:
    async with world.begin() as unit:
        for day in (2, 1):
            at = NOW + day * DAY
            run = Reconciliation(id=new_id(), tick=str(day), started_at=at, asked=day, created_at=at, updated_at=at)
            await unit.reconciliations.add(run)
            check = BooksCheck(
                id=new_id(),
                tick=str(day),
                entries=day,
                postings=3,
                fault_count=1,
                faults=["a"],
                created_at=at,
                updated_at=at,
            )
            await unit.books_checks.add(check)
    last = await world.reconciliation.last_checks()
    assert last.run is not None
    assert (last.run.asked, last.run.started_at, last.run.finished_at) == (2, NOW + 2 * DAY, None)
    assert last.books is not None
    assert (last.books.entries, last.books.faults) == (2, ["a"])
