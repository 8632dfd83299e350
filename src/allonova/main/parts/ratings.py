"""What people say of each other, and what that makes of them."""

from __future__ import annotations

from allonova.application.carpool.close_ratings import CloseRatings
from allonova.application.carpool.demote_driver import DemoteDriver
from allonova.application.carpool.moderate_rating import ModerateRating
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.rate_side import RateSide
from allonova.application.carpool.rating_queries import RatingQueries
from allonova.application.carpool.show_profile import FiguresBook, ListRatings, ShowProfile
from allonova.application.carpool.tell_ratings import RemindRater, TellRated
from allonova.application.kernel.ports import Begin
from allonova.application.notifications.notices import NoticeDesk
from allonova.domain.carpool.events import BookingCancelled, BookingCompleted, RatingShown
from allonova.domain.kernel.events import Event
from allonova.domain.kernel.machine import Party
from allonova.main.parts import Outside, Part, Platform

# The passenger is asked to rate by the message that the ride is over; the driver, who ended it, by one of its own.
HEARD: dict[type[Event], tuple[str, ...]] = {
    RatingShown: ("notify_rating_received",),
    BookingCompleted: (
        "notify_rating_due_driver",
        "notify_rating_closing_driver",
        "notify_rating_closing_passenger",
    ),
    BookingCancelled: ("demote_driver",),
}
EVERY_S = {"ratings": 60}


def build(platform: Platform, outside: Outside) -> Part:
    """On its adapters."""
    begin: Begin[CarpoolUnit] = platform.begin
    clock, ids, queries = platform.clock, outside.ids, platform.ratings
    desk = NoticeDesk(platform.begin, clock)

    def remind(side: Party, *, is_last_call: bool) -> RemindRater:
        return RemindRater(side, is_last_call, begin, desk, clock)

    return Part(
        use={
            RatingQueries: queries,
            RateSide: RateSide(begin, clock, ids),
            ModerateRating: ModerateRating(begin, clock),
            ShowProfile: ShowProfile(queries, FiguresBook(queries), clock),
            ListRatings: ListRatings(queries),
        },
        handlers={"demote_driver": DemoteDriver(begin)},
        notifiers={
            "notify_rating_received": TellRated(begin, desk),
            "notify_rating_due_driver": remind(Party.DRIVER, is_last_call=False),
            "notify_rating_closing_driver": remind(Party.DRIVER, is_last_call=True),
            "notify_rating_closing_passenger": remind(Party.PASSENGER, is_last_call=True),
        },
        jobs={"ratings": CloseRatings(begin, queries, clock)},
    )
