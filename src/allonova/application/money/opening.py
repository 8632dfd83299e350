"""Opens payments at providers: two transactions with the provider's call between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from allonova.application.kernel.idempotency import LEASE, Once
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.application.money.ports import (
    ClientSecretIntent,
    Intent,
    MoneyUnit,
    Opened,
    PaymentGateway,
    RefusedByProvider,
)
from allonova.application.money.promo_desk import release_promo
from allonova.application.money.views import PaymentStarted, payment_view
from allonova.domain.kernel.changes import SYSTEM, Actor
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.kernel.machine import Party
from allonova.domain.money.payment import (
    CARD_TRIES,
    CARD_WINDOW,
    Method,
    MethodUnavailable,
    Payment,
    PaymentStatus,
    ProviderRefused,
    TooManyCardFailures,
)


@wired
class OpeningDesk:
    """The key is leased meanwhile with the payment's id: whoever repeats the request after a crash or a time-out goes
    on with that payment, and the provider sees one. If what the predecessor had from the provider was a refusal, the
    successor passes it on.
    """

    begin: Begin[MoneyUnit]
    clock: Clock
    gateways: Mapping[Method, PaymentGateway]

    def gateway(self, method: Method) -> PaymentGateway:
        """The provider of a method. Raises MethodUnavailable when there is none."""
        if method not in self.gateways:
            raise MethodUnavailable(method)
        return self.gateways[method]

    async def phone_of(self, unit: MoneyUnit, user_id: UUID, method: Method, asked: str | None) -> str | None:
        """Whose phone is asked to confirm, where one is: the payer's own unless he says otherwise."""
        if method is not Method.MTN or asked is not None:
            return asked
        payer = await unit.users.get(user_id)
        return payer.phone if payer.is_phone_verified else None

    async def require_card_tries(self, unit: MoneyUnit, user_id: UUID) -> None:
        """Refuse whoever's cards have failed too often lately."""
        if await unit.payments.card_failures(user_id, since=self.clock.now() - CARD_WINDOW) >= CARD_TRIES:
            raise TooManyCardFailures(CARD_TRIES)

    async def begun(self, unit: MoneyUnit, payment_id: UUID) -> Payment | None:
        """The payment that a predecessor with the same key began. Raises ProviderRefused for his refusal."""
        begun = await unit.payments.find(id=payment_id)
        if begun is not None and begun.status is PaymentStatus.FAILED:
            raise ProviderRefused(begun.id, begun.failure_code or "")
        return begun

    def may_take_over(self, pending: Payment, method: Method) -> bool:
        """Whether nobody knows what became of opening it, and nobody tries to any more."""
        is_idle = self.clock.now() >= pending.updated_at + LEASE
        return pending.intent is None and pending.method is method and is_idle

    async def open(
        self, payment: Payment, *, return_url: str, phone: str | None, is_repeat: bool, once: Once[PaymentStarted]
    ) -> PaymentStarted:
        """Open a payment that is kept.

        Raises:
            ProviderRefused, ProviderUnavailable
        """
        gateway = self.gateway(payment.method)
        try:
            opened = await gateway.open(payment, return_url=return_url, phone=phone, is_repeat=is_repeat)
        except RefusedByProvider as refusal:
            await self._refuse(payment, refusal)
            raise ProviderRefused(payment.id, refusal.code) from refusal
        except ProviderUnavailable:
            async with self.begin() as unit:
                await once.release(unit)
            raise
        return await self._opened(payment, opened, once)

    async def _opened(self, payment: Payment, opened: Opened, once: Once[PaymentStarted]) -> PaymentStarted:
        """Keep what the provider answered. Its webhook may have come first: a paid payment stays paid."""
        async with self.begin() as unit:
            current = await unit.payments.get(payment.id, lock=True)
            current.started(
                provider_ref=opened.provider_ref,
                intent=_as_json(opened.intent),
                keys=opened.keys,
                notif_token=opened.notif_token,
                at=self.clock.now(),
            )
            await unit.payments.save(current)
            started = PaymentStarted(payment=payment_view(current), intent=opened.intent)
            await once.settle(unit, started)
        return started

    async def _refuse(self, payment: Payment, refusal: RefusedByProvider) -> None:
        now: datetime = self.clock.now()
        async with self.begin() as unit:
            current = await unit.payments.get(payment.id, lock=True)
            if current.status is PaymentStatus.INIT:
                current.fail(code=refusal.code, message=refusal.message, by=Party.SYSTEM, at=now)
                await unit.payments.save(current)
                await release_promo(unit, current, now)
                await audit_payment(unit, current, "payment.failed", SYSTEM)


async def audit_payment(unit: MoneyUnit, payment: Payment, action: str, actor: Actor) -> None:
    """Write down what was done to a payment."""
    meta: dict[str, str | int] = {"method": payment.method.value}
    await unit.audit.put(actor=actor, action=action, entity="payment", entity_id=payment.id, meta=meta)


def _as_json(intent: Intent) -> dict[str, Any]:
    """What is kept of it: a client's secret is not."""
    if isinstance(intent, ClientSecretIntent):
        return {"kind": intent.kind}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(intent).items()}
