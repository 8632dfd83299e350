"""Referrals, to the back office."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Response
from pydantic import Field

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, Line
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import AdminCaller, IfMatch, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.application.money.promo_ports import PromoQueries
from allonova.application.money.promo_views import ReferralView
from allonova.application.money.void_referral import VoidReferral
from allonova.domain.identity.roles import Area, Right
from allonova.domain.money.referral import ReferralStatus

router = api_router("Back office", "/admin/referrals")
REFERRALS = Listing(
    filters={
        "status": ReferralStatus,
        "referrer_id": UUID,
        "referee_id": UUID,
        "created_at": Instant,
        "earned_at": Instant,
    },
    ranges=["created_at", "earned_at"],
    sortable=["created_at", "earned_at"],
)
NEWEST_FIRST = (Sort("created_at", descending=True),)


class ReferralReview(Body):
    """A referral that is not to be thanked for."""

    status: Literal[ReferralStatus.VOID]
    reason: Line = Field(description="Kept in the audit log: name no person here.")


@router.get("", **spec(ReferralView, listed=True, row=True, parameters=REFERRALS.parameters()))
async def list_referrals(
    caller: Annotated[AdminCaller, admin(Area.PROMOS, Right.READ)],
    query: Annotated[ListQuery, REFERRALS.depends()],
    queries: Annotated[PromoQueries, use(PromoQueries)],
) -> Response:
    """Who brought whom, the newest first unless sorted otherwise."""
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    return answer_page(await queries.referrals(query), query)


@router.patch("/{id}", **spec(ReferralView, VoidReferral.errors, row=True))
async def void_referral(
    id: UUID,
    body: ReferralReview,
    caller: Annotated[AdminCaller, admin(Area.PROMOS, Right.ALL)],
    if_match: IfMatch,
    void: Annotated[VoidReferral, use(VoidReferral)],
) -> Response:
    """Void a referral that waits for its ride. One that was earned stands."""
    voided = await void(by=caller.actor, referral_id=id, reason=body.reason, expected=if_match)
    return answer(voided, etag=voided.version)
