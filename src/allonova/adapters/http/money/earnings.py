"""What one has earned by driving."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Query, Response

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.periods import Period, bounds
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.application.kernel.ports import Clock
from allonova.application.money.earnings import Earnings
from allonova.application.money.show_earnings import ShowEarnings

router = api_router("Wallet", "/me/earnings")
EARNINGS = Listing(filters={}, sortable=["completed_at"], extra=["period"])
NEWEST_FIRST = (Sort("completed_at", descending=True),)


@router.get("", **spec(Earnings, ShowEarnings.errors, parameters=EARNINGS.parameters()))
async def get_earnings(
    caller: UserCaller,
    query: Annotated[ListQuery, EARNINGS.depends()],
    show: Annotated[ShowEarnings, use(ShowEarnings)],
    clock: Annotated[Clock, use(Clock)],
    period: Annotated[Period | None, Query()] = None,
) -> Response:
    """One's earnings of a period (without one: of all time), the newest first: rides, fees of those who cancelled late
    or did not come, and what was withheld. `rides` is one page of them, `totals` add up all of the period, `payable` is
    what will be paid out next.
    """
    since, until = (None, None) if period is None else bounds(period, clock.now())
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    return answer(await show(caller_id=caller.user_id, query=query, since=since, until=until))
