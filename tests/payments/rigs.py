"""Every provider of payments and payouts, played, with our client of it: what the common contract runs on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.applications import Starlette

from allonova.adapters.payments.mtn import MtnPayments
from allonova.adapters.payments.mtn_payouts import MtnPayouts
from allonova.adapters.payments.orange import OrangePayments
from allonova.adapters.payments.stripe_cards import StripeCards
from allonova.adapters.payments.wave import WavePayments
from allonova.adapters.payments.wave_payouts import WavePayouts
from allonova.application.money.ports import Opened, PaymentGateway, PayoutGateway, Reported
from allonova.domain.money.payment import Method, Payment
from tests.payments.harness import RETURN_URL, WAVE_URL, make_payment
from tests.payments.mtn_harness import payments as mtn_payments
from tests.payments.mtn_harness import payouts as mtn_payouts
from tests.payments.stripe_harness import cards as stripe_cards
from tests.sandbox.harness import SECRET, START, Jobs, Played, RealTime, Receiver, ServiceClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """`name` is the provider's in the sandbox; `page` is what the payer's page of a payment is called there.

    `finds_again`: opening it again leads to the same payment; else that is refused.
    """

    name: str
    method: Method
    build: Callable[[Played], PaymentGateway]
    page: Callable[[Payment], str] = lambda payment: payment.provider_ref or ""
    finds_again: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutRig:
    """A rail, and a number that it pays out to at once."""

    name: str
    build: Callable[[Played], PayoutGateway]
    phone: str = "+2250700000001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One provider at work."""

    rig: Rig
    gateway: PaymentGateway
    played: Played

    def payment(self) -> Payment:
        """A payment that nobody opened."""
        return make_payment(method=self.rig.method, provider_url=self.gateway.base_url)

    async def open(self, payment: Payment, *, is_repeat: bool = False) -> Opened:
        """Open it."""
        return await self.gateway.open(payment, return_url=RETURN_URL, phone="+2250500000001", is_repeat=is_repeat)

    async def started(self) -> Payment:
        """A payment that waits for its payer."""
        payment = self.payment()
        keep(payment, await self.open(payment))
        return payment

    async def paid(self) -> Payment:
        """A payment whose payer has paid."""
        payment = await self.started()
        await self.pay(payment)
        return payment

    async def pay(self, payment: Payment) -> None:
        """The payer pays; what his bank holds for us is taken."""
        await self.press(payment, "paid")
        if (await self.gateway.read(payment)).reported is Reported.AUTHORIZED:
            await self.gateway.capture(payment)

    async def press(self, payment: Payment, outcome: str) -> None:
        """The payer's button."""
        answer = await self.played.press(self.rig.page(payment), outcome)
        assert answer.status_code == 200, answer.text

    async def books(self) -> Mapping[str, list[dict[str, Any]]]:
        """The provider's own."""
        found: Mapping[str, list[dict[str, Any]]] = await self.played.data("ledger", provider=self.rig.name)
        return found


def keep(payment: Payment, opened: Opened) -> None:
    """What is kept of an opening."""
    payment.started(
        provider_ref=opened.provider_ref,
        intent={"kind": opened.intent.kind},
        keys=opened.keys,
        notif_token=opened.notif_token,
        at=START,
    )


def silent() -> Played:
    """A provider that is never called."""
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    return Played(Starlette(), http, ServiceClock(), Jobs(), Receiver(), RealTime())


def _wave(played: Played) -> WavePayments:
    return WavePayments(
        played.http, base_url=WAVE_URL, api_key="wave_ci_prod_any", webhook_secret=SECRET, clock=played.clock
    )


def _wave_payouts(played: Played) -> WavePayouts:
    return WavePayouts(played.http, base_url=WAVE_URL, api_key="wave_ci_prod_any")


def _orange(played: Played) -> OrangePayments:
    return OrangePayments(
        played.http,
        base_url="http://s.test/sandbox/orange",
        client_id="any",
        client_secret="any",
        merchant_key="any",
        notif_url="https://api.allonova.test/api/v1/payments/webhook/orange",
        clock=played.clock,
    )


def _mtn(played: Played) -> MtnPayments:
    return mtn_payments(played.http)


def _mtn_payouts(played: Played) -> MtnPayouts:
    return mtn_payouts(played.http)


def _stripe(played: Played) -> StripeCards:
    return stripe_cards(played.http, clock=played.clock)


RIGS = (
    Rig(name="wave", method=Method.WAVE, build=_wave),
    Rig(name="orange", method=Method.ORANGE, build=_orange, finds_again=False),
    Rig(name="mtn", method=Method.MTN, build=_mtn),
    Rig(name="stripe", method=Method.CARD, build=_stripe),
)
PAYOUT_RIGS = (
    PayoutRig(name="wave", build=_wave_payouts),
    PayoutRig(name="mtn", build=_mtn_payouts, phone="+2250501020304"),
)
