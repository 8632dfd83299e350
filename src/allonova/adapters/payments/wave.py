"""Payments by Wave Checkout."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import httpx

from allonova.adapters.payments.wave_wire import (
    MAX_CODE,
    Session,
    francs,
    identifier,
    is_signed,
    payment_id,
    read_session,
    refusal,
    session_path,
    with_payment_id,
)
from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import Reply, VendorHttp, plain
from allonova.adapters.vendors.strict_json import Json, MalformedJson, loads
from allonova.application.kernel.ports import Clock
from allonova.application.money.ports import (
    Opened,
    PaymentGateway,
    ProviderEvent,
    RefusedByProvider,
    Reported,
)
from allonova.domain.kernel.errors import ProviderUnavailable, WebhookInvalidSignature
from allonova.domain.money.payment import Payment

log = logging.getLogger(__name__)

NAME = "wave"
SESSIONS = "/v1/checkout/sessions"
OUR_FAULT = (401, 403)  # the key or the wallet
CURABLE = frozenset({"insufficient-funds"})  # of a refund: our own balance at Wave, which we can fill


class WavePayments:
    """Wave documents no idempotency of creation: a session is found again by its `client_reference`, our payment's id.

    So one payment never has two sessions that a payer could both reach: after an unknown outcome, and before any try
    but the first, it is looked for; only where there is none, another one is made.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        api_key: str,
        webhook_secret: str,
        clock: Clock,
        breaker: Breaker | None = None,
    ) -> None:
        if not api_key or not webhook_secret:
            raise ValueError("Wave needs a key and a webhook secret")
        headers = {"Authorization": f"Bearer {api_key}"}
        self._wave = VendorHttp(
            vendor=NAME, http=http, base_url=base_url, headers=headers, breaker=breaker or Breaker()
        )
        self._secret = webhook_secret
        self._clock = clock

    @property
    def base_url(self) -> str:
        """See PaymentGateway."""
        return self._wave.base_url

    async def open(self, payment: Payment, *, return_url: str, is_repeat: bool) -> Opened:
        """See PaymentGateway."""
        session = await self._find(payment) if is_repeat else None
        if session is None:
            session = await self._create_or_find(payment, return_url)
        return session.opened()

    async def refund(self, payment: Payment) -> None:
        """See PaymentGateway. Wave gives back the whole, once however often it is asked. What is our own fault is not
        the end of it: nobody's money changes places because a key is wrong.
        """
        if payment.provider_ref is None:
            raise RefusedByProvider("checkout-session-not-found", "The payment has no session at Wave.")
        reply = await self._wave.call("POST", session_path(payment.provider_ref, "refund"))
        try:
            self._require_success(reply)
        except RefusedByProvider as refused:
            if reply.status in OUR_FAULT or refused.code in CURABLE:
                raise ProviderUnavailable(NAME) from refused
            raise

    def read_event(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """See PaymentGateway."""
        if not is_signed(self._secret, headers, body, self._clock.now()):
            raise WebhookInvalidSignature
        try:
            event = loads(body)
        except MalformedJson as error:
            raise WebhookInvalidSignature from error
        return _event(event)

    async def _create_or_find(self, payment: Payment, return_url: str) -> Session:
        try:
            return await self._create(payment, return_url)
        except ProviderUnavailable:
            session = await self._find(payment)
            if session is None:
                raise
            return session

    async def _create(self, payment: Payment, return_url: str) -> Session:
        try:
            back = with_payment_id(return_url, payment.id)
        except ValueError as error:
            raise RefusedByProvider("request-validation-error", "The return URL is not one.") from error
        reply = await self._wave.call(
            "POST",
            SESSIONS,
            json={
                "amount": str(payment.amount),
                "currency": payment.currency,
                "success_url": back,
                "error_url": back,
                "client_reference": str(payment.id),
            },
        )
        self._require_success(reply)
        session = read_session(reply.body, payment)
        if session is None or not session.is_usable:
            log.error("wave answered with a session that is not ours", extra={"payment_id": str(payment.id)})
            raise ProviderUnavailable(NAME)
        return session

    async def _find(self, payment: Payment) -> Session | None:
        """The session that was made for a payment: a paid one, else the oldest that is open."""
        reply = await self._wave.call("GET", f"{SESSIONS}/search", query={"client_reference": str(payment.id)})
        self._require_success(reply)
        result = reply.body.get("result") if isinstance(reply.body, dict) else None
        if not isinstance(result, list):
            raise ProviderUnavailable(NAME)
        sessions = [session for each in result if (session := read_session(each, payment)) is not None]
        usable = [session for session in sessions if session.is_usable]
        return min(usable, key=lambda session: (session.checkout_status != "complete", session.created), default=None)

    def _require_success(self, reply: Reply) -> None:
        if reply.is_success:
            return
        refused = refusal(reply)
        if refused is None:
            raise ProviderUnavailable(NAME)
        if reply.status in OUR_FAULT:
            log.error("wave refuses our key or wallet", extra={"status": reply.status, "code": refused.code})
        raise refused


def _event(event: Json) -> ProviderEvent:
    """The envelope `{id, type, data}`; `data` is a session in the events that count."""
    data = event.get("data") if isinstance(event, dict) else None
    if not isinstance(event, dict) or not isinstance(data, dict):
        raise WebhookInvalidSignature
    id_, kind, ref = identifier(event.get("id")), identifier(event.get("type")), identifier(data.get("id"))
    reported = _reported(kind, data)
    if not id_ or not kind or (not ref and reported is not Reported.OTHER):
        raise WebhookInvalidSignature
    currency, failure = data.get("currency"), data.get("last_payment_error")
    reason = failure if isinstance(failure, dict) else {}
    return ProviderEvent(
        provider=NAME,
        event_id=id_,
        kind=kind,
        reported=reported,
        provider_ref=ref,
        payment_id=payment_id(data.get("client_reference")),
        amount=francs(data.get("amount")),
        currency=currency if isinstance(currency, str) else None,
        failure_code=plain(reason.get("code"), MAX_CODE),
        failure_message=plain(reason.get("message")),
        raw=event,
    )


def _reported(kind: str, data: Mapping[str, Json]) -> Reported:
    if kind == "checkout.session.payment_failed":
        return Reported.ATTEMPT_FAILED
    is_paid = data.get("payment_status") == "succeeded" and data.get("checkout_status") == "complete"
    return Reported.PAID if kind == "checkout.session.completed" and is_paid else Reported.OTHER


def _conforms(gateway: WavePayments) -> PaymentGateway:
    return gateway
