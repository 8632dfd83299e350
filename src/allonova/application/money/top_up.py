"""Put money into one's wallet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.application.identity.accounts import own_account
from allonova.application.kernel.idempotency import Once
from allonova.application.kernel.ports import Begin, Ids
from allonova.application.kernel.wired import wired
from allonova.application.money.opening import OpeningDesk, audit_payment
from allonova.application.money.views import PaymentStarted
from allonova.application.money.wallet_queries import OwnerUnit
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import (
    AuthRequired,
    DomainError,
    FieldError,
    ProviderUnavailable,
    StillRunning,
    ValidationError,
)
from allonova.domain.kernel.machine import Party
from allonova.domain.money.payment import Method, MethodUnavailable, Payment, ProviderRefused, TooManyCardFailures
from allonova.domain.money.rules import OPEN_TOPUPS, MoneyRulesNow
from allonova.domain.money.wallet import TooManyTopups, WalletDisabled, WalletFull


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpWish:
    """How much somebody wants in his wallet, and how he pays it: the rest as for a booking's payment."""

    amount: int
    method: Method
    return_url: str
    phone: str | None = None


@wired
class TopUp:
    """Open a payment at a provider that goes into the caller's wallet once it is paid."""

    begin: Begin[OwnerUnit]
    ids: Ids
    opening: OpeningDesk
    rules: MoneyRulesNow

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        AuthRequired,
        ValidationError,
        WalletDisabled,
        WalletFull,
        TooManyTopups,
        MethodUnavailable,
        TooManyCardFailures,
        StillRunning,
        ProviderRefused,
        ProviderUnavailable,
    )

    async def __call__(self, *, caller_id: UUID, wish: TopUpWish, once: Once[PaymentStarted]) -> PaymentStarted:
        """Raises ValidationError for an amount out of bounds, WalletFull when the wallet may not hold so much."""
        async with self.begin() as unit:
            payment_id = await once.lease(unit, self.ids.new())
            phone = await self.opening.phone_of(unit, caller_id, wish.method, wish.phone)
            payment = await self.opening.begun(unit, payment_id)
            is_repeat = payment is not None
            if payment is None:
                payment = await self._begin(unit, payment_id, caller_id, wish)
        return await self.opening.open(payment, return_url=wish.return_url, phone=phone, is_repeat=is_repeat, once=once)

    async def _begin(self, unit: OwnerUnit, payment_id: UUID, caller_id: UUID, wish: TopUpWish) -> Payment:
        rules = self.rules()
        if not rules.enable_wallet:
            raise WalletDisabled
        _require_within(wish.amount, rules.topup_minimum, rules.topup_limit)
        gateway, now = self.opening.gateway(wish.method), self.opening.clock.now()
        await own_account(unit, caller_id)  # one top-up of his begins at a time
        await self._require_room(unit, caller_id, wish.amount)
        if wish.method is Method.CARD:
            await self.opening.require_card_tries(unit, caller_id)
        payment = Payment(
            id=payment_id,
            booking_id=None,
            user_id=caller_id,
            method=wish.method,
            provider_url=gateway.base_url,
            amount=wish.amount,
            created_at=now,
            updated_at=now,
        )
        await unit.payments.add(payment)
        await audit_payment(unit, payment, "payment.init", Actor(Party.OWNER, caller_id))
        return payment

    async def _require_room(self, unit: OwnerUnit, owner_id: UUID, amount: int) -> None:
        """Those under way count as if they were there: first they are read, then the balance, so that one which is paid
        meanwhile counts twice rather than never.
        """
        under_way = await unit.payments.open_topups(owner_id)
        if len(under_way) >= OPEN_TOPUPS:
            raise TooManyTopups(OPEN_TOPUPS)
        purse = await unit.wallets.find(user_id=owner_id)
        room = self.rules().wallet_limit - sum(under_way) - (purse.balance if purse else 0)
        if amount > room:
            raise WalletFull(self.rules().wallet_limit, max(0, room))


def _require_within(amount: int, least: int, most: int) -> None:
    if not least <= amount <= most:
        raise ValidationError((FieldError("amount", "out_of_range", f"{least} to {most} francs"),))
