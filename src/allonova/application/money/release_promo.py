"""Give a promo's use back whose ride did not take place."""

from __future__ import annotations

from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.application.money.ports import MoneyUnit
from allonova.application.money.promo_desk import release_promo
from allonova.domain.money.events import PromoReturned


@wired
class ReleasePromo:
    """Hears PromoReturned. Not part of the cancellation, which may hold wallets: promos are locked before those."""

    begin: Begin[MoneyUnit]
    clock: Clock

    async def __call__(self, event: PromoReturned) -> None:
        """Again is harmless."""
        async with self.begin() as unit:
            payment = await unit.payments.get(event.payment_id, lock=True)
            await release_promo(unit, payment, self.clock.now())
