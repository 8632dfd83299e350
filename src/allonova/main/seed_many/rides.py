"""Trips of drivers: those that are over, one that is under way, and those that can be booked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.rules import EMPTY_TRIP_AFTER
from allonova.domain.carpool.trip import StopDraft, TripStatus, new_trip, plan_stops
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.machine import Party
from allonova.domain.kernel.road import Reached
from allonova.main.seed_many.dice import Dice
from allonova.main.seed_many.people import People
from allonova.main.seed_many.ride_story import DAY, HOUR, MINUTE, RideStory
from allonova.main.seed_many.towns import a_route

PAST, COMING = range(-45, -2), range(1, 20)  # days from today
LEAST_AHEAD = timedelta(days=3)  # a trip is published at least so long before it leaves

type Fate = Callable[[RideStory, Booking], None]
"""What becomes of a request before the car leaves."""


def rides(people: People, number: int) -> Iterator[RideStory]:
    """A driver's trips, on days of their own, and all that came of them."""
    dice = Dice(people.seed, "rides", number)
    for day in sorted(dice.sample(PAST, 3)):
        yield _over(_story(people, dice, number, day), people)
    if dice.one_in(4):
        yield _under_way(_story(people, dice, number, 0), people)
    for day in sorted(dice.sample(COMING, 2)):
        yield _coming(_story(people, dice, number, day), people)


def _story(people: People, dice: Dice, number: int, day: int) -> RideStory:
    """A trip that nobody has booked yet."""
    route, today = a_route(dice), people.now.replace(hour=0, minute=0, second=0, microsecond=0)
    departure = today + day * DAY + dice.randint(5, 12) * HOUR + dice.choice((0, 15, 30, 45)) * MINUTE
    if day == 0:
        departure = people.now - 70 * MINUTE
    published = min(departure - LEAST_AHEAD - dice.randint(0, 48) * HOUR, people.now - 2 * DAY)
    price = route.price + 500 * dice.randint(-1, 2)
    reached = [Reached(metres, departure + route.reached_after(metres)) for metres in route.metres]
    halts = route.places[1:-1]
    drafts = [StopDraft(order=n, point=place.point, label=place.text) for n, place in enumerate(halts, 1)]
    trip = new_trip(
        id=dice.new(),
        driver_id=people.user_id(number),
        vehicle_id=people.vehicle_id(number),
        origin=route.places[0],
        destination=route.places[-1],
        departure_time=departure,
        arrival_eta=departure + route.takes,
        distance_m=route.metres[-1],
        price_per_seat=price,
        seats=dice.choice((3, 4, 4)),
        stops=plan_stops([dice.new() for _ in drafts], drafts, reached, price),
        at=published - HOUR,
    )
    trip.publish(Party.DRIVER, published)
    return RideStory(dice, trip, people.now)


def _passengers(story: RideStory, people: People) -> list[UUID]:
    """A few who have no car, each once."""
    count = min(story.dice.choice((1, 2, 2, 3)), people.count - len(people.drivers()))
    found: dict[int, None] = {}
    while len(found) < count:
        number = story.dice.randrange(people.count)
        if not people.is_driver(number):
            found[number] = None
    return [people.user_id(number) for number in found]


def _requested(story: RideStory, passenger_id: UUID) -> Booking:
    """In the two days before the departure, yet not in the last hours."""
    at = min(story.trip.departure_time, story.now) - story.dice.randint(26 * 60, 47 * 60) * MINUTE
    return story.request(passenger_id, at)


def _paid(story: RideStory, booking: Booking) -> None:
    answered = booking.created_at + story.dice.randint(2, 90) * MINUTE
    story.accept(booking, answered)
    story.pay(booking, answered + story.dice.randint(3, 25) * MINUTE)


def _rejected(story: RideStory, booking: Booking) -> None:
    booking.reject(story.driver, booking.created_at + 40 * MINUTE)


def _ignored(story: RideStory, booking: Booking) -> None:
    story.lapse(booking, booking.created_at + 24 * HOUR)


def _unpaid(story: RideStory, booking: Booking) -> None:
    story.accept(booking, booking.created_at + 5 * MINUTE)
    story.lapse(booking, booking.created_at + 36 * MINUTE)


