"""Payments and refunds as the back office reads them, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.carpool.tables import BOOKINGS, WEBHOOK_EVENTS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.money.tables import PAYMENTS, REFUNDS
from allonova.adapters.memory.store import Rows, stored
from allonova.application.carpool.payment_queries import PaymentQueries
from allonova.application.carpool.ports import StoredEvent
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.money.payment import Payment
from allonova.domain.money.refund import Refund


def _fields(*names: str) -> Mapping[str, Callable[[Any], Any]]:
    return {name: attrgetter(name) for name in names}


PAYMENT_FIELDS = _fields("id", "status", "method", "user_id", "booking_id", "amount", "created_at", "updated_at")
PAYMENT_CONDITIONS: Mapping[str, Callable[[Payment, Any], bool]] = {
    "flags": lambda payment, flags: not set(payment.flags).isdisjoint(flags),
    "provider_refs": lambda payment, refs: payment.provider_ref in refs,
}
REFUND_FIELDS = _fields("id", "status", "cause", "sent_to", "payment_id", "user_id", "amount", "created_at")


class MemoryPaymentQueries:
    """See PaymentQueries."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def payments(self, query: ListQuery) -> Page[Payment]:
        """See PaymentQueries."""
        rows = self._source.rows(PAYMENTS).values()
        return listed(rows, query, fields=PAYMENT_FIELDS, show=stored, conditions=PAYMENT_CONDITIONS)

    async def payment(self, id: UUID) -> tuple[Payment, BookingStatus | None] | None:
        """See PaymentQueries."""
        payment = self._source.rows(PAYMENTS).get(id)
        if payment is None:
            return None
        booking = None if payment.booking_id is None else self._source.rows(BOOKINGS)[payment.booking_id]
        return stored(payment), booking.status if booking else None

    async def refunds_of(self, payment_id: UUID) -> Sequence[Refund]:
        """See PaymentQueries."""
        mine = [row for row in self._source.rows(REFUNDS).values() if row.payment_id == payment_id]
        return [stored(row) for row in sorted(mine, key=attrgetter("created_at", "id"))]

    async def events_of(self, payment_id: UUID) -> Sequence[StoredEvent]:
        """See PaymentQueries."""
        mine = [row for row in self._source.rows(WEBHOOK_EVENTS).values() if row.payment_id == payment_id]
        return sorted(mine, key=attrgetter("received_at", "id"))

    async def refunds(self, query: ListQuery) -> Page[Refund]:
        """See PaymentQueries."""
        return listed(self._source.rows(REFUNDS).values(), query, fields=REFUND_FIELDS, show=stored)


def _conforms(queries: MemoryPaymentQueries) -> PaymentQueries:
    return queries
