"""Wave as our client meets it: the played provider over ASGI, and a payment to open."""

from __future__ import annotations

import hashlib
import hmac
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from allonova.adapters.payments.wave import WavePayments
from allonova.adapters.payments.wave_payouts import WavePayouts
from allonova.application.money.ports import Opened, PayoutOrder
from allonova.domain.money.payment import Method, Payment
from allonova.domain.money.refund import Refund, RefundCause, RefundTo
from tests.sandbox.harness import SECRET, START, Played, playing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

RETURN_URL = "https://app.allonova.test/back?lang=fr#top"


WAVE_URL = "http://s.test/sandbox/wave"


def make_payment(
    *,
    provider_ref: str | None = None,
    id: UUID | None = None,
    method: Method = Method.WAVE,
    provider_url: str = WAVE_URL,
) -> Payment:
    return Payment(
        id=id or uuid4(),
        booking_id=uuid4(),
        user_id=uuid4(),
        method=method,
        provider_ref=provider_ref,
        provider_url=provider_url,
        amount=5000,
        created_at=START,
        updated_at=START,
    )


def make_refund(payment: Payment, amount: int = 5000) -> Refund:
    return Refund(
        id=uuid4(),
        payment_id=payment.id,
        user_id=payment.user_id,
        amount=amount,
        sent_to=RefundTo.PROVIDER,
        cause=RefundCause.CANCELLED,
        created_at=START,
        updated_at=START,
    )


def make_order(
    *, phone: str = "+2250700000001", amount: int = 7000, provider_ref: str | None = None, provider_url: str = WAVE_URL
) -> PayoutOrder:
    return PayoutOrder(id=uuid4(), amount=amount, phone=phone, provider_ref=provider_ref, provider_url=provider_url)


def signature(secret: str, body: bytes, at: int) -> str:
    """Wave's signature, written anew from its documentation."""
    return hmac.new(secret.encode(), f"{at}".encode() + body, hashlib.sha256).hexdigest()


@dataclass
class Wave:
    """Our client and the provider it talks to."""

    gateway: WavePayments
    payouts: WavePayouts
    played: Played

    async def first(self, payment: Payment, *, return_url: str = RETURN_URL) -> Opened:
        """Open a payment that nobody opened before."""
        return await self.gateway.open(payment, return_url=return_url, phone=None, is_repeat=False)

    async def again(self, payment: Payment) -> Opened:
        """Open a payment as the successor of somebody who may have opened it."""
        return await self.gateway.open(payment, return_url=RETURN_URL, phone=None, is_repeat=True)

    async def sessions(self, payment: Payment) -> list[dict[str, Any]]:
        """What the provider has for a payment."""
        answer = await self.played.http.get(
            "/sandbox/wave/v1/checkout/sessions/search",
            params={"client_reference": str(payment.id)},
            headers={"Authorization": "Bearer any"},
        )
        found: list[dict[str, Any]] = answer.json()["result"]
        return found


@asynccontextmanager
async def wave_at(path: Path, *, api_key: str = "wave_ci_prod_any") -> AsyncIterator[Wave]:
    """A running provider and our client of it."""
    async with playing(path) as played:
        gateway = WavePayments(
            played.http,
            base_url=WAVE_URL,
            api_key=api_key,
            webhook_secret=SECRET,
            clock=played.clock,
        )
        payouts = WavePayouts(played.http, base_url=WAVE_URL, api_key=api_key)
        yield Wave(gateway, payouts, played)
