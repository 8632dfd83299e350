"""Payments and what goes back of them, in the back office."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import Field, StrictInt

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, Line, Text
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import AdminCaller, admin, keyed, optional_admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.bear_chargeback import BearChargeback
from allonova.application.carpool.payment_queries import (
    DeskPaymentView,
    PaymentDetail,
    PaymentQueries,
    desk_payment_view,
)
from allonova.application.carpool.refund_by_admin import ApproveRefund, RefundByAdmin, RefundWish
from allonova.application.carpool.show_payment import ShowPayment
from allonova.application.kernel.idempotency import Once
from allonova.application.kernel.listing import Filter, ListQuery, Op, Page, Sort
from allonova.application.money.decide_refund import ConfirmRefund, RejectRefund
from allonova.application.money.ports import MoneyQueries
from allonova.application.money.refund_views import RefundView, refund_view
from allonova.domain.identity.roles import Area, Right
from allonova.domain.kernel.errors import NotFound
from allonova.domain.kernel.money import MAX_AMOUNT_XOF
from allonova.domain.money.payment import Flag, Method, PaymentStatus
from allonova.domain.money.refund import Bearer, RefundCause, RefundStatus, RefundTo

router = api_router("Back office: payments", "/admin/payments")
refunds = api_router("Back office: payments", "/admin/refunds")

type Amount = Annotated[int, Field(ge=0, le=MAX_AMOUNT_XOF)]
PAYMENTS = Listing(
    filters={
        "status": PaymentStatus,
        "method": Method,
        "flag": Flag,
        "provider_ref": Line,
        "user_id": UUID,
        "booking_id": UUID,
        "amount": Amount,
        "created_at": Instant,
    },
    ranges=["amount", "created_at"],
    sortable=["amount", "created_at", "updated_at"],
    nullable=["booking_id"],
)
REFUNDS = Listing(
    filters={
        "status": RefundStatus,
        "cause": RefundCause,
        "sent_to": RefundTo,
        "payment_id": UUID,
        "user_id": UUID,
        "created_at": Instant,
    },
    ranges=["created_at"],
    sortable=["amount", "created_at"],
)
NEWEST_FIRST = (Sort("created_at", descending=True),)
CONDITIONS = {"flag": "flags", "provider_ref": "provider_refs"}
"""Filters that are no comparison with a column: the queries' conditions behind them, which take tuples."""

type Reader = Annotated[AdminCaller, admin(Area.MONEY, Right.READ)]
type Payer = Annotated[AdminCaller, admin(Area.MONEY, Right.ALL)]
type Reading = Annotated[PaymentQueries, use(PaymentQueries)]


class RefundBody(Body):
    """What goes back: by default all that is left, by the way it came where its provider can."""

    amount: Annotated[StrictInt, Field(ge=1, le=MAX_AMOUNT_XOF)] | None = None
    to: RefundTo | None = None
    reason: Text


class ReasonBody(Body):
    """Why."""

    reason: Text


class ConfirmBody(Body):
    """How it was paid back: the number of a transfer, say."""

    reference: Line


class ChargebackBody(Body):
    """Who bears it, and why."""

    bear: Bearer
    reason: Text


@router.get("", **spec(DeskPaymentView, listed=True, row=True, parameters=PAYMENTS.parameters()))
async def list_payments(caller: Reader, query: Annotated[ListQuery, PAYMENTS.depends()], queries: Reading) -> Response:
    """All payments, the newest first unless sorted otherwise."""
    filters = tuple(_condition(each) for each in query.filters)
    page = await queries.payments(replace(query, filters=filters, sort=query.sort or NEWEST_FIRST))
    return answer_page(Page([desk_payment_view(each) for each in page.items], page.total), query)


def _condition(given: Filter) -> Filter:
    if given.field not in CONDITIONS:
        return given
    values = given.value if given.op is Op.IN else (given.value,)
    return Filter(CONDITIONS[given.field], Op.EQ, values)


@router.get("/{id}", **spec(PaymentDetail, ShowPayment.errors, row=True))
async def show_payment(id: UUID, caller: Reader, show: Annotated[ShowPayment, use(ShowPayment)]) -> Response:
    """A payment with its refunds, its provider's events and how its booking stands."""
    return answer(await show(id))


@router.post("/{id}/refund", **spec(RefundView, RefundByAdmin.errors, row=True, keyed=True))
async def refund_payment(
    id: UUID,
    body: RefundBody,
    caller: Payer,
    once: Annotated[Once[Any], keyed(200, who=optional_admin)],
    refund: Annotated[RefundByAdmin, use(RefundByAdmin)],
) -> Response:
    """Give it back, or a part. All of what was paid for a ride that has not begun cancels the booking. A large one
    waits for another admin (`awaiting_approval`).
    """
    wish = RefundWish(payment_id=id, amount=body.amount, to=body.to, reason=body.reason)
    return answer(await refund(by=caller.actor, wish=wish, once=once), once=once)


@router.post("/{id}/chargeback", **spec(RefundView, BearChargeback.errors, row=True))
async def bear_chargeback(
    id: UUID, body: ChargebackBody, caller: Payer, bear: Annotated[BearChargeback, use(BearChargeback)]
) -> Response:
    """Say once who bears what a card's bank took: the driver's share is withheld from his next payouts."""
    return answer(await bear(by=caller.actor, payment_id=id, bearer=body.bear, reason=body.reason))


@refunds.get("", **spec(RefundView, listed=True, row=True, parameters=REFUNDS.parameters()))
async def list_refunds(caller: Reader, query: Annotated[ListQuery, REFUNDS.depends()], queries: Reading) -> Response:
    """All refunds, the newest first unless sorted otherwise. `status=pending_manual` wait to be paid back by hand,
    `status=awaiting_approval` for a second admin.
    """
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    page = await queries.refunds(query)
    return answer_page(Page([refund_view(each) for each in page.items], page.total), query)


@refunds.get("/{id}", **spec(RefundView, [NotFound], row=True))
async def show_refund(id: UUID, caller: Reader, queries: Annotated[MoneyQueries, use(MoneyQueries)]) -> Response:
    """A refund."""
    found = await queries.refund(id)
    if found is None:
        raise NotFound
    return answer(refund_view(found[0]))


@refunds.post("/{id}/approve", **spec(RefundView, ApproveRefund.errors, row=True))
async def approve_refund(id: UUID, caller: Payer, approve: Annotated[ApproveRefund, use(ApproveRefund)]) -> Response:
    """Agree with what another admin asked for: it is sent."""
    return answer(await approve(by=caller.actor, refund_id=id))


@refunds.post("/{id}/reject", **spec(RefundView, RejectRefund.errors, row=True))
async def reject_refund(
    id: UUID, body: ReasonBody, caller: Payer, reject: Annotated[RejectRefund, use(RejectRefund)]
) -> Response:
    """Refuse it: nothing moves."""
    return answer(await reject(by=caller.actor, refund_id=id, reason=body.reason))


@refunds.post("/{id}/confirm", **spec(RefundView, ConfirmRefund.errors, row=True))
async def confirm_refund(
    id: UUID, body: ConfirmBody, caller: Payer, confirm: Annotated[ConfirmRefund, use(ConfirmRefund)]
) -> Response:
    """Say that it was paid back by hand, out of what lies at the provider."""
    return answer(await confirm(by=caller.actor, refund_id=id, reference=body.reference))
