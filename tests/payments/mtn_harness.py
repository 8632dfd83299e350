"""MTN as our clients meet it: the played provider over ASGI, payments, refunds and orders."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from allonova.adapters.payments.mtn import MtnPayments
from allonova.adapters.payments.mtn_api import MtnKeys, MtnProduct
from allonova.adapters.payments.mtn_payouts import MtnPayouts
from allonova.application.money.ports import Opened, PayoutOrder
from allonova.domain.money.payment import Method, Payment
from tests.payments import harness
from tests.sandbox.harness import Played, ServiceClock, playing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

URL = "http://s.test/sandbox/mtn"
PHONE = "+2250501020304"


def make_payment(*, url: str = URL) -> Payment:
    return harness.make_payment(method=Method.MTN, provider_url=url)


def make_order(*, phone: str = PHONE, url: str = URL) -> PayoutOrder:
    return harness.make_order(phone=phone, provider_url=url)


def keys(*, api_key: str = "k", subscription_key: str = "s") -> MtnKeys:
    return MtnKeys(user="u", api_key=api_key, subscription_key=subscription_key)


def product(http: httpx.AsyncClient, name: str, *, known: MtnKeys | None = None, **more: Any) -> MtnProduct:
    return MtnProduct(
        http, product=name, keys=known or keys(), environment=more.pop("environment", "mtnivorycoast"), **more
    )


def payments(http: httpx.AsyncClient, *, with_refunds: bool = True, **more: Any) -> MtnPayments:
    return MtnPayments(
        base_url=URL,
        public_url="https://api.allonova.test",
        collection=product(http, "collection", **more),
        disbursement=product(http, "disbursement", **more) if with_refunds else None,
        clock=ServiceClock(),
    )


def payouts(http: httpx.AsyncClient, **more: Any) -> MtnPayouts:
    return MtnPayouts(base_url=URL, disbursement=product(http, "disbursement", **more))


@dataclass
class Mtn:
    """Our clients and the provider they talk to."""

    gateway: MtnPayments
    payouts: MtnPayouts
    played: Played

    async def open(self, payment: Payment, *, phone: str | None = PHONE, is_repeat: bool = False) -> Opened:
        """Open a payment."""
        return await self.gateway.open(payment, return_url="https://app.test", phone=phone, is_repeat=is_repeat)

    async def paid(self) -> Payment:
        """A payment whose payer has approved."""
        payment = make_payment()
        await self.open(payment)
        await self.press(payment, "paid")
        return payment

    async def press(self, payment: Payment, outcome: str) -> None:
        """The payer's phone."""
        answer = await self.played.press(str(payment.id), outcome)
        assert answer.status_code == 200, answer.text

    async def arm(self, kind: str, times: int = 1) -> None:
        """Something goes wrong next."""
        answer = await self.played.arm(kind, times, provider="mtn")
        assert answer.status_code == 200, answer.text

    async def books(self, book: str) -> list[dict[str, Any]]:
        """MTN's own books."""
        lines: list[dict[str, Any]] = (await self.played.data("ledger", provider="mtn"))[book]
        return lines


@asynccontextmanager
async def mtn_at(path: Path, **more: Any) -> AsyncIterator[Mtn]:
    """A running provider and our clients of it."""
    async with playing(path) as played:
        yield Mtn(payments(played.http, **more), payouts(played.http, **more), played)


def answering(*answers: httpx.Response | Exception, token: str = "t") -> tuple[httpx.AsyncClient, list[httpx.Request]]:
    """An MTN that gives tokens and answers the other calls in turn, the last one for ever; and what it was asked."""
    asked: list[httpx.Request] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.url.path.endswith("/token/"):
            return httpx.Response(200, json={"access_token": token, "token_type": "x", "expires_in": 3600})
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return httpx.Response(found.status_code, content=found.content, headers=found.headers)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer)), asked
