"""Our client against localstripe, a Stripe that nobody here wrote. It runs as a process of its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from allonova.adapters.payments.stripe_cards import StripeCards
from allonova.application.money.ports import RefusedByProvider, Reported, TransferState
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.money.payment import Payment
from tests.sandbox.harness import ServiceClock
from tests.support.objects import free_port

from .stripe_harness import make_payment, make_refund

KEY = ("sk_test_12345", "")
SECRET = "whsec_test"
DEADLINE_S = 30.0
TOLD = 3  # a decline, two captures


@dataclass
class LocalStripe:
    """The process, our client of it, and what it told our webhook."""

    http: httpx.AsyncClient
    url: str
    gateway: StripeCards
    told: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def post(self, path: str, **form: str) -> httpx.Response:
        """What the payer's browser and the test do there."""
        return await self.http.post(f"{self.url}/v1/{path}", data=form, auth=KEY)

    async def confirm(self, payment: Payment, number: str) -> httpx.Response:
        """The payer gives a card."""
        card = {"card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2040", "card[cvc]": "123"}
        method = (await self.post("payment_methods", type="card", **card)).json()["id"]
        await self.post(f"payment_intents/{payment.provider_ref}", payment_method=method)
        return await self.post(f"payment_intents/{payment.provider_ref}/confirm")

    async def opened(self) -> Payment:
        """A payment with an intent."""
        payment = make_payment()
        opened = await self.gateway.open(payment, return_url="", phone=None, is_repeat=False)
        payment.provider_ref = opened.provider_ref
        return payment

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Our webhook."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers["Content-Length"]))
        self.told.append((headers, body))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def local_stripe(folder: Path) -> AsyncIterator[LocalStripe]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(Path(sys.executable).parent / "localstripe"), "--port", str(port), "--from-scratch"]
    with (folder / "localstripe.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)  # noqa: ASYNC220 - at the start
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            gateway = StripeCards(
                http,
                base_url=url,
                secret_key=KEY[0],
                publishable_key="pk_test_1",
                webhook_secret=SECRET,
                clock=ServiceClock(datetime.now(UTC)),
            )
            stripe = LocalStripe(http, url, gateway)
            await _until_it_answers(http, url)
            server = await asyncio.start_server(stripe.hear, "127.0.0.1", 0)
            async with server:
                own = server.sockets[0].getsockname()[1]
                await http.post(
                    f"{url}/_config/webhooks/us", json={"url": f"http://127.0.0.1:{own}/", "secret": SECRET}
                )
                yield stripe
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


async def _until_it_answers(http: httpx.AsyncClient, url: str) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                await http.get(url)
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


async def test_a_payment_with_everything_at_a_stripe_of_others(tmp_path: Path) -> None:
    """One process for all of it, since it takes seconds to start."""
    async with local_stripe(tmp_path) as stripe:
        await _declined_and_ended(stripe)
        paid = await _paid_and_given_back(stripe)
        await _unknown(stripe)
        async with asyncio.timeout(DEADLINE_S):
            while len(stripe.told) < TOLD:
                await asyncio.sleep(0.05)
        events = [stripe.gateway.read_event(headers, body) for headers, body in stripe.told]
    reported = {each.kind: each.report and each.report.reported for each in events}
    assert reported == {
        "payment_intent.payment_failed": Reported.ATTEMPT_FAILED,
        "payment_intent.succeeded": Reported.PAID,
    }
    assert paid <= {each.payment_id for each in events}


async def _declined_and_ended(stripe: LocalStripe) -> None:
    payment, gateway = await stripe.opened(), stripe.gateway
    assert (await gateway.read(payment)).reported is Reported.OPEN
    assert (await stripe.confirm(payment, "4000000000000341")).status_code == 402
    report = await gateway.read(payment)
    assert (report.reported, report.failure_code, report.amount) == (Reported.OPEN, "card_declined", 5000)
    await gateway.end(payment)
    await gateway.end(payment)
    assert (await gateway.read(payment)).reported is Reported.FAILED
    with pytest.raises(RefusedByProvider) as caught:
        await gateway.open(payment, return_url="", phone=None, is_repeat=True)
    assert caught.value.code == "canceled"


async def _paid_and_given_back(stripe: LocalStripe) -> set[UUID]:
    payment, other, gateway = await stripe.opened(), await stripe.opened(), stripe.gateway
    assert (await stripe.confirm(payment, "4242424242424242")).status_code == 200
    report = await gateway.read(payment)
    assert (report.reported, report.amount, report.currency) == (Reported.AUTHORIZED, 5000, "XOF")
    assert (await gateway.capture(payment)).reported is Reported.PAID
    assert (await gateway.read(payment)).reported is Reported.PAID
    refund = make_refund(payment, 2000)
    sent = await gateway.refund(payment, refund)
    assert (sent.state, sent.amount) == (TransferState.DONE, 2000)
    assert await gateway.read_refund(payment, refund) == sent
    refund.provider_ref = sent.provider_ref
    assert await gateway.read_refund(payment, refund) == sent
    report = await gateway.read(payment)
    assert (report.reported, report.back, report.fees) == (Reported.REFUNDED, 2000, 0)
    await stripe.confirm(other, "4242424242424242")
    await gateway.capture(other)
    return {payment.id, other.id}


async def _unknown(stripe: LocalStripe) -> None:
    """It leaves out the code that says an object is missing, and a 404 without it says nothing of a payment."""
    nobody = make_payment(provider_ref="pi_nobody")
    with pytest.raises(ProviderUnavailable):
        await stripe.gateway.read(nobody)
