"""Where drivers are: said by them, followed by their passengers and by whoever has a ride's link."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from allonova.adapters.ws.routes import Heard, Said, Seat, SocketEdge, SocketRoute, Talk, Visitor
from allonova.application.carpool.enter_trip import EnterTrip, TripSeat
from allonova.application.carpool.follow_ride import FollowRide, LinkSeat
from allonova.application.carpool.frames import LOCATION, RIDE_UPDATED
from allonova.application.carpool.report_location import ReportLocation
from allonova.application.carpool.ride_screen import RideScreen
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import Forbidden, NotFound
from allonova.domain.kernel.geo import Point


class SaidLocation(Said):
    """Where the driver is now, in WGS84 degrees: `heading` in degrees from north, `speed` in metres a second. Send as
    many as you like within the limit of frames: of each half second the last is shown.
    """

    lat: Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False)]
    lon: Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False)]
    heading: Annotated[float, Field(strict=True, ge=0, le=360, allow_inf_nan=False)] | None = None
    speed: Annotated[float, Field(strict=True, ge=0, le=200, allow_inf_nan=False)] | None = None


async def _enter_trip(edge: SocketEdge, visitor: Visitor) -> Seat[TripSeat]:
    try:
        trip_id = UUID(visitor.params["id"])
    except ValueError:
        raise NotFound from None
    enter: EnterTrip = edge.use[EnterTrip]
    seat = await enter(caller_id=visitor.who.user_id, trip_id=trip_id)
    return Seat(channel=seat.channel, party=seat, greet=_show_driver)


async def _show_driver(talk: Talk[TripSeat]) -> None:
    if talk.party.booking_id is not None:
        _show_last(talk, talk.party.booking_id)


def _hear_location(talk: Talk[TripSeat], said: SaidLocation) -> None:
    if talk.party.driving is None:
        raise Forbidden
    report: ReportLocation = talk.edge.use[ReportLocation]
    point = Point(said.lat, said.lon)
    report(driving=talk.party.driving, point=point, heading=said.heading, speed=said.speed)


async def _enter_link(edge: SocketEdge, visitor: Visitor) -> Seat[LinkSeat]:
    follow: FollowRide = edge.use[FollowRide]
    seat = await follow.enter(token=visitor.params["token"])
    return Seat(channel=seat.channel, party=seat, greet=_show_ride)


async def _show_ride(talk: Talk[LinkSeat]) -> None:
    _show_last(talk, talk.party.booking_id)


def _show_last(talk: Talk[TripSeat] | Talk[LinkSeat], booking_id: UUID) -> None:
    screen: RideScreen = talk.edge.use[RideScreen]
    if frame := screen.last(talk.party.trip_id, booking_id, talk.party.seen):
        talk.reply(frame)


DRIVER_LOCATION = SocketRoute(
    path="/ws/trips/{id}/driver-location",
    summary="Where a trip's driver is: said by him, shown to passengers who have paid",
    audience=Audience.ALLOCAR,
    enter=_enter_trip,
    shows=(LOCATION,),
    hears={"location": Heard(SaidLocation, at_once=_hear_location)},
)
PUBLIC_RIDE = SocketRoute(
    path="/ws/public/rides/{token}",
    summary="A ride, for whoever has its link",
    audience=None,
    enter=_enter_link,
    shows=(LOCATION, RIDE_UPDATED),
)
