"""What was paid to oneself."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Response

from allonova.adapters.http.answers import answer_page, spec
from allonova.adapters.http.fields import Instant
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.application.money.payout_views import PayoutView
from allonova.application.money.show_payouts import ShowPayouts
from allonova.domain.money.payout import PayoutKind, PayoutMethod, PayoutStatus

router = api_router("Wallet", "/me/payouts")
PAYOUTS = Listing(
    filters={"status": PayoutStatus, "method": PayoutMethod, "kind": PayoutKind, "created_at": Instant},
    ranges=["created_at"],
    sortable=["created_at"],
)
NEWEST_FIRST = (Sort("created_at", descending=True),)


@router.get("", **spec(PayoutView, listed=True, parameters=PAYOUTS.parameters()))
async def list_own_payouts(
    caller: UserCaller,
    query: Annotated[ListQuery, PAYOUTS.depends()],
    show: Annotated[ShowPayouts, use(ShowPayouts)],
) -> Response:
    """One's own payouts and withdrawals, the newest first unless sorted otherwise."""
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    return answer_page(await show(caller_id=caller.user_id, query=query), query)
