"""Payments by Orange Money Web Payment."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import httpx

from allonova.adapters.payments.orange_wire import (
    ALREADY_MADE,
    CURRENCIES,
    MAX_URL,
    NAME,
    STATUSES,
    francs,
    identifier,
    kept,
    order_id,
    read_notification,
    read_page,
    refusal,
    status_word,
)
from allonova.adapters.payments.wave_wire import with_payment_id
from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import Reply, VendorHttp
from allonova.adapters.vendors.orange_tokens import OrangeTokens
from allonova.adapters.vendors.strict_json import Json
from allonova.application.kernel.ports import Clock
from allonova.application.money.ports import (
    Opened,
    PaymentGateway,
    ProviderEvent,
    Reach,
    RedirectIntent,
    RefusedByProvider,
    Report,
    Reported,
    Transfer,
    TransferState,
)
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.money.payment import Payment
from allonova.domain.money.refund import Refund

log = logging.getLogger(__name__)

URL: Final = "https://api.orange.com"
MERCHANT: Final = "AlloNova"
PAGE_LIFE: Final = timedelta(minutes=10)
UNAUTHORIZED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED = 401, 403, 404, 405


class OrangePayments:
    """Orange takes an order id once for ever and finds no order by it: a payment whose first answer was lost cannot be
    opened again. Nobody can pay it either, since that answer alone held the page's address.

    Its notifications are unsigned and may never come; its status call alone is believed.

    Args:
        environment: `ci`, or `dev` where play money is paid.
        notif_url: where notifications go.
        page_life: how long a payer may pay, as Orange has it.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str = URL,
        environment: str = "ci",
        client_id: str,
        client_secret: str,
        merchant_key: str,
        notif_url: str,
        clock: Clock,
        page_life: timedelta = PAGE_LIFE,
        breaker: Breaker | None = None,
    ) -> None:
        if not client_id or not client_secret or not merchant_key:
            raise ValueError("Orange Money needs a client, its secret and a merchant key")
        if len(notif_url) > MAX_URL:
            raise ValueError(f"Orange Money takes no address of more than {MAX_URL} characters for notifications")
        self._currency = CURRENCIES[environment]
        self._tokens = OrangeTokens(
            http, vendor=NAME, base_url=base_url, client_id=client_id, client_secret=client_secret
        )
        self._orange = VendorHttp(
            vendor=NAME,
            http=http,
            base_url=f"{base_url.rstrip('/')}/orange-money-webpay/{environment}/v1",
            headers={},
            breaker=breaker or Breaker(),
        )
        self._merchant_key = merchant_key
        self._notif_url = notif_url
        self._clock = clock
        self._page_life = page_life

    @property
    def base_url(self) -> str:
        """See PaymentGateway."""
        return self._orange.base_url

    @property
    def gives_back(self) -> Reach:
        """See PaymentGateway."""
        return Reach.NOTHING

    async def open(self, payment: Payment, *, return_url: str, phone: str | None, is_repeat: bool) -> Opened:
        """See PaymentGateway. Refused as `order-already-made` when the first answer was lost."""
        ref, now = order_id(payment.id), self._clock.now()
        reply = await self._call(self._orange, "/webpayment", self._order(payment, ref, return_url))
        if not reply.is_success:
            raise self._refused(reply, payment)
        page = read_page(reply.body)
        if page is None:
            log.error("orange answered with no page for the payer", extra={"payment_id": str(payment.id)})
            raise ProviderUnavailable(NAME)
        expires_at = now + self._page_life
        return Opened(
            provider_ref=ref,
            intent=RedirectIntent(url=page.url, expires_at=expires_at),
            keys={"pay_token": page.pay_token, "expires_at": expires_at.isoformat()},
            notif_token=page.notif_token,
        )

    async def read(self, payment: Payment) -> Report:
        """See PaymentGateway. What was not opened, or not to our knowledge, nobody can have paid."""
        keys = payment.provider_keys or {}
        if not payment.provider_ref or not keys.get("pay_token"):
            return Report(reported=Reported.NOT_FOUND)
        question: Json = {
            "order_id": payment.provider_ref,
            "amount": payment.amount,
            "pay_token": keys["pay_token"],
        }
        reply = await self._call(self._where(payment), "/transactionstatus", question)
        if reply.status == NOT_FOUND:
            return _report(payment, Reported.NOT_FOUND)
        return self._read(reply, payment)

    async def capture(self, payment: Payment) -> Report:
        """See PaymentGateway."""
        raise RefusedByProvider("capture-not-possible", "Orange Money holds nothing back.")

    async def end(self, payment: Payment) -> None:
        """See PaymentGateway. Orange has no call for it: the page ends by itself."""

    async def refund(self, payment: Payment, refund: Refund) -> Transfer:
        """See PaymentGateway."""
        raise RefusedByProvider("refund-not-possible", "Orange Money Web Payment has no refunds.")

    async def read_refund(self, payment: Payment, refund: Refund) -> Transfer:
        """See PaymentGateway."""
        return Transfer(state=TransferState.NOT_FOUND)

    def read_event(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """See PaymentGateway."""
        return read_notification(headers, body)

    def _order(self, payment: Payment, ref: str, return_url: str) -> Json:
        try:
            back = with_payment_id(return_url, payment.id)
        except ValueError as error:
            raise RefusedByProvider("url-malformed", "The return URL is not one.") from error
        if len(back) > MAX_URL:
            words = f"Orange Money takes {MAX_URL} characters, and {len(back)} it would be."
            raise RefusedByProvider("url-too-long", words)
        return {
            "merchant_key": self._merchant_key,
            "currency": self._currency,
            "order_id": ref,
            "amount": payment.amount,
            "return_url": back,
            "cancel_url": back,
            "notif_url": self._notif_url,
            "lang": "fr",
            "reference": MERCHANT,
        }

    def _where(self, payment: Payment) -> VendorHttp:
        """Where it was made; another platform than today's does not wear out this one's breaker."""
        if payment.provider_url in ("", self.base_url):
            return self._orange
        return replace(self._orange, base_url=payment.provider_url, breaker=Breaker())

    async def _call(self, orange: VendorHttp, path: str, body: Json) -> Reply:
        """A call with our token, and once more with a new one when its life was cut short: a 401 did nothing."""
        token = await self._tokens.token()
        reply = await _bearing(orange, token).call("POST", path, json=body)
        if reply.status == UNAUTHORIZED:
            token = await self._tokens.token(refused=token)
            reply = await _bearing(orange, token).call("POST", path, json=body)
        if reply.status in (UNAUTHORIZED, FORBIDDEN):
            log.error("orange refuses our client or merchant key", extra={"status": reply.status})
            raise ProviderUnavailable(NAME)
        return reply

    def _refused(self, reply: Reply, payment: Payment) -> Exception:
        """Orange knows no payer before he has the page: whatever it refuses is ours to mend."""
        refused = refusal(reply)
        if refused is not None and refused.code == ALREADY_MADE:
            return refused
        facts = {"payment_id": str(payment.id), "status": reply.status, "code": refused.code if refused else ""}
        log.error("orange refuses to make a payment", extra=facts)
        if refused is None or reply.status in (NOT_FOUND, METHOD_NOT_ALLOWED):  # the address, not the payment
            return ProviderUnavailable(NAME)
        return refused

    def _read(self, reply: Reply, payment: Payment) -> Report:
        body = reply.body if isinstance(reply.body, dict) else {}
        word = status_word(body.get("status"))
        reported = STATUSES.get(word, Reported.UNKNOWN)
        amount = francs(body["amount"]) if "amount" in body else payment.amount
        if not reply.is_success or amount is None or body.get("order_id", payment.provider_ref) != payment.provider_ref:
            reported = Reported.UNKNOWN
        if reported is Reported.UNKNOWN:
            facts = {"payment_id": str(payment.id), "status": reply.status, "said": word}
            log.error("orange says of a payment what we do not understand", extra=facts)
            return _report(payment, reported, body)
        failure = word.lower() if reported is Reported.FAILED else ""
        if word == "INITIATED" and self._is_over(payment):
            reported, failure = Reported.FAILED, "expired"
        found = _report(payment, reported, body)
        currency = identifier(body.get("currency", self._currency))
        return replace(
            found,
            amount=amount,
            currency=payment.currency if currency == self._currency else currency,
            failure_code=failure,
        )

    def _is_over(self, payment: Payment) -> bool:
        """Whether the page's life has gone by twice: a payer who confirms now is told that it is expired."""
        keys = payment.provider_keys or {}
        try:
            expires_at = datetime.fromisoformat(keys["expires_at"])
        except (KeyError, ValueError):
            expires_at = payment.created_at + self._page_life
        return self._clock.now() >= expires_at + self._page_life


def _bearing(orange: VendorHttp, token: str) -> VendorHttp:
    return replace(orange, headers={"Authorization": f"Bearer {token}"})


def _report(payment: Payment, reported: Reported, body: Json = None) -> Report:
    return Report(reported=reported, provider_ref=payment.provider_ref, raw=kept(body))


def _conforms(gateway: OrangePayments) -> PaymentGateway:
    return gateway
