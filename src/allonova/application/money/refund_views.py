"""What the back office sees of money that goes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.application.money.views import Failure
from allonova.domain.money.refund import Refund, RefundCause, RefundStatus, RefundTo


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundView:
    """A refund. Francs; `reason` is what somebody noted who asked for it or decided who bears it, `reference` what he
    noted who paid it back by hand. `failure` is why its provider, or the second admin, did not.
    """

    id: UUID
    payment_id: UUID
    user_id: UUID
    amount: int
    currency: str
    sent_to: RefundTo
    cause: RefundCause
    reason: str | None
    status: RefundStatus
    provider_ref: str | None
    reference: str | None
    failure: Failure | None
    requested_by: UUID | None
    decided_by: UUID | None
    done_at: datetime | None
    created_at: datetime
    updated_at: datetime


def refund_view(refund: Refund) -> RefundView:
    """A refund as the back office sees it."""
    failure = None
    if refund.failure_code is not None:
        failure = Failure(code=refund.failure_code, message=refund.failure_message or "")
    return RefundView(
        id=refund.id,
        payment_id=refund.payment_id,
        user_id=refund.user_id,
        amount=refund.amount,
        currency=refund.currency,
        sent_to=refund.sent_to,
        cause=refund.cause,
        reason=refund.reason,
        status=refund.status,
        provider_ref=refund.provider_ref,
        reference=refund.reference,
        failure=failure,
        requested_by=refund.requested_by,
        decided_by=refund.decided_by,
        done_at=refund.done_at,
        created_at=refund.created_at,
        updated_at=refund.updated_at,
    )
