"""Payouts to Wave accounts (docs.wave.com: /payout; providers.md 1.1)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import quote

import httpx

from allonova.adapters.payments.wave_api import (
    INSUFFICIENT_FUNDS,
    MAX_CODE,
    NAME,
    WaveApi,
    WaveRefusal,
    failure,
    francs,
    identifier,
    puzzled,
)
from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import plain
from allonova.adapters.vendors.strict_json import Json
from allonova.application.money.ports import PayoutGateway, PayoutOrder, Transfer, TransferState
from allonova.domain.kernel.errors import ProviderUnavailable

log = logging.getLogger(__name__)

PAYOUT = "/v1/payout"
SEARCH = "/v1/payouts/search"
REASON = "AlloCar"  # on the recipient's receipt, at most 40 characters; one word for ever, since repeats must be alike
CONFLICT = 409

STATES = {
    "processing": TransferState.PENDING,
    "succeeded": TransferState.DONE,
    "failed": TransferState.FAILED,
    "reversed": TransferState.FAILED,
}
BEST_FIRST = (TransferState.DONE, TransferState.PENDING, TransferState.FAILED)


class WavePayouts:
    """The payout's id is Wave's idempotency key and its `client_reference`: however often one is sent, it is one."""

    def __init__(self, http: httpx.AsyncClient, *, base_url: str, api_key: str, breaker: Breaker | None = None) -> None:
        self._api = WaveApi(http, base_url=base_url, api_key=api_key, breaker=breaker)

    @property
    def base_url(self) -> str:
        """See PayoutGateway."""
        return self._api.base_url

    async def send(self, order: PayoutOrder) -> Transfer:
        """See PayoutGateway. The recipient gets the whole amount; Wave's fee is ours."""
        try:
            body = await self._api.call(
                order.provider_url,
                "POST",
                PAYOUT,
                json={
                    "currency": order.currency,
                    "receive_amount": str(order.amount),
                    "mobile": order.phone,
                    "client_reference": str(order.id),
                    "payment_reason": REASON,
                },
                idempotency_key=str(order.id),
            )
        except WaveRefusal as refused:
            return await self._refused(order, refused)
        return _transfer(order, body)

    async def read(self, order: PayoutOrder) -> Transfer:
        """See PayoutGateway."""
        if order.provider_ref:
            try:
                path = f"{PAYOUT}/{quote(order.provider_ref, safe='')}"
                return _transfer(order, await self._api.call(order.provider_url, "GET", path))
            except WaveRefusal as refused:
                if not refused.is_missing:
                    raise puzzled(refused) from refused
        return await self._find(order) or Transfer(state=TransferState.NOT_FOUND)

    async def _refused(self, order: PayoutOrder, refused: WaveRefusal) -> Transfer:
        """An earlier try may have got through all the same: a payout that stands counts for more than a refusal."""
        if refused.status == CONFLICT or refused.code == INSUFFICIENT_FUNDS:
            raise puzzled(refused) from refused
        return await self._find(order) or Transfer(
            state=TransferState.FAILED, failure_code=refused.code, failure_message=refused.message
        )

    async def _find(self, order: PayoutOrder) -> Transfer | None:
        found = [_transfer(order, each) for each in await self._api.search(order.provider_url, SEARCH, str(order.id))]
        if sum(transfer.state is not TransferState.FAILED for transfer in found) > 1:
            log.error("wave has several payouts of one id", extra={"payout_id": str(order.id)})
        return min(found, key=lambda transfer: BEST_FIRST.index(transfer.state), default=None)


def _transfer(order: PayoutOrder, payout: Json) -> Transfer:
    """What Wave says of this payout; PENDING, for people to look at, when it says what cannot be."""
    ref = identifier(payout.get("id")) if isinstance(payout, dict) else ""
    if not isinstance(payout, dict) or not ref or payout.get("client_reference") != str(order.id):
        log.error("wave answers with a payout that is not ours", extra={"payout_id": str(order.id)})
        raise ProviderUnavailable(NAME)
    amount, status = francs(payout.get("receive_amount")), plain(payout.get("status"), MAX_CODE)
    state = STATES.get(status)
    if state is None or (amount, payout.get("currency")) != (order.amount, order.currency):
        log.error("wave reports what cannot be", extra={"payout_id": str(order.id), "status": status})
        state = TransferState.PENDING
    code, message = _failure(payout, status) if state is TransferState.FAILED else ("", "")
    return Transfer(
        state=state,
        provider_ref=ref,
        amount=amount,
        fees=(francs(payout.get("fee")) or 0) if state is TransferState.DONE else 0,
        failure_code=code,
        failure_message=message,
    )


def _failure(payout: Mapping[str, Json], status: str) -> tuple[str, str]:
    """Why; a payout that Wave took back has no error of its own."""
    code, message = failure(payout.get("payout_error"))
    return code or ("reversed" if status == "reversed" else "payout-failed"), message


def _conforms(gateway: WavePayouts) -> PayoutGateway:
    return gateway
