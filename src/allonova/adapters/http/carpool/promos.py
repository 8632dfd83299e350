"""Codes that make a ride cheaper, to whoever pays for it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Response

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body, GivenPromoCode
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.validate_promo import ValidatePromo
from allonova.application.money.promo_views import PromoQuote

router = api_router("Promos", "/promos")


class PromoBody(Body):
    """A code, and one's own booking that it is to make cheaper."""

    code: GivenPromoCode
    booking_id: UUID


@router.post("/validate", **spec(PromoQuote, ValidatePromo.errors))
async def validate_promo(
    body: PromoBody, caller: UserCaller, validate: Annotated[ValidatePromo, use(ValidatePromo)]
) -> Response:
    """What a code gives for a booking, in francs, or why it gives nothing. It holds nothing: paying does."""
    return answer(await validate(caller_id=caller.user_id, code=body.code, booking_id=body.booking_id))
