"""Who tries codes is counted, whatever he finds."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from allonova.application.identity.send_otp import seconds_until
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.application.money.ports import MoneyUnit
from allonova.domain.money.promo import TooManyPromoTries

PROMO_TRIES = 20
PROMO_WINDOW = timedelta(minutes=10)


@wired
class PromoGuard:
    """Lets somebody try a code. Right ones count as well, or one's own good code would make the guessing free."""

    begin: Begin[MoneyUnit]
    clock: Clock

    async def __call__(self, user_id: UUID) -> None:
        """Count a try, in a unit of its own: what follows may be refused. Raises TooManyPromoTries."""
        now = self.clock.now()
        async with self.begin() as unit:
            until = await unit.attempts.take(f"promo:{user_id}", limit=PROMO_TRIES, window=PROMO_WINDOW, now=now)
        if until is not None:
            raise TooManyPromoTries(retry_after_s=seconds_until(until, now))
