"""Payouts and runs: four eyes above an amount, and francs that come back when nobody paid them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import Forbidden
from allonova.domain.kernel.machine import Party
from allonova.domain.money.payout import BatchStatus, Payout, PayoutBatch, PayoutKind, PayoutMethod, PayoutStatus
from allonova.domain.money.refund import SameAdmin
from tests.support.factories import HOUR, NOW, new_id

ONE, OTHER = Actor(Party.ADMIN, new_id()), Actor(Party.ADMIN, new_id())
LATER = NOW + HOUR


def a_payout(status: PayoutStatus) -> Payout:
    return Payout(
        id=new_id(),
        driver_id=new_id(),
        kind=PayoutKind.EARNINGS,
        amount=7_000,
        method=PayoutMethod.MTN,
        phone="sealed",
        status=status,
        scheduled_at=NOW,
        created_at=NOW,
        updated_at=NOW,
    )


def test_a_payout_goes_its_way_when_all_is_well() -> None:
    payout = a_payout(PayoutStatus.AWAITING_APPROVAL)
    payout.approve(OTHER, LATER)
    assert (payout.status, payout.updated_at) == (PayoutStatus.SCHEDULED, LATER)
    payout.send(provider_url="https://mtn.test", at=LATER + HOUR)
    assert (payout.status, payout.provider_url, payout.updated_at) == (
        PayoutStatus.PROCESSING,
        "https://mtn.test",
        LATER + HOUR,
    )
    payout.finish(provider_ref="tr-1", fees=70, at=LATER + 2 * HOUR)
    assert (payout.status, payout.provider_ref, payout.fees) == (PayoutStatus.DONE, "tr-1", 70)
    assert payout.done_at == payout.updated_at == LATER + 2 * HOUR


def test_a_payout_says_why_when_it_comes_to_nothing() -> None:
    payout = a_payout(PayoutStatus.PROCESSING)
    payout.fail(code="payee_not_found", message="no such account", at=LATER)
    assert (payout.status, payout.updated_at) == (PayoutStatus.FAILED, LATER)
    assert (payout.failure_code, payout.failure_message) == ("payee_not_found", "no such account")
    refused = a_payout(PayoutStatus.AWAITING_APPROVAL)
    refused.reject(OTHER, LATER)
    assert (refused.status, refused.failure_code, refused.updated_at) == (PayoutStatus.FAILED, "rejected", LATER)


@pytest.mark.parametrize(
    ("decide", "status"), [(PayoutBatch.approve, BatchStatus.APPROVED), (PayoutBatch.reject, BatchStatus.REJECTED)]
)
def test_a_run_waits_for_a_second_admin(
    decide: Callable[[PayoutBatch, Actor, datetime], None], status: BatchStatus
) -> None:
    run = PayoutBatch(
        id=new_id(),
        until=NOW,
        total=600_000,
        count=3,
        status=BatchStatus.AWAITING_APPROVAL,
        requested_by=ONE.id,
        created_at=NOW,
        updated_at=NOW,
    )
    with pytest.raises(SameAdmin):
        decide(run, ONE, NOW)
    with pytest.raises(Forbidden):
        decide(run, Actor(Party.SYSTEM), NOW)
    assert run.status is BatchStatus.AWAITING_APPROVAL
    decide(run, OTHER, LATER)
    assert (run.status, run.decided_by, run.updated_at) == (status, OTHER.id, LATER)
