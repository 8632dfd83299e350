"""Payments of bookings, and the providers' webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body, GivenPromoCode, Phone
from allonova.adapters.http.provide import UserCaller, keyed, use
from allonova.adapters.http.return_urls import ReturnUrl, return_url_of
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.ports import CarpoolQueries
from allonova.application.carpool.start_payment import StartPayment, Wish
from allonova.application.carpool.take_provider_event import TakeProviderEvent
from allonova.application.kernel.idempotency import Once
from allonova.application.money.ports import PaymentGateway
from allonova.application.money.views import PaymentStarted, PaymentView, payment_view
from allonova.domain.kernel.errors import NotFound, ValidationError, WebhookInvalidSignature
from allonova.domain.money.payment import Method

router = api_router("Payments", "/payments")
webhooks = api_router("Webhooks", "/payments/webhook")


type Gateways = Mapping[Method, PaymentGateway]
type Known = Annotated[Gateways, use("gateways")]
type Taking = Annotated[TakeProviderEvent, use(TakeProviderEvent)]


class PaymentBody(Body):
    """How to pay for a booking. `phone`: who confirms on his phone (MTN), by default oneself. `return_url`: where the
    browser goes afterwards (Wave, Orange), on one of our own origins. `promo_code` makes it cheaper; a promo that
    covers the whole fare pays it at once.
    """

    booking_id: UUID
    method: Method
    phone: Phone | None = None
    return_url: ReturnUrl | None = None
    promo_code: GivenPromoCode | None = None


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
        wish=Wish(
            booking_id=body.booking_id,
            method=body.method,
            phone=body.phone,
            return_url=return_url_of(request, body.return_url),
            promo_code=body.promo_code,
        ),
        once=once,
    )
    return answer(started, once=once)


@router.get("/{id}", **spec(PaymentView, [NotFound]))
async def get_payment(
    id: UUID, caller: UserCaller, queries: Annotated[CarpoolQueries, use(CarpoolQueries)]
) -> Response:
    """One of one's own payments."""
    payment = await queries.payment(id, payer_id=caller.user_id)
    if payment is None:
        raise NotFound
    return answer(payment_view(payment))


async def _taken(request: Request, method: Method, gateways: Gateways, take: TakeProviderEvent) -> Response:
    """Read with the provider's own eyes, and take in. Who is switched off is believed by nobody."""
    if method not in gateways:
        raise WebhookInvalidSignature
    event = gateways[method].read_event(request.headers, await request.body())
    return answer(WebhookTaken(outcome=await take(event)))


HOOK: Any = spec(WebhookTaken, [WebhookInvalidSignature], hook=True)
NAMED_HOOK: Any = spec(WebhookTaken, [WebhookInvalidSignature, ValidationError], hook=True)  # by an id that may be none


@webhooks.post("/wave", **HOOK)
async def take_wave_event(request: Request, gateways: Known, take: Taking) -> Response:
    """Wave reports. Every event whose signature holds is answered 200; copies change nothing."""
    return await _taken(request, Method.WAVE, gateways, take)


@webhooks.post("/stripe", **HOOK)
async def take_stripe_event(request: Request, gateways: Known, take: Taking) -> Response:
    """Stripe reports. Every event whose signature holds is answered 200; copies change nothing."""
    return await _taken(request, Method.CARD, gateways, take)


@webhooks.post("/orange", **HOOK)
async def take_orange_event(request: Request, gateways: Known, take: Taking) -> Response:
    """Orange Money reports, without a proof: it makes us ask. Known and unknown tokens are answered alike."""
    return await _taken(request, Method.ORANGE, gateways, take)


async def _mtn(request: Request, gateways: Gateways, take: TakeProviderEvent, payment_id: UUID) -> Response:
    """MTN's body need not name the payment: the address does."""
    if Method.MTN not in gateways:
        raise WebhookInvalidSignature
    event = gateways[Method.MTN].read_event(request.headers, await request.body())
    return answer(WebhookTaken(outcome=await take(replace(event, payment_id=payment_id))))


@webhooks.post("/mtn/{payment_id}", **NAMED_HOOK)
async def take_mtn_event(payment_id: UUID, request: Request, gateways: Known, take: Taking) -> Response:
    """MTN reports on a payment, without a proof and only once: it makes us ask."""
    return await _mtn(request, gateways, take, payment_id)


@webhooks.put("/mtn/{payment_id}", **NAMED_HOOK)
async def put_mtn_event(payment_id: UUID, request: Request, gateways: Known, take: Taking) -> Response:
    """The same, as MTN's other platform sends it."""
    return await _mtn(request, gateways, take, payment_id)


@webhooks.post("/mtn", **HOOK)
async def take_unnamed_mtn_event(request: Request, gateways: Known, take: Taking) -> Response:
    """The same at an address without the payment's id, which the body then names as `externalId`."""
    return await _taken(request, Method.MTN, gateways, take)


@webhooks.put("/mtn", **HOOK)
async def put_unnamed_mtn_event(request: Request, gateways: Known, take: Taking) -> Response:
    """The same, as MTN's other platform sends it."""
    return await _taken(request, Method.MTN, gateways, take)
