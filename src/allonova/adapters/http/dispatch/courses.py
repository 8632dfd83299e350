"""A chauffeur's own courses: his day, and what he has driven."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from allonova.adapters.http.answers import answer_page, spec
from allonova.adapters.http.dispatch.bodies import staff_router
from allonova.adapters.http.dispatch.staff import Chauffeur
from allonova.adapters.http.fields import Day
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import use
from allonova.application.dispatch.offer_queries import OfferQueries
from allonova.application.dispatch.views import CommandeView
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.application.kernel.ports import Clock
from allonova.domain.dispatch.commande import CommandeStatut

router = staff_router("courses", "/api/me/courses")
COURSES = Listing(
    filters={"statut": CommandeStatut},
    sortable=["dateISO", "statut"],
    dated="dateISO",
    searched=True,
    extra=["date"],
)


@router.get("", **spec(CommandeView, listed=True, row=True, parameters=COURSES.parameters()))
async def list_courses(
    caller: Chauffeur,
    query: Annotated[ListQuery, COURSES.depends()],
    queries: Annotated[OfferQueries, use(OfferQueries)],
    clock: Annotated[Clock, use(Clock)],
    date: Annotated[Day | None, Query(description="One day of the company's zone.")] = None,
) -> Response:
    """One's own courses in the order of the day: today's; or, with any filter, all that match it, also of the past."""
    now = clock.now()
    filters = query.filters
    if date is not None:
        filters = (*filters, Filter("dateISO", Op.FROM_DAY, date), Filter("dateISO", Op.TO_DAY, date))
    elif not filters:
        filters = (Filter("aujourdhui", Op.EQ, now),)
    wanted = ListQuery(filters, query.sort or (Sort("dateISO"),), query.page, query.page_size)
    return answer_page(await queries.courses(caller.societe_id, caller.id, wanted, now=now), wanted)
