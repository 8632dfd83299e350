"""Messages about ratings: that one can be read, that one is due, that time runs out."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from allonova.application.carpool.ports import BookingNews, CarpoolUnit
from allonova.application.carpool.tell_sides import spelt_instant
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.relay import NotYet
from allonova.application.kernel.wired import wired
from allonova.application.notifications.notices import NoticeDesk
from allonova.application.notifications.templates import Template
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.carpool.events import BookingEvent, RatingShown
from allonova.domain.carpool.rating import closing_time
from allonova.domain.kernel.machine import Party

LAST_CALL = timedelta(days=3)  # before the window closes


@wired
class TellRated:
    """Hears that a rating is shown."""

    begin: Begin[CarpoolUnit]
    desk: NoticeDesk

    async def __call__(self, event: RatingShown, id: UUID) -> None:
        """Whom it is about reads how many stars they are."""
        async with self.begin() as unit:
            rating = await unit.ratings.get(event.rating_id)
            news = await unit.reads.booking_news(rating.booking_id)
        if news is None:
            return
        await self.desk.post(
            id=id,
            user_id=rating.to_user_id,
            template=Template.RATING_RECEIVED,
            facts={**_facts(news), "stars": rating.stars},
            data={"booking_id": str(rating.booking_id), "rating_id": str(rating.id)},
        )


@wired
class RemindRater:
    """Hears that a ride is over.

    Args:
        is_last_call: waits until the window is about to close; else it is told at once.
    """

    side: Party
    is_last_call: bool
    begin: Begin[CarpoolUnit]
    desk: NoticeDesk
    clock: Clock

    async def __call__(self, event: BookingEvent, id: UUID) -> None:
        """Whoever has rated already is left in peace."""
        async with self.begin() as unit:
            booking = await unit.bookings.get(event.booking_id)
            if booking.status is not BookingStatus.COMPLETED:
                return
            closes_at = closing_time(booking)
            self._require_time(closes_at)
            news = await unit.reads.booking_news(booking.id)
            if news is None:
                return
            reader = (news.driver if self.side is Party.DRIVER else news.passenger).user_id
            if await unit.ratings.find(booking_id=booking.id, from_user_id=reader) is not None:
                return
        await self.desk.post(
            id=id,
            user_id=reader,
            template=Template.RATING_DUE,
            facts=_facts(news),
            data={"booking_id": str(event.booking_id)},
            until=closes_at,
        )

    def _require_time(self, closes_at: datetime) -> None:
        if self.is_last_call and self.clock.now() < closes_at - LAST_CALL:
            raise NotYet(closes_at - LAST_CALL)


def _facts(news: BookingNews) -> dict[str, str | int]:
    return {"route": f"{news.origin} - {news.destination}", "when": spelt_instant(news.departure_time)}
