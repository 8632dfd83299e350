"""Payments and refunds as the back office reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.carpool.ports import StoredEvent
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.money.refund_views import RefundView
from allonova.application.money.views import Failure
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.money.payment import Method, Payment, PaymentStatus
from allonova.domain.money.refund import Refund


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPaymentView:
    """A payment, to the back office. Francs; `flags` is why somebody should look at it, `attempts` how often the payer
    tried in vain, `checked_at` when its provider was last asked.
    """

    id: UUID
    booking_id: UUID | None
    user_id: UUID
    method: Method
    provider_ref: str | None
    amount: int
    currency: str
    fees: int
    promo_code: str | None
    discount: int
    status: PaymentStatus
    refunded_amount: int
    flags: list[str]
    failure: Failure | None
    attempts: int
    paid_at: datetime | None
    checked_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEventView:
    """What a provider reported, and what it said."""

    event_id: str
    provider: str
    kind: str
    outcome: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDetail:
    """A payment with all that concerns it, the oldest first."""

    payment: DeskPaymentView
    booking_status: BookingStatus | None
    refunds: list[RefundView]
    events: list[ProviderEventView]


class PaymentQueries(Protocol):
    """Reads outside a transaction, one round trip each; lists two."""

    async def payments(self, query: ListQuery) -> Page[Payment]:
        """Fields: id, status, method, user_id, booking_id, amount, created_at, updated_at. The conditions `flags` (any
        of some) and `provider_refs` (one of some) take tuples.
        """

    async def payment(self, id: UUID) -> tuple[Payment, BookingStatus | None] | None:
        """A payment and how its booking stands."""

    async def refunds_of(self, payment_id: UUID) -> Sequence[Refund]:
        """A payment's refunds, the oldest first."""

    async def events_of(self, payment_id: UUID) -> Sequence[StoredEvent]:
        """What its provider reported, in the order of its coming."""

    async def refunds(self, query: ListQuery) -> Page[Refund]:
        """Fields: id, status, cause, sent_to, payment_id, user_id, amount, created_at."""


def desk_payment_view(payment: Payment) -> DeskPaymentView:
    """A payment as the back office sees it."""
    failure = None
    if payment.failure_code is not None:
        failure = Failure(code=payment.failure_code, message=payment.failure_message or "")
    return DeskPaymentView(
        id=payment.id,
        booking_id=payment.booking_id,
        user_id=payment.user_id,
        method=payment.method,
        provider_ref=payment.provider_ref,
        amount=payment.amount,
        currency=payment.currency,
        fees=payment.fees,
        promo_code=payment.promo_code,
        discount=payment.discount,
        status=payment.status,
        refunded_amount=payment.refunded_amount,
        flags=payment.flags,
        failure=failure,
        attempts=payment.attempts,
        paid_at=payment.paid_at,
        checked_at=payment.checked_at,
        created_at=payment.created_at,
        updated_at=payment.updated_at,
    )


def event_view(event: StoredEvent) -> ProviderEventView:
    """A provider's event as the back office sees it."""
    return ProviderEventView(
        event_id=event.event_id,
        provider=event.provider,
        kind=event.kind,
        outcome=event.outcome,
        received_at=event.received_at,
    )
