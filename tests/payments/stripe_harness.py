"""Stripe as our client meets it: the played provider over ASGI, a payment and a refund."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx

from allonova.adapters.payments.stripe_cards import StripeCards
from allonova.application.money.ports import ClientSecretIntent, Opened
from allonova.domain.money.payment import Method, Payment
from allonova.domain.money.refund import Refund, RefundCause, RefundTo
from tests.sandbox.harness import START, Played, ServiceClock, playing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SECRET = "whsec_sandbox"
BASE = "http://s.test/sandbox/stripe"
KEY = {"Authorization": "Bearer sk_test_any"}


def make_payment(*, provider_ref: str | None = None, id: UUID | None = None, amount: int = 5000) -> Payment:
    return Payment(
        id=id or uuid4(),
        booking_id=uuid4(),
        user_id=uuid4(),
        method=Method.CARD,
        provider_ref=provider_ref,
        provider_url=BASE,
        amount=amount,
        created_at=START,
        updated_at=START,
    )


def make_refund(payment: Payment, amount: int, *, provider_ref: str | None = None, at: datetime = START) -> Refund:
    return Refund(
        id=uuid4(),
        payment_id=payment.id,
        user_id=payment.user_id,
        amount=amount,
        sent_to=RefundTo.PROVIDER,
        cause=RefundCause.CANCELLED,
        provider_ref=provider_ref,
        created_at=at,
        updated_at=at,
    )


async def at_once(_: float) -> None:
    """A pause between two tries that nobody waits for."""


def cards(http: httpx.AsyncClient, *, key: str = "sk_test_any", clock: ServiceClock | None = None) -> StripeCards:
    """Our client of the provider behind `http`."""
    return StripeCards(
        http,
        base_url=BASE,
        secret_key=key,
        publishable_key="pk_test_any",
        webhook_secret=SECRET,
        clock=clock or ServiceClock(),
        sleep=at_once,
    )


@dataclass
class Answers:
    """A Stripe that answers what the test lays ready, by method and the end of the path."""

    said: dict[tuple[str, str], Any]
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        for (method, end), answer in self.said.items():
            if request.method == method and request.url.path.endswith(end):
                return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)
        raise AssertionError(request.url)


@dataclass
class Stripe:
    """Our client and the provider it talks to."""

    gateway: StripeCards
    played: Played

    async def first(self, payment: Payment) -> Opened:
        """Open a payment that nobody opened before."""
        return await self.gateway.open(payment, return_url="https://app.test", phone=None, is_repeat=False)

    async def again(self, payment: Payment) -> Opened:
        """Open a payment as the successor of somebody who may have opened it."""
        return await self.gateway.open(payment, return_url="https://app.test", phone=None, is_repeat=True)

    async def opened(self, *, amount: int = 5000) -> Payment:
        """A payment with an intent."""
        payment = make_payment(amount=amount)
        payment.provider_ref = (await self.first(payment)).provider_ref
        return payment

    async def held(self, *, card: str = "pm_card_visa") -> Payment:
        """A payment whose money a bank holds for us."""
        payment = await self.opened()
        answer = await self.post(f"payment_intents/{payment.provider_ref}/confirm", payment_method=card)
        assert answer.status_code == 200, answer.text
        return payment

    async def paid(self, *, card: str = "pm_card_visa") -> Payment:
        """A payment whose money is ours."""
        payment = await self.held(card=card)
        await self.gateway.capture(payment)
        return payment

    async def post(self, path: str, **form: str) -> httpx.Response:
        """A call that is not our client's."""
        return await self.played.http.post(f"/sandbox/stripe/v1/{path}", data=form, headers=KEY)

    async def intent(self, payment: Payment) -> dict[str, Any]:
        """What the provider has."""
        found = await self.played.http.get(f"/sandbox/stripe/v1/payment_intents/{payment.provider_ref}", headers=KEY)
        intent: dict[str, Any] = found.json()
        return intent

    async def dispute(self, payment: Payment, **more: object) -> dict[str, Any]:
        """A card's bank takes the money back, or decides."""
        body = {"payment_intent": payment.provider_ref, **more}
        answer = await self.played.http.post("/sandbox/stripe/disputes", json=body)
        assert answer.status_code == 200, answer.text
        dispute: dict[str, Any] = answer.json()["data"]
        return dispute


def secret_of(opened: Opened) -> str:
    assert isinstance(opened.intent, ClientSecretIntent)
    return opened.intent.client_secret


@asynccontextmanager
async def stripe_at(path: Path, *, key: str = "sk_test_any") -> AsyncIterator[Stripe]:
    """A running provider and our client of it."""
    async with playing(path) as played:
        yield Stripe(cards(played.http, key=key, clock=played.clock), played)
