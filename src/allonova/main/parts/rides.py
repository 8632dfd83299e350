"""Rides that are followed: positions, links."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from allonova.application.carpool.enter_trip import EnterTrip
from allonova.application.carpool.follow_ride import FollowRide
from allonova.application.carpool.forget_locations import ForgetLocations
from allonova.application.carpool.keep_locations import KeepLocations
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.report_location import ReportLocation
from allonova.application.carpool.ride_screen import RideScreen
from allonova.application.carpool.share_ride import ShareRide
from allonova.application.carpool.show_proof import ShowProof
from allonova.application.carpool.show_ride import CloseLink, ShowRide
from allonova.application.carpool.unshare_ride import UnshareRide
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.tracks import Tracks
from allonova.domain.carpool.events import (
    BookingCancelled,
    BookingCheckedIn,
    BookingCompleted,
    BookingStarted,
    PassengerMissing,
    RideLinkEnded,
    RideShared,
    TripChanged,
)
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {RideShared: ("tell_driver",)}
_RIDE = ("show_ride",)
SHOWN: dict[type[Event], tuple[str, ...]] = {
    BookingCheckedIn: _RIDE,
    BookingStarted: _RIDE,
    BookingCompleted: _RIDE,
    BookingCancelled: _RIDE,
    PassengerMissing: _RIDE,
    TripChanged: _RIDE,
    RideLinkEnded: ("close_link",),
}
EVERY_S = {"forget_locations": 3600}


def build(platform: Platform, outside: Outside) -> Part:
    """On its adapters."""
    begin: Begin[CarpoolUnit] = platform.begin
    clock, ids, queries, channels = platform.clock, outside.ids, platform.rides, platform.channels
    screen = RideScreen(queries, outside.planner, channels, clock)
    tracks = Tracks(screen, KeepLocations(begin, ids))
    screen.again = tracks.again

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        async with tracks.running():
            yield
        await screen.close()

    return Part(
        use={
            EnterTrip: EnterTrip(queries, tracks, screen, clock),
            ReportLocation: ReportLocation(tracks, screen, clock),
            FollowRide: FollowRide(queries, tracks, screen, clock),
            RideScreen: screen,
            ShareRide: ShareRide(begin, clock, ids, outside.secrets, outside.web_url),
            UnshareRide: UnshareRide(begin, clock),
            ShowProof: ShowProof(queries, clock),
        },
        showers={"show_ride": ShowRide(queries, channels, clock), "close_link": CloseLink(channels)},
        jobs={"forget_locations": ForgetLocations(begin, queries, clock, ids)},
        running=(running,),
    )
