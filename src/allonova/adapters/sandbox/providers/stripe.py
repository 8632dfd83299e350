"""Stripe: payment intents, refunds, the payer's page, signed webhooks, and a bank that takes money back
(docs.stripe.com/api).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from allonova.adapters.sandbox.answers import JSON_TYPE, Refused, answer, read_json
from allonova.adapters.sandbox.callbacks import Manner
from allonova.adapters.sandbox.faults import FaultKind
from allonova.adapters.sandbox.providers.stripe_books import NAME, StripeBooks
from allonova.adapters.sandbox.providers.stripe_calls import StripeCalls
from allonova.adapters.sandbox.providers.stripe_page import StripePage
from allonova.adapters.sandbox.providers.stripe_wire import breakdown, signature
from allonova.adapters.sandbox.shelf import Shelf
from allonova.adapters.sandbox.world import Call, Provider
from allonova.application.kernel.wired import wired

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from allonova.adapters.sandbox.state import Json
    from allonova.adapters.sandbox.world import World

WEBHOOK_PATH: Final = "/api/v1/payments/webhook/stripe"


class DisputeBody(BaseModel):
    """A card's bank takes `amount` back (the whole of it); with an `outcome` it also decides."""

    model_config = ConfigDict(strict=True, extra="forbid")

    payment_intent: Annotated[str, Field(max_length=255)]
    amount: Annotated[int, Field(ge=1)] | None = None
    outcome: Literal["won", "lost"] | None = None


@wired
class DisputeControl:
    """What a person or a test makes a card's bank do."""

    world: World
    books: StripeBooks

    async def __call__(self, request: Request) -> Response:
        """`POST /sandbox/stripe/disputes`, a control of the sandbox: the bank takes a payment back, or decides."""
        body, told = await read_json(request, DisputeBody), list[int]()
        with self.world.state.transaction():
            intent = self.books.intents.get(body.payment_intent)
            if intent is None or intent["status"] != "succeeded":
                raise Refused(409, "invalid_transition", "Only a paid intent can be disputed.")
            dispute = self.books.dispute(intent, body.amount, told)
            if body.outcome is not None and dispute["status"] == "needs_response":
                dispute = self.books.close_dispute(dispute, body.outcome, told)
        for number in told:  # one after the other: a bank does not decide before it takes
            await self.world.callbacks.send([number])
        return answer(request, dispute)


def stripe(world: World) -> Provider:
    """Stripe as far as this service uses it; its webhook listens to what `books` tells."""
    books = StripeBooks.of(world)
    calls, secret = (
        StripeCalls(world, books, Shelf(world.state, NAME, "idempotency")),
        world.config.stripe_webhook_secret,
    )

    def headers(body: bytes, at: datetime, forged: bool) -> Mapping[str, str]:
        key = secret + "?" if forged else secret
        return {"Content-Type": JSON_TYPE, "Stripe-Signature": signature(key, body, int(at.timestamp()))}

    intents, intent = "/v1/payment_intents", "/v1/payment_intents/{id}"
    return Provider(
        name=NAME,
        base="/stripe",
        calls=(
            Call(method="POST", path=intents, handler=calls.create),
            Call(method="GET", path=f"{intents}/search", handler=calls.search),
            Call(method="GET", path=intent, handler=calls.get_intent),
            Call(method="POST", path=f"{intent}/confirm", handler=calls.confirm),
            Call(method="POST", path=f"{intent}/capture", handler=calls.capture),
            Call(method="POST", path=f"{intent}/cancel", handler=calls.cancel),
            Call(method="POST", path="/v1/refunds", handler=calls.refund),
            Call(method="GET", path="/v1/refunds", handler=calls.refunds),
            Call(method="GET", path="/v1/refunds/{id}", handler=calls.get_refund),
            Call(method="GET", path="/v1/disputes", handler=calls.disputes),
            Call(method="GET", path="/v1/charges/{id}", handler=calls.get_charge),
            Call(method="POST", path="/disputes", handler=DisputeControl(world, books).__call__, is_spared=True),
        ),
        breakdown=breakdown,
        fault_kinds=frozenset(FaultKind),
        secrets={"webhook_secret": secret},
        checkout=StripePage(world, books),
        callbacks=Manner(path=WEBHOOK_PATH, headers=headers, wrong_amount=_one_franc_more),
    )


def _one_franc_more(payload: Json) -> Json:
    found = payload["data"]["object"]
    spoilt = {name: found[name] + 1 for name in ("amount", "amount_received", "amount_capturable") if found.get(name)}
    return payload | {"data": {"object": found | spoilt}}
