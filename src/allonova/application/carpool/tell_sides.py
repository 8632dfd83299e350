"""Messages about bookings."""

from __future__ import annotations

from dataclasses import dataclass

from allonova.application.carpool.ports import BookingNews, CarpoolQueries, Contact
from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.templates import Template
from allonova.domain.carpool.events import (
    BookingAccepted,
    BookingCompleted,
    BookingEvent,
    BookingExpired,
    BookingPaid,
    BookingRequested,
)

TO_DRIVER: dict[type[BookingEvent], Template] = {
    BookingRequested: Template.BOOKING_REQUESTED,
    BookingPaid: Template.BOOKING_PAID_DRIVER,
}
TO_PASSENGER: dict[type[BookingEvent], Template] = {
    BookingAccepted: Template.BOOKING_ACCEPTED,
    BookingExpired: Template.BOOKING_EXPIRED,
    BookingPaid: Template.BOOKING_PAID_PASSENGER,
    BookingCompleted: Template.BOOKING_COMPLETED,
}


@dataclass(frozen=True, slots=True)
class TellDriver:
    """Hears what a driver wants to hear."""

    queries: CarpoolQueries
    messenger: Messenger

    async def __call__(self, event: BookingEvent) -> None:
        """One SMS."""
        news = await self.queries.booking_news(event.booking_id)
        if news is not None:
            await _tell(self.messenger, news.driver, TO_DRIVER[type(event)], news)


@dataclass(frozen=True, slots=True)
class TellPassenger:
    """Hears what a passenger wants to hear."""

    queries: CarpoolQueries
    messenger: Messenger

    async def __call__(self, event: BookingEvent) -> None:
        """One SMS."""
        news = await self.queries.booking_news(event.booking_id)
        if news is not None:
            await _tell(self.messenger, news.passenger, TO_PASSENGER[type(event)], news)


async def _tell(messenger: Messenger, contact: Contact, template: Template, news: BookingNews) -> None:
    if contact.phone is None:
        return
    await messenger.text(
        to=contact.phone,
        language=contact.language,
        template=template,
        seats=news.seats,
        amount=news.amount_total,
        route=f"{news.origin} - {news.destination}",
        when=f"{news.departure_time:%d/%m %H:%M}",  # Abidjan keeps UTC all year
    )
