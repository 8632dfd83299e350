"""Trips and bookings in the back office's hands."""

from __future__ import annotations

from allonova.application.carpool.oversight_queries import OversightQueries
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.stop_trip import StopTrip
from allonova.application.carpool.tell_stopped import TellStopped
from allonova.application.kernel.ports import Begin
from allonova.application.notifications.notices import NoticeDesk
from allonova.domain.carpool.events import TripStopped
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform, Policies
from allonova.main.parts.cash import cash

HEARD: dict[type[Event], tuple[str, ...]] = {TripStopped: ("notify_stopped_driver",)}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside, policies: Policies) -> Part:
    """Oversight on its adapters."""
    begin: Begin[CarpoolUnit] = platform.begin
    endings, queries = cash(platform, outside, policies).endings, platform.oversight
    return Part(
        use={OversightQueries: queries, StopTrip: StopTrip(begin, queries, endings)},
        notifiers={"notify_stopped_driver": TellStopped(begin, NoticeDesk(platform.begin, platform.clock))},
    )
