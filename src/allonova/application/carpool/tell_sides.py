"""Messages about bookings: each side is a subscriber of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from allonova.application.carpool.ports import BookingNews, CarpoolQueries
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.application.notifications.notices import NoticeDesk
from allonova.application.notifications.templates import Template
from allonova.domain.carpool.events import (
    BookingAccepted,
    BookingCancelled,
    BookingCompleted,
    BookingEvent,
    BookingExpired,
    BookingPaid,
    BookingRejected,
    BookingRequested,
    PassengerMissing,
    RideQuestioned,
    RideShared,
    TripChanged,
)
from allonova.domain.kernel.machine import Party

type Choice = Callable[[BookingNews], Template | None]


def _always(template: Template) -> Choice:
    return lambda _: template


def _cancelled_for_driver(news: BookingNews) -> Template | None:
    """A driver who gave up a trip knows that its bookings are gone."""
    return None if news.ended_by is Party.DRIVER else Template.BOOKING_CANCELLED_DRIVER


def _cancelled_for_passenger(news: BookingNews) -> Template | None:
    """A passenger who gave up a booking that he had not paid has nothing to learn."""
    if news.fee or news.refund:
        return Template.BOOKING_CANCELLED_PASSENGER
    return None if news.ended_by is Party.PASSENGER else Template.BOOKING_CANCELLED_UNPAID


WORDS: Mapping[Party, Mapping[type[BookingEvent], Choice]] = {
    Party.DRIVER: {
        BookingRequested: _always(Template.BOOKING_REQUESTED),
        BookingPaid: _always(Template.BOOKING_PAID_DRIVER),
        BookingCancelled: _cancelled_for_driver,
        RideQuestioned: _always(Template.RIDE_QUESTION),
        RideShared: _always(Template.RIDE_SHARED),
    },
    Party.PASSENGER: {
        BookingAccepted: _always(Template.BOOKING_ACCEPTED),
        BookingRejected: _always(Template.BOOKING_REJECTED),
        BookingExpired: _always(Template.BOOKING_EXPIRED),
        BookingPaid: _always(Template.BOOKING_PAID_PASSENGER),
        BookingCancelled: _cancelled_for_passenger,
        BookingCompleted: _always(Template.BOOKING_COMPLETED),
        TripChanged: _always(Template.TRIP_CHANGED),
        PassengerMissing: _always(Template.NO_SHOW),
        RideQuestioned: _always(Template.RIDE_QUESTION),
    },
}


@wired
class TellSide:
    """Hears what a side of a booking wants to hear."""

    side: Party
    queries: CarpoolQueries
    desk: NoticeDesk
    clock: Clock

    async def __call__(self, event: BookingEvent, id: UUID) -> None:
        """Nothing to whoever did it himself, unless there is money in it."""
        news = await self.queries.booking_news(event.booking_id)
        if news is None or (template := WORDS[self.side][type(event)](news)) is None:
            return
        await self.desk.post(
            id=id,
            user_id=(news.driver if self.side is Party.DRIVER else news.passenger).user_id,
            template=template,
            facts=_facts(news),
            data={"booking_id": str(event.booking_id), "trip_id": str(news.trip_id)},
            until=_until(template, news, self.clock.now()),
        )


def _until(template: Template, news: BookingNews, now: datetime) -> datetime | None:
    """How long it is of use: until the money must be there, or the ride leaves; what is told later, always."""
    if template is Template.BOOKING_ACCEPTED:
        return news.hold_expires_at
    return news.departure_time if news.departure_time > now else None


def spelt_instant(at: datetime) -> str:
    """Day and time as messages write them."""
    return f"{at:%d/%m %H:%M}"  # Abidjan keeps UTC all year


def _facts(news: BookingNews) -> dict[str, str | int]:
    """What the words may name; francs."""
    return {
        "seats": news.seats,
        "amount": news.amount_total,
        "fee": news.fee,
        "refund": news.refund,
        "route": f"{news.origin} - {news.destination}",
        "when": spelt_instant(news.departure_time),
    }