def _withdrawn(story: RideStory, booking: Booking) -> None:
    booking.cancel(_passenger(booking), booking.created_at + 15 * MINUTE, "cancelled")


def _cancelled_in_time(story: RideStory, booking: Booking) -> None:
    _paid(story, booking)
    at = min(booking.departure_time - 24 * HOUR, story.now)
    story.cancel(booking, _passenger(booking), max(at - MINUTE, booking.updated_at + MINUTE))


def _cancelled_late(story: RideStory, booking: Booking) -> None:
    _paid(story, booking)
    story.cancel(booking, _passenger(booking), booking.departure_time - story.dice.choice((1, 5)) * HOUR)


def _given_up(story: RideStory, booking: Booking) -> None:
    _paid(story, booking)
    story.cancel(booking, story.driver, booking.departure_time - 3 * HOUR)


def _passenger(booking: Booking) -> Actor:
    return Actor(Party.PASSENGER, booking.passenger_id)


BEFORE: tuple[Fate, ...] = (
    *(_paid,) * 12,
    *(_rejected, _ignored, _unpaid, _withdrawn),
    *(_cancelled_in_time, _cancelled_late, _given_up),
)
"""What becomes of requests for trips that have left."""
AHEAD: tuple[Fate, ...] = (*(_paid,) * 5, _rejected, _unpaid, _withdrawn, _cancelled_in_time)
"""The same for trips that have not."""


def _over(story: RideStory, people: People) -> RideStory:
    """Long arrived, unless it was called off."""
    trip, dice = story.trip, story.dice
    if dice.one_in(20):
        trip.cancel(Party.DRIVER, trip.departure_time - 30 * HOUR, "empêchement")
        return story
    for passenger_id in _passengers(story, people):
        booking = _requested(story, passenger_id)
        dice.choice(BEFORE)(story, booking)
    for booking in [one for one in story.bookings if one.status is BookingStatus.PAID]:
        _rode(story, booking)
    if trip.status is TripStatus.ONGOING:
        trip.complete(Party.DRIVER, max(booking.updated_at for booking in story.bookings))
    else:
        trip.complete(Party.SYSTEM, trip.arrival_eta + EMPTY_TRIP_AFTER)
    for booking in story.bookings:
        if booking.status is BookingStatus.COMPLETED:
            story.judge(booking)
    return story


def _rode(story: RideStory, booking: Booking) -> None:
    """What became of somebody who had paid."""
    left, fate = booking.departure_time, story.dice.randrange(20)
    if fate == 0:
        story.miss(booking, left + 35 * MINUTE)
    elif fate == 1:
        story.be_missed(booking, left + 20 * MINUTE)
        story.give_back(booking, left + 25 * HOUR)
    else:
        story.board(booking, left - 10 * MINUTE)
        if fate > 2:
            story.start(booking, left)
        story.arrive(booking, story.trip.arrival_eta + story.dice.randint(-20, 20) * MINUTE)


def _under_way(story: RideStory, people: People) -> RideStory:
    """On the road now: one waits still, one is aboard, one saw no driver."""
    aboard: tuple[Callable[[Booking], None], ...] = (
        lambda booking: _aboard(story, booking),
        lambda booking: story.board(booking, booking.departure_time - 5 * MINUTE),
        lambda booking: story.be_missed(booking, story.now - MINUTE),
    )
    for passenger_id, then in zip(_passengers(story, people), aboard, strict=False):
        booking = story.request(passenger_id, story.trip.departure_time - 30 * HOUR)
        _paid(story, booking)
        if booking.departure_time < story.now - 30 * MINUTE:
            then(booking)
    return story


def _aboard(story: RideStory, booking: Booking) -> None:
    story.board(booking, booking.departure_time - 5 * MINUTE)
    story.start(booking, booking.departure_time)


def _coming(story: RideStory, people: People) -> RideStory:
    """Can be booked; some have."""
    dice = story.dice
    for passenger_id in _passengers(story, people):
        fresh = dice.randrange(6)
        if fresh > 1:
            dice.choice(AHEAD)(story, _requested(story, passenger_id))
            continue
        booking = story.request(passenger_id, story.now - dice.randint(5, 25) * MINUTE)
        if fresh:
            story.accept(booking, story.now - 3 * MINUTE)
    return story
