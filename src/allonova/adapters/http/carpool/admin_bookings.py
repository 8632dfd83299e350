"""Bookings, in the back office."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Response
from pydantic import Field, StrictBool, StrictInt

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, Line
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import AdminCaller, IfMatch, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.arbitrate_booking import ArbitrateBooking, Ruling
from allonova.application.carpool.oversight_queries import OversightQueries
from allonova.application.carpool.oversight_views import DeskBookingDetail, DeskBookingView
from allonova.application.carpool.views import SharedBooking
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.identity.roles import Area, Right
from allonova.domain.kernel.errors import NotFound
from allonova.domain.kernel.money import MAX_AMOUNT_XOF

router = api_router("Back office: bookings", "/admin/bookings")

BOOKINGS = Listing(
    filters={
        "status": BookingStatus,
        "trip_id": UUID,
        "passenger_id": UUID,
        "driver_id": UUID,
        "contested": bool,
        "departure_time": Instant,
        "created_at": Instant,
    },
    ranges=["departure_time", "created_at"],
    sortable=["departure_time", "created_at"],
)
CONDITIONS = {"driver_id": "driver_ids", "contested": "contested"}
"""Filters that are no comparison with a column: the queries' conditions behind them, which take tuples."""
NEWEST_FIRST = (Sort("created_at", descending=True),)

type Reader = Annotated[AdminCaller, admin(Area.BOOKINGS, Right.READ)]
type Reading = Annotated[OversightQueries, use(OversightQueries)]
type Arbiter = Annotated[AdminCaller, admin(Area.BOOKINGS, Right.ALL)]


class RulingBody(Body):
    """How it ends. Of a cancelled one `refund_amount` francs go back to the passenger, by default all that he paid; the
    rest is shared as a fare is. `driver_at_fault` marks the driver's record.
    """

    status: Literal[BookingStatus.CANCELLED, BookingStatus.COMPLETED]
    refund_amount: Annotated[StrictInt, Field(ge=0, le=MAX_AMOUNT_XOF)] | None = None
    driver_at_fault: StrictBool | None = None
    reason: Line = Field(description="Kept in the audit log: name no person here.")


@router.get("", **spec(DeskBookingView, listed=True, row=True, parameters=BOOKINGS.parameters()))
async def list_all_bookings(
    caller: Reader, query: Annotated[ListQuery, BOOKINGS.depends()], queries: Reading
) -> Response:
    """All bookings, the newest first unless sorted otherwise. `contested=true`: whose money waits for a decision."""
    filters = tuple(_condition(each) for each in query.filters)
    return answer_page(await queries.bookings(replace(query, filters=filters, sort=query.sort or NEWEST_FIRST)), query)


def _condition(given: Filter) -> Filter:
    if given.field not in CONDITIONS:
        return given
    values = given.value if given.op is Op.IN else (given.value,)
    return Filter(CONDITIONS[given.field], Op.EQ, values)


@router.get("/{id}", **spec(DeskBookingDetail, [NotFound], row=True))
async def show_any_booking(id: UUID, caller: Reader, queries: Reading) -> Response:
    """A booking with both sides, its history and its payments."""
    booking = await queries.booking(id)
    if booking is None:
        raise NotFound
    return answer(booking, etag=booking.version)


@router.patch("/{id}", **spec(SharedBooking, ArbitrateBooking.errors, row=True))
async def arbitrate_booking(
    id: UUID,
    body: RulingBody,
    caller: Arbiter,
    if_match: IfMatch,
    arbitrate: Annotated[ArbitrateBooking, use(ArbitrateBooking)],
) -> Response:
    """End it by the back office's word. One whose sides disagree about the ride is cancelled already, and its money
    waits: `cancelled` with a refund says whose it is. Who has no right over payments gives back `support_refund_limit`
    francs of a booking at most.
    """
    ruling = Ruling(
        status=body.status,
        refund_amount=body.refund_amount,
        is_drivers_fault=body.driver_at_fault,
        reason=body.reason,
    )
    booking = await arbitrate(by=caller.actor, role=caller.role, booking_id=id, ruling=ruling, expected=if_match)
    return answer(booking, etag=booking.version)
