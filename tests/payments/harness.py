"""Wave as our client meets it: the played provider over ASGI, and a payment to open."""

from __future__ import annotations

import hashlib
import hmac
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from allonova.adapters.payments.wave import WavePayments
from allonova.application.money.ports import Opened
from allonova.domain.money.payment import Method, Payment
from tests.sandbox.harness import SECRET, START, Played, playing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

RETURN_URL = "https://app.allonova.test/back?lang=fr#top"


def make_payment(*, provider_ref: str | None = None, id: UUID | None = None) -> Payment:
    return Payment(
        id=id or uuid4(),
        booking_id=uuid4(),
        user_id=uuid4(),
        method=Method.WAVE,
        provider_ref=provider_ref,
        provider_url="http://s.test/sandbox/wave",
        amount=5000,
        created_at=START,
        updated_at=START,
    )


def signature(secret: str, body: bytes, at: int) -> str:
    """Wave's signature, written anew from its documentation."""
    return hmac.new(secret.encode(), f"{at}".encode() + body, hashlib.sha256).hexdigest()


@dataclass
class Wave:
    """Our client and the provider it talks to."""

    gateway: WavePayments
    played: Played

    async def first(self, payment: Payment, *, return_url: str = RETURN_URL) -> Opened:
        """Open a payment that nobody opened before."""
        return await self.gateway.open(payment, return_url=return_url, is_repeat=False)

    async def again(self, payment: Payment) -> Opened:
        """Open a payment as the successor of somebody who may have opened it."""
        return await self.gateway.open(payment, return_url=RETURN_URL, is_repeat=True)

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
            base_url="http://s.test/sandbox/wave",
            api_key=api_key,
            webhook_secret=SECRET,
            clock=played.clock,
        )
        yield Wave(gateway, played)
