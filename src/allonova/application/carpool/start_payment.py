"""Pay for a booking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import lock_booking, lock_payment, require_side
from allonova.application.carpool.money_views import PaymentStarted, RedirectIntent, payment_view
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.idempotency import Once
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.money.ports import Opened, PaymentGateway, RefusedByProvider
from allonova.domain.carpool.booking import NotPayable
from allonova.domain.kernel.changes import SYSTEM, Actor
from allonova.domain.kernel.errors import (
    DomainError,
    Forbidden,
    NotFound,
    ProviderUnavailable,
    StillRunning,
)
from allonova.domain.kernel.machine import Party
from allonova.domain.money.payment import Method, Payment, PaymentPending, PaymentStatus, ProviderRefused


@dataclass(frozen=True, slots=True)
class StartPayment:
    """Open a payment at a provider for an accepted booking whose hold is alive.

    Two transactions with the provider's call between them. The key is leased meanwhile with the payment's id: whoever
    repeats the request after a crash or a time-out goes on with that payment, and the provider sees one. If what the
    predecessor had from the provider was a refusal, the successor passes it on.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock
    ids: Ids
    gateways: Mapping[Method, PaymentGateway]

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        Forbidden,
        NotPayable,
        PaymentPending,
        StillRunning,
        ProviderRefused,
        ProviderUnavailable,
    )

    async def __call__(
        self, *, caller_id: UUID, booking_id: UUID, method: Method, return_url: str, once: Once[PaymentStarted]
    ) -> PaymentStarted:
        """Only the passenger may. `return_url`: where the browser goes afterwards."""
        gateway = self.gateways[method]
        payment, is_repeat = await self._prepare(caller_id, booking_id, method, gateway, once)
        try:
            opened = await gateway.open(payment, return_url=return_url, is_repeat=is_repeat)
        except RefusedByProvider as refusal:
            await self._refuse(payment, refusal)
            raise ProviderRefused(payment.id, refusal.code) from refusal
        except ProviderUnavailable:
            async with self.begin() as unit:
                await once.release(unit)
            raise
        return await self._opened(payment, opened, once)

    async def _prepare(
        self,
        caller_id: UUID,
        booking_id: UUID,
        method: Method,
        gateway: PaymentGateway,
        once: Once[PaymentStarted],
    ) -> tuple[Payment, bool]:
        """The payment to open, and whether a predecessor may have opened it. Raises ProviderRefused for his refusal."""
        now = self.clock.now()
        async with self.begin() as unit:
            payment_id = await once.lease(unit, self.ids.new())
            begun = await unit.payments.find(id=payment_id)
            if begun is not None:
                if begun.status is PaymentStatus.FAILED:
                    raise ProviderRefused(begun.id, begun.failure_code or "")
                return begun, True
            trip, booking = await lock_booking(unit, booking_id)
            by = require_side(caller_id, trip, booking)
            if by.party is not Party.PASSENGER:
                raise Forbidden
            booking.require_payable(now)
            pending = await unit.payments.open_of(booking_id)
            if pending is not None:
                raise PaymentPending(pending.id)
            payment = Payment(
                id=payment_id,
                booking_id=booking_id,
                user_id=caller_id,
                method=method,
                provider_url=gateway.base_url,
                amount=booking.amount_total,
                created_at=now,
                updated_at=now,
            )
            await unit.payments.add(payment)
            await self._audit(unit, payment, "payment.init", by)
        return payment, False

    async def _opened(self, payment: Payment, opened: Opened, once: Once[PaymentStarted]) -> PaymentStarted:
        """Keep what the provider answered. Its webhook may have come first: a paid payment stays paid."""
        intent = RedirectIntent(url=opened.url, expires_at=opened.expires_at)
        async with self.begin() as unit:
            current = await lock_payment(unit, payment)
            current.started(provider_ref=opened.provider_ref, intent=_as_json(intent), at=self.clock.now())
            await unit.payments.save(current)
            started = PaymentStarted(payment=payment_view(current), intent=intent)
            await once.settle(unit, started)
        return started

    async def _refuse(self, payment: Payment, refusal: RefusedByProvider) -> None:
        now: datetime = self.clock.now()
        async with self.begin() as unit:
            current = await lock_payment(unit, payment)
            if current.status is PaymentStatus.INIT:
                current.fail(code=refusal.code, message=refusal.message, by=Party.SYSTEM, at=now)
                await unit.payments.save(current)
                await self._audit(unit, current, "payment.failed", SYSTEM)

    async def _audit(self, unit: CarpoolUnit, payment: Payment, action: str, actor: Actor) -> None:
        await unit.audit.put(
            actor=actor, action=action, entity="payment", entity_id=payment.id, meta={"method": payment.method.value}
        )


def _as_json(intent: RedirectIntent) -> dict[str, str]:
    return {"kind": intent.kind, "url": intent.url, "expires_at": intent.expires_at.isoformat()}
