"""Card payments by Stripe: PaymentIntents that are captured by hand (docs.stripe.com/payments/payment-intents)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import httpx

from allonova.adapters.payments.stripe_api import REAL_SLEEP, RETRIES, Sleep, StripeApi
from allonova.adapters.payments.stripe_events import event_of
from allonova.adapters.payments.stripe_wire import (
    NAME,
    PAYMENT_ID,
    REFUND_ID,
    Object,
    currency_of,
    dispute_report,
    francs,
    identifier,
    intent_report,
    is_signed,
    our_id,
    transfer_of,
)
from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.strict_json import Json, MalformedJson, loads
from allonova.application.kernel.ports import Clock
from allonova.application.money.ports import (
    ClientSecretIntent,
    Opened,
    PaymentGateway,
    ProviderEvent,
    Reach,
    RefusedByProvider,
    Report,
    Reported,
    Transfer,
    TransferState,
)
from allonova.domain.kernel.errors import ProviderUnavailable, WebhookInvalidSignature
from allonova.domain.money.payment import Payment
from allonova.domain.money.refund import Refund

log = logging.getLogger(__name__)

INTENTS: Final = "/v1/payment_intents"
REFUNDS: Final = "/v1/refunds"
KEY_LIFE: Final = timedelta(hours=23)
"""Stripe forgets an idempotency key after 24 h; from here on a repeat looks first."""
SEARCHABLE: Final = timedelta(minutes=2)
"""By then a search finds what was made; Stripe says "less than a minute"."""

MISSING: Final = "resource_missing"
CURABLE: Final = frozenset({"balance_insufficient", "insufficient_funds"})  # of a refund: what we hold at Stripe
CHARGED: Final = ["latest_charge.balance_transaction"]
MOST: Final = 100  # of a list in one answer
TAKEN: Final = frozenset(
    {Reported.PAID, Reported.REFUNDED, Reported.CHARGED_BACK, Reported.CHARGEBACK_WON},
)


class StripeCards:
    """A payment is one intent, by the idempotency key that is its id; a refund likewise.

    A card's bank first holds the money, and `capture` takes it: what came too late is let go without cost.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        secret_key: str,
        publishable_key: str,
        webhook_secret: str,
        clock: Clock,
        breaker: Breaker | None = None,
        retries: int = RETRIES,
        sleep: Sleep = REAL_SLEEP,
    ) -> None:
        if not secret_key or not publishable_key or not webhook_secret:
            raise ValueError("Stripe needs a secret key, a publishable key and a webhook secret")
        self._api = StripeApi(
            http, base_url=base_url, secret_key=secret_key, breaker=breaker, retries=retries, sleep=sleep
        )
        self._publishable_key = publishable_key
        self._secret = webhook_secret
        self._clock = clock

    @property
    def base_url(self) -> str:
        """See PaymentGateway."""
        return self._api.base_url

    @property
    def gives_back(self) -> Reach:
        """See PaymentGateway."""
        return Reach.PARTS

    async def open(self, payment: Payment, *, return_url: str, phone: str | None, is_repeat: bool) -> Opened:
        """See PaymentGateway. Where the browser goes and whose phone it is are the client's business at Stripe."""
        known = is_repeat and (payment.provider_ref is not None or self._is_key_dead(payment.created_at))
        intent = await self._intent(payment) if known else None
        if intent is None:
            params = {
                "amount": payment.amount,
                "currency": payment.currency.lower(),
                "capture_method": "manual",
                "payment_method_types": ["card"],
                "metadata": {PAYMENT_ID: str(payment.id)},
            }
            intent = await self._api.post(INTENTS, params, key=str(payment.id))
        return self._opened(payment, intent)

    async def read(self, payment: Payment) -> Report:
        """See PaymentGateway. Unavailable for a minute or two after an `open` that was not answered."""
        try:
            intent = await self._intent(payment)
            if intent is not None:
                return await self._report(intent)
        except RefusedByProvider as refused:
            log.error("stripe refuses to be asked", extra={"code": refused.code})  # noqa: TRY400 - its words stay out
            raise ProviderUnavailable(NAME) from refused
        if payment.provider_ref is None and self._clock.now() - payment.created_at < SEARCHABLE:
            raise ProviderUnavailable(NAME)
        return Report(reported=Reported.NOT_FOUND)

    async def capture(self, payment: Payment) -> Report:
        """See PaymentGateway. Without a key of its own: a second capture is refused, and a refusal that Stripe
        remembered by a key would outlive its reason.
        """
        path = f"{_path(payment)}/capture"
        try:
            intent = await self._api.post(path, {"expand": CHARGED})
        except RefusedByProvider:
            report = await self.read(payment)
            if report.reported not in TAKEN:
                raise
            return report
        return await self._report(intent)

    async def end(self, payment: Payment) -> None:
        """See PaymentGateway. Nobody holds the client secret of an intent that we know nothing of."""
        if payment.provider_ref is None:
            return
        try:
            await self._api.post(f"{_path(payment)}/cancel", {})
        except RefusedByProvider as refused:
            log.info("stripe does not cancel an intent", extra={"code": refused.code, "payment_id": str(payment.id)})

    async def refund(self, payment: Payment, refund: Refund) -> Transfer:
        """See PaymentGateway."""
        _path(payment)  # refuses a payment without one
        found = await self._find_refund(payment, refund) if self._is_key_dead(refund.created_at) else None
        if found is None:
            params = {
                "payment_intent": payment.provider_ref,
                "amount": refund.amount,
                "metadata": {REFUND_ID: str(refund.id), PAYMENT_ID: str(payment.id)},
            }
            try:
                found = await self._api.post(REFUNDS, params, key=str(refund.id))
            except RefusedByProvider as refused:
                if refused.code in CURABLE:
                    log.error("stripe holds too little of our money", extra={"refund_id": str(refund.id)})  # noqa: TRY400
                    raise ProviderUnavailable(NAME) from refused
                raise
        return transfer_of(found)

    async def read_refund(self, payment: Payment, refund: Refund) -> Transfer:
        """See PaymentGateway."""
        ref = identifier(refund.provider_ref)
        try:
            found = await (self._api.get(f"{REFUNDS}/{ref}") if ref else self._find_refund(payment, refund))
        except RefusedByProvider as refused:
            if refused.code != MISSING:
                raise ProviderUnavailable(NAME) from refused
            found = None
        return Transfer(state=TransferState.NOT_FOUND) if found is None else transfer_of(found)

    def read_event(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """See PaymentGateway."""
        if not is_signed(self._secret, headers, body, self._clock.now()):
            raise WebhookInvalidSignature
        try:
            event = loads(body)
        except MalformedJson as error:
            raise WebhookInvalidSignature from error
        return event_of(event)

    def _is_key_dead(self, created_at: datetime) -> bool:
        return self._clock.now() - created_at >= KEY_LIFE

    async def _intent(self, payment: Payment) -> dict[str, Json] | None:
        """The payment's intent: by its id, else by ours, under which Stripe finds it a minute after it was made."""
        ref = identifier(payment.provider_ref)
        if not ref:
            query = f'metadata["{PAYMENT_ID}"]:"{payment.id}"'
            found = _rows(await self._api.get(f"{INTENTS}/search", {"query": query, "limit": MOST}))
            ref = next((identifier(each.get("id")) for each in found if our_id(each, PAYMENT_ID) == payment.id), "")
        try:
            return await self._api.get(f"{INTENTS}/{ref}", {"expand": CHARGED}) if ref else None
        except RefusedByProvider as refused:
            if refused.code != MISSING:
                raise
            return None

    async def _report(self, intent: Object) -> Report:
        """The intent's word, unless a card's bank has taken the money back or lost that dispute. An attempt that failed
        is told once, by its event: whoever reads twice has not seen two, and the payer may still pay.
        """
        report, charge = intent_report(intent), intent.get("latest_charge")
        if report.reported is Reported.ATTEMPT_FAILED:
            return replace(report, reported=Reported.OPEN)
        if report.reported not in TAKEN or not isinstance(charge, dict) or charge.get("disputed") is not True:
            return report
        found = await self._api.get("/v1/disputes", {"payment_intent": report.provider_ref, "limit": MOST})
        disputes = [dispute_report(each) for each in _rows(found)]
        for reported in (Reported.CHARGED_BACK, Reported.CHARGEBACK_WON):
            same = [each for each in disputes if each.reported is reported]
            if same:
                return replace(
                    report,
                    reported=reported,
                    back=sum(each.back for each in same),
                    failure_code=same[0].failure_code,
                )
        return report

    async def _find_refund(self, payment: Payment, refund: Refund) -> dict[str, Json] | None:
        if not identifier(payment.provider_ref):
            return None
        found = await self._api.get(REFUNDS, {"payment_intent": payment.provider_ref, "limit": MOST})
        return next((each for each in _rows(found) if our_id(each, REFUND_ID) == refund.id), None)

    def _opened(self, payment: Payment, intent: Object) -> Opened:
        ref, secret = identifier(intent.get("id")), intent.get("client_secret")
        is_ours = our_id(intent, PAYMENT_ID) == payment.id and francs(intent.get("amount")) == payment.amount
        is_ours = is_ours and currency_of(intent) == payment.currency
        if not is_ours or not ref or not identifier(secret):
            log.error("stripe answered with an intent that is not ours", extra={"payment_id": str(payment.id)})
            raise ProviderUnavailable(NAME)
        if intent.get("status") == "canceled":
            raise RefusedByProvider("canceled", "The payment was ended.")
        secret_intent = ClientSecretIntent(client_secret=identifier(secret), publishable_key=self._publishable_key)
        return Opened(provider_ref=ref, intent=secret_intent)


def _path(payment: Payment) -> str:
    """Where the payment's intent is. Raises RefusedByProvider for a payment that has none."""
    ref = identifier(payment.provider_ref)
    if not ref:
        raise RefusedByProvider(MISSING, "The payment has no intent at Stripe.")
    return f"{INTENTS}/{ref}"


def _rows(found: Object) -> list[dict[str, Json]]:
    """The objects of a list. Raises ProviderUnavailable for what is none."""
    data = found.get("data")
    if not isinstance(data, list):
        raise ProviderUnavailable(NAME)
    return [each for each in data if isinstance(each, dict)]


def _conforms(gateway: StripeCards) -> PaymentGateway:
    return gateway
