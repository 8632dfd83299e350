"""Whom one has brought, and who brought one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body, ReferralCode
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.money.promo_ports import PromoQueries
from allonova.application.money.promo_views import OwnReferral, ReferralSummary
from allonova.application.money.use_referral import UseReferral

router = api_router("Promos", "")


class ReferralBody(Body):
    """The `referral_code` of whoever brought one."""

    code: ReferralCode


@router.post("/referrals/use", **spec(OwnReferral, UseReferral.errors))
async def use_referral(
    body: ReferralBody, caller: UserCaller, take: Annotated[UseReferral, use(UseReferral)]
) -> Response:
    """Say who brought one, within seven days of registering, once. After one's first completed ride both get a bonus
    into their wallets.
    """
    return answer(await take(caller_id=caller.user_id, code=body.code))


@router.get("/me/referrals", **spec(ReferralSummary))
async def get_referrals(caller: UserCaller, queries: Annotated[PromoQueries, use(PromoQueries)]) -> Response:
    """Whom one has brought and what one got for it, and how one came oneself."""
    return answer(await queries.referred(caller.user_id))
