"""Bookings, from the wish to the arrival."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import StringConstraints

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, SeatCount
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import UserCaller, keyed, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.accept_booking import AcceptBooking
from allonova.application.carpool.check_in import CheckIn
from allonova.application.carpool.create_booking import CreateBooking
from allonova.application.carpool.end_ride import EndRide
from allonova.application.carpool.ports import CarpoolQueries
from allonova.application.carpool.start_ride import StartRide
from allonova.application.carpool.views import BookingView
from allonova.application.kernel.idempotency import Once
from allonova.application.kernel.listing import ListQuery
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.kernel.errors import NotFound
from allonova.domain.kernel.machine import Party

router = api_router("Bookings", "/bookings")
BOOKINGS = Listing(
    filters={"status": BookingStatus, "created_at": Instant, "departure_time": Instant},
    ranges=["created_at", "departure_time"],
    sortable=["created_at", "departure_time"],
    extra=["role"],
)


class BookingBody(Body):
    """Seats on a trip; without stops, all the way."""

    trip_id: UUID
    seats: SeatCount
    pickup_stop_id: UUID | None = None
    dropoff_stop_id: UUID | None = None


class CodeBody(Body):
    """What the driver read from the passenger's phone."""

    code: Annotated[str, StringConstraints(min_length=4, max_length=100)]


@router.post("", **spec(BookingView, CreateBooking.errors, status=201, keyed=True))
async def create_booking(
    body: BookingBody,
    caller: UserCaller,
    once: Annotated[Once[Any], keyed(201)],
    create: Annotated[CreateBooking, use(CreateBooking)],
) -> Response:
    """Ask for seats on a trip, or on a stretch of it."""
    booking = await create(
        caller_id=caller.user_id,
        trip_id=body.trip_id,
        seats=body.seats,
        pickup_stop_id=body.pickup_stop_id,
        dropoff_stop_id=body.dropoff_stop_id,
        once=once,
    )
    return answer(booking, status=201, once=once)


@router.get("", **spec(BookingView, listed=True, parameters=BOOKINGS.parameters()))
async def list_bookings(
    caller: UserCaller,
    query: Annotated[ListQuery, BOOKINGS.depends()],
    queries: Annotated[CarpoolQueries, use(CarpoolQueries)],
    role: Annotated[Literal["passenger", "driver"], Query()] = "passenger",
) -> Response:
    """One's own bookings, as passenger or as driver."""
    return answer_page(await queries.bookings(caller.user_id, Party(role), query), query)


@router.get("/{id}", **spec(BookingView, [NotFound]))
async def get_booking(
    id: UUID, caller: UserCaller, queries: Annotated[CarpoolQueries, use(CarpoolQueries)]
) -> Response:
    """A booking, to its two sides."""
    booking = await queries.booking(id, viewer_id=caller.user_id)
    if booking is None:
        raise NotFound
    return answer(booking, etag=booking.version)


@router.post("/{id}/accept", **spec(BookingView, AcceptBooking.errors))
async def accept_booking(
    id: UUID, caller: UserCaller, accept: Annotated[AcceptBooking, use(AcceptBooking)]
) -> Response:
    """The driver says yes: the seats are held while the money is awaited."""
    return answer(await accept(caller_id=caller.user_id, booking_id=id))


@router.post("/{id}/checkin", **spec(BookingView, CheckIn.errors))
async def check_in(id: UUID, body: CodeBody, caller: UserCaller, check: Annotated[CheckIn, use(CheckIn)]) -> Response:
    """The driver reads the passenger's QR, or types the short code under it."""
    return answer(await check(caller_id=caller.user_id, booking_id=id, code=body.code))


@router.post("/{id}/start-ride", **spec(BookingView, StartRide.errors))
async def start_ride(id: UUID, caller: UserCaller, start: Annotated[StartRide, use(StartRide)]) -> Response:
    """The passenger is aboard."""
    return answer(await start(caller_id=caller.user_id, booking_id=id))


@router.post("/{id}/end-ride", **spec(BookingView, EndRide.errors))
async def end_ride(id: UUID, caller: UserCaller, end: Annotated[EndRide, use(EndRide)]) -> Response:
    """The passenger has arrived; the driver has earned it."""
    return answer(await end(caller_id=caller.user_id, booking_id=id))
