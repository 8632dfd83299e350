"""Payouts by MTN MoMo Disbursements."""

from __future__ import annotations

from typing import Final

from allonova.adapters.payments.mtn_api import MtnProduct
from allonova.adapters.payments.mtn_wire import (
    NAME,
    is_accepted,
    is_missing,
    party,
    read_transaction,
    refusal,
    transfer,
    wire_currency,
)
from allonova.application.money.ports import (
    PayoutGateway,
    PayoutOrder,
    RefusedByProvider,
    Transfer,
    TransferState,
)
from allonova.domain.kernel.errors import ProviderUnavailable

TRANSFERS: Final = "/v1_0/transfer"
MESSAGE, NOTE = "AlloCar", "Versement AlloCar"  # ASCII, no apostrophes, 160 characters at most


class MtnPayouts:
    """Each order's id is its `X-Reference-Id`: MTN makes one transfer of it, however often it is asked, and tells of it
    only at the platform where it was made (`provider_url`).
    """

    def __init__(self, *, base_url: str, disbursement: MtnProduct) -> None:
        self._base_url = base_url.rstrip("/")
        self._disbursement = disbursement
        self._currency = wire_currency(disbursement.environment)

    @property
    def base_url(self) -> str:
        """See PayoutGateway."""
        return self._base_url

    async def send(self, order: PayoutOrder) -> Transfer:
        """See PayoutGateway."""
        try:
            payee = party(order.phone)
        except RefusedByProvider as refused:
            return _failed(refused)
        reply = await self._disbursement.call(
            order.provider_url,
            "POST",
            TRANSFERS,
            reference=order.id,
            json={
                "amount": str(order.amount),
                "currency": self._currency,
                "externalId": str(order.id),
                "payee": payee,
                "payerMessage": MESSAGE,
                "payeeNote": NOTE,
            },
        )
        if is_accepted(reply):
            return await self._accepted(order)
        refusing = refusal(reply)
        if isinstance(refusing, ProviderUnavailable):
            raise refusing
        # An earlier call may have been taken, and what has failed for good is paid by another order.
        found = await self.read(order)
        return _failed(refusing) if found.state is TransferState.NOT_FOUND else found

    async def read(self, order: PayoutOrder) -> Transfer:
        """See PayoutGateway. A transfer that our own account there did not cover has FAILED: MTN has ended it, and
        takes its id for no other.
        """
        reply = await self._disbursement.call(order.provider_url, "GET", f"{TRANSFERS}/{order.id}")
        if is_missing(reply):
            return Transfer(state=TransferState.NOT_FOUND)
        if not reply.is_success:
            raise ProviderUnavailable(NAME) from refusal(reply)
        return transfer(read_transaction(reply.body, ours=order.id, currency=self._currency), order.id)

    async def _accepted(self, order: PayoutOrder) -> Transfer:
        """What became of a transfer that MTN has taken; what cannot be read yet is under way."""
        pending = Transfer(state=TransferState.PENDING, provider_ref=str(order.id))
        try:
            found = await self.read(order)
        except ProviderUnavailable:
            return pending
        return pending if found.state is TransferState.NOT_FOUND else found


def _failed(refused: RefusedByProvider) -> Transfer:
    return Transfer(state=TransferState.FAILED, failure_code=refused.code, failure_message=refused.message)


def _conforms(gateway: MtnPayouts) -> PayoutGateway:
    return gateway
