"""A promo's uses, which follow the payment that they are for.

Each function runs in the unit of the caller, who has locked the payment or is about to keep it. The promo's row is
locked after the payment's and before any wallet.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allonova.application.kernel.ports import Ids
from allonova.application.money.ports import MoneyUnit
from allonova.domain.money.payment import Payment
from allonova.domain.money.promo import Promo, PromoReason, PromoRefused, PromoUse, UseStatus


async def known_promo(unit: MoneyUnit, code: str) -> Promo:
    """The promo of a code, locked. Raises PromoRefused."""
    promo = await unit.promos.find(code=code.upper(), lock=True)
    if promo is None:
        raise PromoRefused.because(PromoReason.UNKNOWN)
    return promo


async def take_promo(unit: MoneyUnit, ids: Ids, payment: Payment, code: str, at: datetime) -> PromoUse:
    """Make a payment that is not yet kept cheaper, and reserve that. The caller keeps the payment, then the use.

    Raises:
        PromoRefused: the code gives nothing to this payer now.
    """
    promo = await known_promo(unit, code)
    used = await unit.promo_uses.count_of(promo.id, payment.user_id)
    if (reason := promo.refusal(used_by_payer=used, at=at)) is not None:
        raise PromoRefused.because(reason)
    if payment.booking_id is None:
        raise ValueError("a promo makes rides cheaper, and nothing else")
    payment.take_promo(promo.id, promo.code, promo.discount_of(payment.amount))
    promo.take(at)
    await unit.promos.save(promo)
    return PromoUse(
        id=ids.new(),
        promo_id=promo.id,
        user_id=payment.user_id,
        payment_id=payment.id,
        booking_id=payment.booking_id,
        discount=payment.discount,
        created_at=at,
        updated_at=at,
    )


async def use_promo(unit: MoneyUnit, payment: Payment, at: datetime) -> None:
    """The payment has come: what was reserved for it is used."""
    use = await _use_of(unit, payment)
    if use is not None and use.status is UseStatus.RESERVED:
        use.become(UseStatus.USED, at)
        await unit.promo_uses.save(use)


async def hold_promo(unit: MoneyUnit, payment: Payment, at: datetime) -> bool:
    """Whether a payment still has its discount: reserved all the while, or again because there is one left for its
    payer. One without a promo needs none.
    """
    use = await _use_of(unit, payment)
    if use is None or use.counts:
        return True
    promo = await unit.promos.get(use.promo_id, lock=True)
    used = await unit.promo_uses.count_of(promo.id, use.user_id)
    if promo.shortage(used_by_payer=used) is not None:
        return False
    promo.take(at)
    await unit.promos.save(promo)
    use.become(UseStatus.RESERVED, at)
    await unit.promo_uses.save(use)
    return True


async def release_promo(unit: MoneyUnit, payment: Payment, at: datetime) -> None:
    """The discount came to nothing: somebody else may have it. Again is harmless."""
    use = await _use_of(unit, payment)
    if use is None or not use.counts:
        return
    promo = await unit.promos.get(use.promo_id, lock=True)
    promo.give_back(at)
    await unit.promos.save(promo)
    use.become(UseStatus.RELEASED, at)
    await unit.promo_uses.save(use)


async def forgo_promo(unit: MoneyUnit, payment: Payment, at: datetime) -> None:
    """Money came that pays for no ride: it is owed back as it came, and the promo has given nothing."""
    if payment.promo_id is not None:
        await release_promo(unit, payment, at)
        payment.forgo_promo()
        await unit.payments.save(payment)


async def _use_of(unit: MoneyUnit, payment: Payment) -> PromoUse | None:
    if payment.promo_id is None:
        return None
    return await unit.promo_uses.find(payment_id=payment.id)


async def standing_of(unit: MoneyUnit, promo_id: UUID, booking_id: UUID) -> PromoUse | None:
    """What a promo gives to a booking already, by a payment that is under way."""
    return await unit.promo_uses.find(promo_id=promo_id, booking_id=booking_id, status=UseStatus.RESERVED)
