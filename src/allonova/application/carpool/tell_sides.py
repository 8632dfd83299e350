"""Messages about bookings: each side and channel is a subscriber of its own, so that what failed is retried alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from allonova.application.carpool.ports import BookingNews, CarpoolQueries, Contact
from allonova.application.notifications.messenger import Messenger
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

PLACE_LETTERS = 29  # of each place's name in a text message: with two of them every one still fits one SMS

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


@dataclass(frozen=True, slots=True)
class TextSide:
    """Hears what a side of a booking wants to hear."""

    side: Party
    queries: CarpoolQueries
    messenger: Messenger

    async def __call__(self, event: BookingEvent) -> None:
        """One SMS to a verified phone whose owner wants them."""
        news = await self.queries.booking_news(event.booking_id)
        if news is None or (template := WORDS[self.side][type(event)](news)) is None:
            return
        contact = _contact(news, self.side)
        if contact.phone is not None and contact.wants_sms:
            facts = _facts(short_place(news.origin), short_place(news.destination), news)
            await self.messenger.text(to=contact.phone, language=contact.language, template=template, **facts)


@dataclass(frozen=True, slots=True)
class MailSide:
    """Hears what a side of a booking wants to hear."""

    side: Party
    queries: CarpoolQueries
    messenger: Messenger

    async def __call__(self, event: BookingEvent) -> None:
        """One mail to a verified address whose owner wants them."""
        news = await self.queries.booking_news(event.booking_id)
        if news is None or (template := WORDS[self.side][type(event)](news)) is None:
            return
        contact = _contact(news, self.side)
        if contact.email is not None and contact.wants_email:
            facts = _facts(news.origin, news.destination, news)
            await self.messenger.mail(to=contact.email, language=contact.language, template=template, **facts)


class _Facts(TypedDict):
    """What the words may name; francs."""

    seats: int
    amount: int
    fee: int
    refund: int
    route: str
    when: str


def _contact(news: BookingNews, side: Party) -> Contact:
    return news.driver if side is Party.DRIVER else news.passenger


def short_place(place: str) -> str:
    """A place's name as text messages have room for."""
    return place if len(place) <= PLACE_LETTERS else f"{place[: PLACE_LETTERS - 3].rstrip(' ,')}..."


def spelt_instant(at: datetime) -> str:
    """Day and time as messages write them."""
    return f"{at:%d/%m %H:%M}"  # Abidjan keeps UTC all year


def _facts(origin: str, destination: str, news: BookingNews) -> _Facts:
    return {
        "seats": news.seats,
        "amount": news.amount_total,
        "fee": news.fee,
        "refund": news.refund,
        "route": f"{origin} - {destination}",
        "when": spelt_instant(news.departure_time),
    }
