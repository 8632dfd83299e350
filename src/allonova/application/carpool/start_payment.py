"""Pay for a booking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import lock_booking, require_side
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.settle_payment import PaymentDesk
from allonova.application.kernel.idempotency import Once
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.money.opening import OpeningDesk, audit_payment
from allonova.application.money.ports import InstantIntent
from allonova.application.money.promo_desk import take_promo
from allonova.application.money.promo_guard import PromoGuard
from allonova.application.money.views import PaymentStarted, payment_view
from allonova.domain.carpool.booking import Booking, NotPayable
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.errors import (
    DomainError,
    Forbidden,
    InsufficientFunds,
    NotFound,
    ProviderUnavailable,
    StillRunning,
)
from allonova.domain.kernel.machine import Party
from allonova.domain.money.payment import (
    Method,
    MethodUnavailable,
    Payment,
    PaymentPending,
    ProviderRefused,
    TooManyCardFailures,
)
from allonova.domain.money.promo import PromoRefused, TooManyPromoTries
from allonova.domain.money.rules import MoneyRulesNow
from allonova.domain.money.wallet import WalletDisabled


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How somebody wants to pay: `return_url` is where the browser goes afterwards, `phone` is asked by MTN (E.164),
    `promo_code` makes it cheaper.
    """

    booking_id: UUID
    method: Method
    return_url: str
    phone: str | None = None
    promo_code: str | None = None


@wired
class StartPayment:
    """Open a payment at a provider for an accepted booking whose hold is alive, or pay it at once: from the wallet, or
    because a promo covers the whole fare.
    """

    begin: Begin[CarpoolUnit]
    opening: OpeningDesk
    desk: PaymentDesk
    rules: MoneyRulesNow
    guard: PromoGuard

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        Forbidden,
        NotPayable,
        PaymentPending,
        MethodUnavailable,
        WalletDisabled,
        InsufficientFunds,
        TooManyCardFailures,
        StillRunning,
        ProviderRefused,
        ProviderUnavailable,
        PromoRefused,
        TooManyPromoTries,
    )

    async def __call__(self, *, caller_id: UUID, wish: Wish, once: Once[PaymentStarted]) -> PaymentStarted:
        """Only the passenger may."""
        if wish.method is Method.WALLET and not self.rules().enable_wallet:
            raise WalletDisabled
        if wish.promo_code is not None:
            await self.guard(caller_id)
        begun = await self._begin(caller_id, wish, once)
        if isinstance(begun, PaymentStarted):
            return begun
        payment, is_repeat, phone = begun
        return await self.opening.open(payment, return_url=wish.return_url, phone=phone, is_repeat=is_repeat, once=once)

    async def _begin(
        self, caller_id: UUID, wish: Wish, once: Once[PaymentStarted]
    ) -> PaymentStarted | tuple[Payment, bool, str | None]:
        """The payment to open, whether somebody may have opened it before, and whose phone is asked; or a payment that
        is paid already.
        """
        async with self.begin() as unit:
            payment_id = await once.lease(unit, self.desk.endings.ids.new())
            phone = await self.opening.phone_of(unit, caller_id, wish.method, wish.phone)
            begun = await self.opening.begun(unit, payment_id)
            if begun is not None:
                return begun, True, phone
            trip, booking = await lock_booking(unit, wish.booking_id)
            by = require_side(caller_id, trip, booking)
            if by.party is not Party.PASSENGER:
                raise Forbidden
            booking.require_payable(self.desk.endings.clock.now())
            pending = await unit.payments.open_of(booking.id)
            if pending is not None:
                await self._take_over(unit, pending, wish)
                return pending, True, phone
            payment = await self._kept(unit, payment_id, booking, wish)
            await audit_payment(unit, payment, "payment.init", by)
            if payment.method is not Method.WALLET and payment.amount:
                return payment, False, phone
            return await self._pay_at_once(unit, payment, trip, booking, once)

    async def _take_over(self, unit: CarpoolUnit, pending: Payment, wish: Wish) -> None:
        """One payment under way for each booking; one of which nobody knows whether it was opened is gone on with, as
        what it is.
        """
        is_same = pending.promo_code == (wish.promo_code and wish.promo_code.upper())
        if not is_same or not self.opening.may_take_over(pending, wish.method):
            raise PaymentPending(pending.id)
        pending.updated_at = self.desk.endings.clock.now()
        await unit.payments.save(pending)

    async def _kept(self, unit: CarpoolUnit, payment_id: UUID, booking: Booking, wish: Wish) -> Payment:
        desk, is_wallet = self.desk.endings, wish.method is Method.WALLET
        now = desk.clock.now()
        if wish.method is Method.CARD:
            await self.opening.require_card_tries(unit, booking.passenger_id)
        payment = Payment(
            id=payment_id,
            booking_id=booking.id,
            user_id=booking.passenger_id,
            method=wish.method,
            provider_url="" if is_wallet else self.opening.gateway(wish.method).base_url,
            amount=booking.amount_total,
            created_at=now,
            updated_at=now,
        )
        if wish.promo_code is None:
            await unit.payments.add(payment)
            return payment
        use = await take_promo(unit, desk.ids, payment, wish.promo_code, now)
        await unit.payments.add(payment)
        await unit.promo_uses.add(use)
        return payment

    async def _pay_at_once(
        self, unit: CarpoolUnit, payment: Payment, trip: Trip, booking: Booking, once: Once[PaymentStarted]
    ) -> PaymentStarted:
        await self.desk.pay_from_wallet(unit, payment, trip, booking)
        await audit_payment(unit, payment, "payment.paid", require_side(booking.passenger_id, trip, booking))
        started = PaymentStarted(payment=payment_view(payment), intent=InstantIntent())
        await once.settle(unit, started)
        return started
