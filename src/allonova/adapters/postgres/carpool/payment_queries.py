"""Payments and refunds as the back office reads them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, and_, any_, bindparam, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.carpool.tables import BOOKINGS
from allonova.adapters.postgres.lists import Condition, LongListing
from allonova.adapters.postgres.money.stores import PAYMENT_SHELF, REFUND_SHELF
from allonova.adapters.postgres.money.tables import PAYMENTS, REFUNDS, WEBHOOK_EVENTS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.carpool.payment_queries import PaymentQueries
from allonova.application.carpool.ports import StoredEvent
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.money.payment import Method, Payment
from allonova.domain.money.refund import Refund

_EVENT = RowMapper(StoredEvent, WEBHOOK_EVENTS)
# Of those that are flagged there is an index of their own. The unique index over references begins with the method:
# all of them are named, or it would not be used.
_FLAGGED = Condition(
    lambda flags: and_(PAYMENTS.c.flags.overlap(flags), PAYMENTS.c.flags != text("'{}'::text[]")),
    ARRAY(Text),
    value=list,
)
_REFERRED = Condition(
    lambda refs: and_(
        PAYMENTS.c.method == any_(literal([method.value for method in Method], ARRAY(Text))),
        PAYMENTS.c.provider_ref == any_(refs),
    ),
    ARRAY(Text),
    value=list,
)
_PAYMENT_FIELDS = {
    name: PAYMENTS.c[name]
    for name in ("id", "status", "method", "user_id", "booking_id", "amount", "created_at", "updated_at")
}
_PAYMENTS = LongListing(
    select(PAYMENTS.c.id),
    _PAYMENT_FIELDS,
    shown=PAYMENT_SHELF.select(),
    conditions={"flags": _FLAGGED, "provider_refs": _REFERRED},
)
_REFUND_FIELDS = {
    name: REFUNDS.c[name]
    for name in ("id", "status", "cause", "sent_to", "payment_id", "user_id", "amount", "created_at")
}
_REFUNDS = LongListing(select(REFUNDS.c.id), _REFUND_FIELDS, shown=REFUND_SHELF.select())
_PAYMENT = compile_once(
    select(*PAYMENT_SHELF.mapper.columns(), BOOKINGS.c.status.label("booking_status"))
    .join_from(PAYMENTS, BOOKINGS, BOOKINGS.c.id == PAYMENTS.c.booking_id, isouter=True)
    .where(PAYMENTS.c.id == bindparam("payment"))
)
_REFUNDS_OF = compile_once(
    REFUND_SHELF.select(REFUNDS.c.payment_id == bindparam("payment")).order_by(REFUNDS.c.created_at, REFUNDS.c.id)
)
_EVENTS_OF = compile_once(
    select(*_EVENT.columns())
    .where(WEBHOOK_EVENTS.c.payment_id == bindparam("payment"))
    .order_by(WEBHOOK_EVENTS.c.received_at, WEBHOOK_EVENTS.c.id)
)
_read_payment = PAYMENT_SHELF.mapper.reader()
_read_refund = REFUND_SHELF.mapper.reader()
_read_event = _EVENT.reader()


class PostgresPaymentQueries:
    """See PaymentQueries."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def payments(self, query: ListQuery) -> Page[Payment]:
        """All payments; flags and references are conditions of their own."""
        rows, total = await _PAYMENTS.rows(self._runner, query)
        return Page([_read_payment(row) for row in rows], total)

    async def payment(self, id: UUID) -> tuple[Payment, BookingStatus | None] | None:
        """A payment and how its booking stands."""
        row = await self._runner.fetchrow(_PAYMENT.sql, *_PAYMENT.args(payment=id))
        if row is None:
            return None
        status = row["booking_status"]
        return _read_payment(row), None if status is None else BookingStatus(status)

    async def refunds_of(self, payment_id: UUID) -> Sequence[Refund]:
        """A payment's refunds, the oldest first."""
        return [
            _read_refund(row)
            for row in await self._runner.fetch(_REFUNDS_OF.sql, *_REFUNDS_OF.args(payment=payment_id))
        ]

    async def events_of(self, payment_id: UUID) -> Sequence[StoredEvent]:
        """What its provider reported, in the order of its coming."""
        return [
            _read_event(row) for row in await self._runner.fetch(_EVENTS_OF.sql, *_EVENTS_OF.args(payment=payment_id))
        ]

    async def refunds(self, query: ListQuery) -> Page[Refund]:
        """All refunds."""
        rows, total = await _REFUNDS.rows(self._runner, query)
        return Page([_read_refund(row) for row in rows], total)


def _conforms(queries: PostgresPaymentQueries) -> PaymentQueries:
    return queries
