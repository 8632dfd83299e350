"""What payouts look like, to drivers and to the back office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.application.money.views import Failure
from allonova.domain.money.payout import BatchStatus, Payout, PayoutBatch, PayoutKind, PayoutMethod, PayoutStatus
from allonova.domain.money.payouts_due import SkipReason

SHOWN_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutView:
    """Money to somebody's phone. Francs; `withheld` is how much more it would be without what the driver owed. Its `id`
    is null while it is only thought of (a dry run).
    """

    id: UUID | None
    batch_id: UUID | None
    driver_id: UUID
    kind: PayoutKind
    amount: int
    withheld: int
    currency: str
    method: PayoutMethod
    phone: str
    status: PayoutStatus
    provider_ref: str | None
    failure: Failure | None
    scheduled_at: datetime
    done_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedDriver:
    """Somebody who has earned something and is not paid now."""

    driver_id: UUID
    reason: SkipReason


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutRun:
    """What a run did, or would do (`batch_id` null). Francs; `left` is how many more drivers wait for the next run."""

    batch_id: UUID | None
    payouts: list[PayoutView]
    total: int
    skipped: list[SkippedDriver]
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutBatchView:
    """A run that paid somebody, or waits for a second admin. `requested_by` is null for the schedule's."""

    id: UUID
    until: datetime
    total: int
    count: int
    status: BatchStatus
    requested_by: UUID | None
    decided_by: UUID | None
    created_at: datetime
    updated_at: datetime


def masked_phone(phone: str) -> str:
    """A number by its end, as its owner knows it again and nobody else learns it."""
    return "***" + phone[-SHOWN_DIGITS:]


def payout_view(payout: Payout, phone: str) -> PayoutView:
    """A payout with its number, whole or masked."""
    return PayoutView(
        id=payout.id,
        batch_id=payout.batch_id,
        driver_id=payout.driver_id,
        kind=payout.kind,
        amount=payout.amount,
        withheld=payout.withheld,
        currency=payout.currency,
        method=payout.method,
        phone=phone,
        status=payout.status,
        provider_ref=payout.provider_ref,
        failure=failure_of(payout),
        scheduled_at=payout.scheduled_at,
        done_at=payout.done_at,
        created_at=payout.created_at,
    )


def failure_of(payout: Payout) -> Failure | None:
    """Why it came to nothing, if it did."""
    if payout.failure_code is None:
        return None
    return Failure(code=payout.failure_code, message=payout.failure_message or "")


def batch_view(batch: PayoutBatch) -> PayoutBatchView:
    """A batch."""
    return PayoutBatchView(
        id=batch.id,
        until=batch.until,
        total=batch.total,
        count=batch.count,
        status=batch.status,
        requested_by=batch.requested_by,
        decided_by=batch.decided_by,
        created_at=batch.created_at,
        updated_at=batch.updated_at,
    )
