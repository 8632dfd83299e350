"""Shows on sockets how rides stand, and closes those of rides that are over."""

from __future__ import annotations

from allonova.application.carpool.frames import RIDE_UPDATED, drive_channel, link_channel, ride_channel
from allonova.application.carpool.ride_queries import RideNews, RideQueries
from allonova.application.carpool.ride_screen import OPEN
from allonova.application.carpool.ride_views import ride_update
from allonova.application.kernel.live import Channels
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.booking import LIVE
from allonova.domain.carpool.events import BookingEvent, RideLinkEnded


@wired
class ShowRide:
    """Hears what changes a ride: those who have its link see it, and go when it is over, as does its passenger."""

    queries: RideQueries
    channels: Channels
    clock: Clock

    async def __call__(self, event: BookingEvent, *, once: str) -> None:
        """Shows how it stands now."""
        news = await self.queries.news(event.booking_id, now=self.clock.now())
        if news is None:
            return
        if news.link_id is not None:
            frame = RIDE_UPDATED(ride_update(news.booking, news.trip))
            await self.channels.post([link_channel(news.link_id)], frame, once=once)
        if over := _over(news):
            await self.channels.end(over)


def _over(news: RideNews) -> list[str]:
    """The channels that nothing more will come of."""
    found = []
    if news.booking.status not in LIVE:
        found.append(ride_channel(news.booking.id))
        if news.link_id is not None:
            found.append(link_channel(news.link_id))
    if news.trip.status not in OPEN:
        found.append(drive_channel(news.trip.id))
    return found


@wired
class CloseLink:
    """Hears that a link has ended: whoever follows by it has to go."""

    channels: Channels

    async def __call__(self, event: RideLinkEnded, *, once: str) -> None:
        """Again, there is nobody left."""
        await self.channels.end([link_channel(event.link_id)])
