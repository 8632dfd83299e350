"""A payment with all that concerns it."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.payment_queries import PaymentDetail, PaymentQueries, desk_payment_view, event_view
from allonova.application.kernel.wired import wired
from allonova.application.money.refund_views import refund_view
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class ShowPayment:
    """For the back office."""

    queries: PaymentQueries

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, payment_id: UUID) -> PaymentDetail:
        """Three reads."""
        found = await self.queries.payment(payment_id)
        if found is None:
            raise NotFound
        payment, booking_status = found
        return PaymentDetail(
            payment=desk_payment_view(payment),
            booking_status=booking_status,
            refunds=[refund_view(refund) for refund in await self.queries.refunds_of(payment_id)],
            events=[event_view(event) for event in await self.queries.events_of(payment_id)],
        )
