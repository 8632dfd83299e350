"""Payments by MTN MoMo Collections, and what goes back by its Disbursements."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from allonova.adapters.payments.mtn_api import MtnProduct
from allonova.adapters.payments.mtn_wire import (
    NAME,
    STATUSES,
    external_id,
    is_accepted,
    is_missing,
    party,
    read_transaction,
    refusal,
    report,
    transfer,
    wire_currency,
)
from allonova.adapters.vendors.strict_json import Json, MalformedJson, loads
from allonova.application.kernel.ports import Clock
from allonova.application.money.ports import (
    Opened,
    PaymentGateway,
    ProviderEvent,
    PushIntent,
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

CHARGES: Final = "/v1_0/requesttopay"
REFUNDS: Final = "/v1_0/refund"
WEBHOOK: Final = "/api/v1/payments/webhook/mtn"
APPROVAL: Final = timedelta(minutes=5)  # then MTN ends it: COULD_NOT_PERFORM_TRANSACTION
OTHER: Final = "other"
# ASCII, no apostrophes, 160 characters at most: MTN refuses what has others (its "Common Error Codes", 400).
FOR_A_RIDE, FOR_THE_WALLET, BACK, NOTE = "Trajet AlloCar", "Recharge AlloCar", "Remboursement AlloCar", "AlloCar"


class MtnPayments:
    """Each payment's id is its `X-Reference-Id`: MTN makes one charge of it, however often it is asked.

    All of a payment happens at the platform where it was made (`provider_url`).

    Args:
        public_url: where MTN reaches this service.
        disbursement: sends money back; without it nothing can be given back.
    """

    def __init__(
        self,
        *,
        base_url: str,
        public_url: str,
        collection: MtnProduct,
        disbursement: MtnProduct | None,
        clock: Clock,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._webhook = public_url.rstrip("/") + WEBHOOK
        self._collection = collection
        self._disbursement = disbursement
        self._currency = wire_currency(collection.environment)
        self._clock = clock

    @property
    def base_url(self) -> str:
        """See PaymentGateway."""
        return self._base_url

    @property
    def gives_back(self) -> Reach:
        """See PaymentGateway."""
        return Reach.NOTHING if self._disbursement is None else Reach.PARTS

    async def open(self, payment: Payment, *, return_url: str, phone: str | None, is_repeat: bool) -> Opened:
        """See PaymentGateway. What it opened before is refused as existing, and so is found."""
        if phone is None:
            raise RefusedByProvider("phone-required", "MTN calls a phone: name its number.")
        order = self._charge(payment, phone)
        await self._collection.ready(payment.provider_url)
        try:
            reply = await self._collection.call(
                payment.provider_url,
                "POST",
                CHARGES,
                reference=payment.id,
                callback_url=f"{self._webhook}/{payment.id}",
                json=order,
            )
            failure = None if is_accepted(reply) else refusal(reply)
        except ProviderUnavailable as unknown:
            failure = unknown
        # It may have been taken all the same, by this call or an earlier one.
        if failure is not None and (await self.read(payment)).reported is Reported.NOT_FOUND:
            raise failure
        intent = PushIntent(phone=phone, expires_at=self._clock.now() + APPROVAL)
        return Opened(provider_ref=str(payment.id), intent=intent)

    async def read(self, payment: Payment) -> Report:
        """See PaymentGateway."""
        reply = await self._collection.call(payment.provider_url, "GET", f"{CHARGES}/{payment.id}")
        if is_missing(reply):
            return Report(reported=Reported.NOT_FOUND)
        if not reply.is_success:
            raise _unread(refusal(reply))
        return report(read_transaction(reply.body, ours=payment.id, currency=self._currency), payment.id)

    async def capture(self, payment: Payment) -> Report:
        """See PaymentGateway. Nothing is ever held."""
        raise RefusedByProvider("capture-not-possible", "Mobile money is paid at once.")

    async def end(self, payment: Payment) -> None:
        """See PaymentGateway. MTN takes no charge back; it ends by itself when nobody approves it."""

    async def refund(self, payment: Payment, refund: Refund) -> Transfer:
        """See PaymentGateway. The refund's id is its `X-Reference-Id`."""
        reply = await self._back().call(
            payment.provider_url,
            "POST",
            REFUNDS,
            reference=refund.id,
            json={
                "amount": str(refund.amount),
                "currency": self._currency,
                "externalId": str(refund.id),
                "referenceIdToRefund": str(payment.id),
                "payerMessage": BACK,
                "payeeNote": NOTE,
            },
        )
        if is_accepted(reply):
            return await self._accepted(payment, refund)
        refused = refusal(reply)
        if isinstance(refused, ProviderUnavailable):
            raise refused
        # An earlier call may have been taken, and what is refused for good is paid back by other ways.
        found = await self.read_refund(payment, refund)
        if found.state is TransferState.NOT_FOUND:
            raise refused
        return found

    async def read_refund(self, payment: Payment, refund: Refund) -> Transfer:
        """See PaymentGateway."""
        reply = await self._back().call(payment.provider_url, "GET", f"{REFUNDS}/{refund.id}")
        if is_missing(reply):
            return Transfer(state=TransferState.NOT_FOUND)
        if not reply.is_success:
            raise _unread(refusal(reply))
        return transfer(read_transaction(reply.body, ours=refund.id, currency=self._currency), refund.id)

    def read_event(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """See PaymentGateway. Nothing is signed: it is a hint about a payment, if it names one."""
        try:
            event = loads(body)
        except MalformedJson as error:
            raise WebhookInvalidSignature from error
        if not isinstance(event, dict):
            raise WebhookInvalidSignature
        status = event.get("status")
        kind = status if isinstance(status, str) and status in STATUSES else OTHER
        payment_id = external_id(event)
        # What names no payment of ours in its body may name one in its path: two such are the same when they are equal.
        named = payment_id or hashlib.sha256(body).hexdigest()
        return ProviderEvent(provider=NAME, event_id=f"{named}:{kind}", kind=kind, payment_id=payment_id, report=None)

    def _charge(self, payment: Payment, phone: str) -> Json:
        return {
            "amount": str(payment.amount),
            "currency": self._currency,
            "externalId": str(payment.id),
            "payer": party(phone),
            "payerMessage": FOR_THE_WALLET if payment.is_topup else FOR_A_RIDE,
            "payeeNote": NOTE,
        }

    def _back(self) -> MtnProduct:
        if self._disbursement is None:
            raise RefusedByProvider("refund-not-possible", "There are no keys for MTN Disbursements.")
        return self._disbursement

    async def _accepted(self, payment: Payment, refund: Refund) -> Transfer:
        """What became of a refund that MTN has taken; what cannot be read yet is under way."""
        pending = Transfer(state=TransferState.PENDING, provider_ref=str(refund.id))
        try:
            found = await self.read_refund(payment, refund)
        except ProviderUnavailable:
            return pending
        return pending if found.state is TransferState.NOT_FOUND else found


def _unread(refused: RefusedByProvider | ProviderUnavailable) -> ProviderUnavailable:
    """Nobody refuses to say how a payment stands for good."""
    return refused if isinstance(refused, ProviderUnavailable) else ProviderUnavailable(NAME)


def _conforms(gateway: MtnPayments) -> PaymentGateway:
    return gateway
