"""Payments of bookings, and the providers' webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Request, Response
from pydantic import StringConstraints

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body
from allonova.adapters.http.provide import UserCaller, edge_of, keyed, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.money_views import PaymentStarted, PaymentView, payment_view
from allonova.application.carpool.ports import CarpoolQueries
from allonova.application.carpool.start_payment import StartPayment
from allonova.application.carpool.take_provider_event import TakeProviderEvent
from allonova.application.kernel.idempotency import Once
from allonova.application.money.ports import PaymentGateway
from allonova.domain.kernel.errors import FieldError, NotFound, ValidationError, WebhookInvalidSignature
from allonova.domain.money.payment import Method

router = api_router("Payments", "/payments")
webhooks = api_router("Webhooks", "/payments/webhook")


class PaymentBody(Body):
    """How to pay for a booking. `return_url`: where the browser goes afterwards, on one of our own origins."""

    booking_id: UUID
    method: Literal["wave"]
    return_url: Annotated[str, StringConstraints(max_length=500)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTaken:
    """What became of an event."""

    outcome: str


@router.post("/init", **spec(PaymentStarted, StartPayment.errors, keyed=True))
async def start_payment(
    request: Request,
    body: PaymentBody,
    caller: UserCaller,
    once: Annotated[Once[Any], keyed(200, required=True)],
    start: Annotated[StartPayment, use(StartPayment)],
) -> Response:
    """Open a payment for an accepted booking; the intent says what the client does next."""
    started = await start(
        caller_id=caller.user_id,
        booking_id=body.booking_id,
        method=Method(body.method),
        return_url=_return_url(request, body.return_url),
        once=once,
    )
    return answer(started, once=once)


def _return_url(request: Request, asked: str | None) -> str:
    """Only to our own clients: a payment page must not send people to somebody else's site."""
    config = edge_of(request).config
    if asked is None:
        return config.payment_return_url
    try:
        parts = urlsplit(asked)
        origin = f"{parts.scheme}://{parts.netloc}"
    except ValueError:
        origin = ""
    if origin not in (*config.cors_origins, config.public_url) or not asked.isprintable():
        raise ValidationError((FieldError("return_url", "foreign_origin", "must be on an origin of ours"),))
    return asked


@router.get("/{id}", **spec(PaymentView, [NotFound]))
async def get_payment(
    id: UUID, caller: UserCaller, queries: Annotated[CarpoolQueries, use(CarpoolQueries)]
) -> Response:
    """One of one's own payments."""
    payment = await queries.payment(id, payer_id=caller.user_id)
    if payment is None:
        raise NotFound
    return answer(payment_view(payment))


@webhooks.post("/wave", **spec(WebhookTaken, [WebhookInvalidSignature], hook=True))
async def take_wave_event(
    request: Request,
    gateways: Annotated[Mapping[Method, PaymentGateway], use("gateways")],
    take: Annotated[TakeProviderEvent, use(TakeProviderEvent)],
) -> Response:
    """Wave reports. Every event whose signature holds is answered 200; copies change nothing."""
    event = gateways[Method.WAVE].read_event(request.headers, await request.body())
    return answer(WebhookTaken(outcome=await take(event)))
