"""Say what a code would give for a booking."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.application.money.promo_desk import standing_of
from allonova.application.money.promo_guard import PromoGuard
from allonova.application.money.promo_views import PromoQuote
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.kernel.errors import DomainError, NotFound
from allonova.domain.money.promo import PromoReason, TooManyPromoTries

UNPAID = (BookingStatus.PENDING, BookingStatus.ACCEPTED)


@wired
class ValidatePromo:
    """What a code gives to a passenger's own booking, and why it gives nothing. It holds nothing: whoever pays first
    has the last use.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock
    guard: PromoGuard

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, TooManyPromoTries)

    async def __call__(self, *, caller_id: UUID, code: str, booking_id: UUID) -> PromoQuote:
        """Codes that nobody knows are answered as the others."""
        await self.guard(caller_id)
        async with self.begin() as unit:
            booking = await unit.bookings.get(booking_id)
            if booking.passenger_id != caller_id:
                raise NotFound
            fare = booking.amount_total
            found = await self._found(unit, booking, code)
        if isinstance(found, PromoReason):
            return PromoQuote(valid=False, discount=0, amount_after=fare, reason=found.value)
        return PromoQuote(valid=True, discount=found, amount_after=fare - found, reason=None)

    async def _found(self, unit: CarpoolUnit, booking: Booking, code: str) -> int | PromoReason:
        """The discount, or why there is none."""
        if booking.status not in UNPAID:
            return PromoReason.NOT_PAYABLE
        promo = await unit.promos.find(code=code.upper())
        if promo is None:
            return PromoReason.UNKNOWN
        standing = await standing_of(unit, promo.id, booking.id)
        if standing is not None:
            return standing.discount
        used = await unit.promo_uses.count_of(promo.id, booking.passenger_id)
        refusal = promo.refusal(used_by_payer=used, at=self.clock.now())
        return promo.discount_of(booking.amount_total) if refusal is None else refusal
