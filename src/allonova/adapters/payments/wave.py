"""Payments by Wave Checkout."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import httpx

from allonova.adapters.payments.wave_api import INSUFFICIENT_FUNDS, NAME, WaveApi, WaveRefusal, identifier, puzzled
from allonova.adapters.payments.wave_webhook import event_of, is_signed
from allonova.adapters.payments.wave_wire import (
    BEST_FIRST,
    Session,
    read_session,
    report_of,
    reported,
    session_path,
    with_payment_id,
)
from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.strict_json import Json, MalformedJson, loads
from allonova.application.kernel.ports import Clock
from allonova.application.money.ports import (
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

SESSIONS = "/v1/checkout/sessions"
ENDED = ("complete", "expired")
OVER = 409


class WavePayments:
    """Wave documents no idempotency of creation: a session is found again by its `client_reference`, our payment's id.

    So one payment never has two sessions that a payer could both reach: after an unknown outcome, and before any try
    but the first, it is looked for; only where there is none, another one is made. A session that turns up later has
    an address that nobody was told.
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
        if not webhook_secret:
            raise ValueError("Wave needs a webhook secret beside its key")
        self._api = WaveApi(http, base_url=base_url, api_key=api_key, breaker=breaker)
        self._secret = webhook_secret
        self._clock = clock

    @property
    def base_url(self) -> str:
        """See PaymentGateway."""
        return self._api.base_url

    @property
    def gives_back(self) -> Reach:
        """See PaymentGateway."""
        return Reach.WHOLE

    async def open(self, payment: Payment, *, return_url: str, phone: str | None, is_repeat: bool) -> Opened:
        """See PaymentGateway. Whoever has the address may pay, from whatever phone."""
        session = await self._find(payment) if is_repeat else None
        if session is None:
            session = await self._create_or_find(payment, return_url)
        return session.opened()

    async def read(self, payment: Payment) -> Report:
        """See PaymentGateway."""
        if payment.provider_ref is None:
            found = [_report(payment, each) for each in await self._sessions(payment)]
            best = sorted(found, key=lambda report: BEST_FIRST.index(report.reported))
            return best[0] if best else Report(reported=Reported.NOT_FOUND)
        try:
            body = await self._api.call(payment.provider_url, "GET", session_path(payment.provider_ref))
        except WaveRefusal as refused:
            if not refused.is_missing:
                raise puzzled(refused) from refused
            return Report(reported=Reported.NOT_FOUND, provider_ref=payment.provider_ref)
        if not isinstance(body, dict):
            raise ProviderUnavailable(NAME)
        return _report(payment, body)

    async def capture(self, payment: Payment) -> Report:
        """See PaymentGateway. Wave takes at once what the payer confirms."""
        raise RefusedByProvider("capture-not-possible", "Wave holds nothing for us.")

    async def end(self, payment: Payment) -> None:
        """See PaymentGateway. Every session that the payment ever got, whether we were told of it or not."""
        sessions = await self._sessions(payment)
        refs = {ref: None for each in sessions if each.get("checkout_status") not in ENDED and (ref := _id(each))}
        if payment.provider_ref and payment.provider_ref not in map(_id, sessions):
            refs[payment.provider_ref] = None
        for ref in refs:
            try:
                await self._api.call(payment.provider_url, "POST", session_path(ref, "expire"))
            except WaveRefusal as refused:
                if refused.status != OVER and not refused.is_missing:
                    raise puzzled(refused) from refused

    async def refund(self, payment: Payment, refund: Refund) -> Transfer:
        """See PaymentGateway. Wave gives back the whole, once however often it is asked; it has no name for it."""
        if refund.amount != payment.amount:
            raise RefusedByProvider("partial-refund-not-possible", "Wave gives back whole payments only.")
        if payment.provider_ref is None:
            raise RefusedByProvider("checkout-session-not-found", "The payment has no session at Wave.")
        try:
            await self._api.call(payment.provider_url, "POST", session_path(payment.provider_ref, "refund"))
        except WaveRefusal as refused:
            if refused.code == INSUFFICIENT_FUNDS:
                raise puzzled(refused) from refused
            raise
        return Transfer(state=TransferState.DONE, provider_ref=payment.provider_ref, amount=payment.amount)

    async def read_refund(self, payment: Payment, refund: Refund) -> Transfer:
        """See PaymentGateway. A session does not say whether it went back; asking again for the same does."""
        try:
            return await self.refund(payment, refund)
        except RefusedByProvider as refused:
            return Transfer(state=TransferState.FAILED, failure_code=refused.code, failure_message=refused.message)

    def read_event(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """See PaymentGateway."""
        if not is_signed(self._secret, headers, body, self._clock.now()):
            raise WebhookInvalidSignature
        try:
            event = loads(body)
        except MalformedJson as error:
            raise WebhookInvalidSignature from error
        return event_of(event)

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
        body = await self._api.call(
            payment.provider_url,
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
        session = read_session(body, payment)
        if session is None or not session.is_usable:
            log.error("wave answered with a session that is not ours", extra={"payment_id": str(payment.id)})
            raise ProviderUnavailable(NAME)
        return session

    async def _find(self, payment: Payment) -> Session | None:
        """The session that was made for a payment: a paid one, else the one we know of, else the oldest open one."""
        found = [read_session(each, payment) for each in await self._sessions(payment)]
        usable = [session for session in found if session is not None and session.is_usable]
        return min(
            usable,
            key=lambda session: (
                session.checkout_status != "complete",
                session.id != payment.provider_ref,
                session.created,
            ),
            default=None,
        )

    async def _sessions(self, payment: Payment) -> list[dict[str, Json]]:
        return await self._api.search(payment.provider_url, f"{SESSIONS}/search", str(payment.id))


def _report(payment: Payment, session: dict[str, Json]) -> Report:
    """What a session says; nothing, if it is another payment's."""
    is_ours = session.get("client_reference") == str(payment.id) and _id(session)
    if not is_ours or payment.provider_ref not in (None, _id(session)):
        log.error("wave answers with a session that is not ours", extra={"payment_id": str(payment.id)})
        raise ProviderUnavailable(NAME)
    return report_of(session, reported(session), session)


def _id(session: Mapping[str, Json]) -> str:
    return identifier(session.get("id"))


def _conforms(gateway: WavePayments) -> PaymentGateway:
    return gateway
