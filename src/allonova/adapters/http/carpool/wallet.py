"""One's wallet and its statement."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Query, Response

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Instant
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.periods import Period, bounds
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.ports import CarpoolQueries
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.application.kernel.ports import Clock
from allonova.application.money.views import WalletTxnView, WalletView
from allonova.domain.money.wallet import TxnSource, TxnStatus, TxnType

router = api_router("Wallet", "/wallet")
TXNS = Listing(
    filters={"type": TxnType, "source": TxnSource, "status": TxnStatus, "created_at": Instant},
    ranges=["created_at"],
    sortable=["created_at"],
    extra=["period"],
)
NEWEST_FIRST = (Sort("created_at", descending=True),)


@router.get("", **spec(WalletView))
async def get_wallet(caller: UserCaller, queries: Annotated[CarpoolQueries, use(CarpoolQueries)]) -> Response:
    """One's balance."""
    return answer(await queries.wallet(caller.user_id))


@router.get("/txns", **spec(WalletTxnView, listed=True, parameters=TXNS.parameters()))
async def list_wallet_txns(
    caller: UserCaller,
    query: Annotated[ListQuery, TXNS.depends()],
    queries: Annotated[CarpoolQueries, use(CarpoolQueries)],
    clock: Annotated[Clock, use(Clock)],
    period: Annotated[Period | None, Query()] = None,
) -> Response:
    """The lines of one's statement, the newest first unless sorted otherwise."""
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    if period is not None:
        start, end = bounds(period, clock.now())
        within = (Filter("created_at", Op.GTE, start), Filter("created_at", Op.LT, end))
        query = replace(query, filters=(*query.filters, *within))
    return answer_page(await queries.wallet_txns(caller.user_id, query), query)
