"""Bookings, from the wish to the arrival."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Annotated, Any, Literal
from uuid import UUID

import segno
from fastapi import Query, Response
from pydantic import StringConstraints

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, Line, SeatCount
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import UserCaller, keyed, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.accept_booking import AcceptBooking
from allonova.application.carpool.cancel_booking import CancelBooking
from allonova.application.carpool.check_in import CheckIn
from allonova.application.carpool.contest_no_show import ContestNoShow
from allonova.application.carpool.create_booking import CreateBooking
from allonova.application.carpool.end_ride import EndRide
from allonova.application.carpool.ports import CarpoolQueries
from allonova.application.carpool.reject_booking import RejectBooking
from allonova.application.carpool.report_driver_no_show import ReportDriverNoShow
from allonova.application.carpool.report_no_show import ReportNoShow
from allonova.application.carpool.start_ride import StartRide
from allonova.application.carpool.views import BookingView, DriverMissed
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


class CancelBody(Body):
    """Why, for the other side to read."""

    reason: Line | None = None


class Svg(Response):
    """A picture."""

    media_type = "image/svg+xml"


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


@router.post("/{id}/reject", **spec(BookingView, RejectBooking.errors))
async def reject_booking(
    id: UUID, caller: UserCaller, reject: Annotated[RejectBooking, use(RejectBooking)]
) -> Response:
    """The driver says no."""
    return answer(await reject(caller_id=caller.user_id, booking_id=id))


@router.post("/{id}/cancel", **spec(BookingView, CancelBooking.errors))
async def cancel_booking(
    id: UUID, caller: UserCaller, cancel: Annotated[CancelBooking, use(CancelBooking)], body: CancelBody | None = None
) -> Response:
    """A side does not want it any more; `cancellation` says what the passenger loses and what goes back."""
    reason = None if body is None else body.reason
    return answer(await cancel(caller_id=caller.user_id, booking_id=id, reason=reason))


@router.post("/{id}/no-show", **spec(BookingView, ReportNoShow.errors))
async def report_no_show(id: UUID, caller: UserCaller, report: Annotated[ReportNoShow, use(ReportNoShow)]) -> Response:
    """The driver says that the passenger did not come."""
    return answer(await report(caller_id=caller.user_id, booking_id=id))


@router.post("/{id}/driver-no-show", **spec(DriverMissed, ReportDriverNoShow.errors))
async def report_driver_no_show(
    id: UUID, caller: UserCaller, report: Annotated[ReportDriverNoShow, use(ReportDriverNoShow)]
) -> Response:
    """The passenger says that no driver came; the next trips that go the same way come with the answer."""
    return answer(await report(caller_id=caller.user_id, booking_id=id))


@router.post("/{id}/contest", **spec(BookingView, ContestNoShow.errors))
async def contest_no_show(
    id: UUID, caller: UserCaller, contest: Annotated[ContestNoShow, use(ContestNoShow)]
) -> Response:
    """The driver answers, within a day, that he was there; the money then waits for the back office."""
    return answer(await contest(caller_id=caller.user_id, booking_id=id))


@router.get("/{id}/qr.svg", **spec(None, [NotFound], media=Svg.media_type))
async def draw_qr(id: UUID, caller: UserCaller, queries: Annotated[CarpoolQueries, use(CarpoolQueries)]) -> Response:
    """The picture that the driver reads, for the passenger alone."""
    booking = await queries.booking(id, viewer_id=caller.user_id)
    if booking is None or booking.qr_code is None:
        raise NotFound
    return Svg(_drawn(booking.qr_code))


@lru_cache(maxsize=256)  # a phone asks again each time it shows the booking; to draw is 3 ms and more, to keep is 5 kB
def _drawn(code: str) -> bytes:
    picture = io.BytesIO()
    segno.make_qr(code, error="m").save(picture, kind="svg", scale=8, border=4, light="#fff")
    return picture.getvalue()


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
