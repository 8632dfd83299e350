"""What the report on usage counts."""

from __future__ import annotations

from dataclasses import replace

from allonova.application.carpool.usage_report import ReportUsage
from allonova.domain.carpool.trip import TripStatus
from allonova.domain.carpool.usage import Actives, Counts
from tests.contract.conftest import Scene
from tests.support.exports import DAY
from tests.support.factories import (
    DEPARTURE,
    NOW,
    a_booking,
    a_driver,
    a_rating,
    a_trip,
    a_user,
    accepted,
    arrived,
    cancelled,
    new_id,
    paid,
)

MIDNIGHT = NOW.replace(hour=0)
LEAVING = DEPARTURE.date()


async def test_nothing_is_counted_when_there_is_nothing(scene: Scene) -> None:
    usage = await scene.world.usage.usage(MIDNIGHT + 100 * DAY, MIDNIGHT + 101 * DAY)
    assert (dict(usage.counts), dict(usage.actives), usage.active) == ({}, {}, Actives())


async def test_people_trips_bookings_and_ratings_are_counted_by_their_days(scene: Scene) -> None:
    world, trip = scene.world, scene.trip
    riders = [a_user(created_at=MIDNIGHT - DAY) for _ in range(5)]
    bookings = [
        arrived(trip, a_booking(trip, riders[0])),
        paid(trip, a_booking(trip, riders[1])),
        accepted(trip, a_booking(trip, riders[2])),
        a_booking(trip, riders[3]),
        cancelled(a_booking(trip, riders[4])),
        cancelled(a_booking(trip, riders[0], created_at=NOW + DAY)),
    ]
    other = a_driver(created_at=MIDNIGHT - DAY)
    gone = a_trip(other, status=TripStatus.CANCELLED)
    draft = a_trip(other, status=TripStatus.DRAFT)
    over = a_trip(other, status=TripStatus.COMPLETED, departure_time=DEPARTURE + DAY, arrival_eta=DEPARTURE + 1.2 * DAY)
    shown = a_rating(trip, bookings[0], stars=4, shown_at=NOW)
    hidden = replace(a_rating(trip, bookings[0], by_driver=True, stars=1), shown_at=None)
    await world.keep(*riders, other, gone, draft, over, *bookings)
    for rating in (shown, hidden):
        await world.run(lambda unit, rating=rating: unit.ratings.add(rating))  # type: ignore[misc] # its own
    usage = await world.usage.usage(MIDNIGHT - DAY, MIDNIGHT + 5 * DAY)
    assert dict(usage.counts) == {
        (MIDNIGHT - DAY).date(): Counts(registrations=6),
        NOW.date(): Counts(
            registrations=2, requested=5, pending=1, accepted=1, paid=1, completed=1, cancelled=1, converted=2,
            ratings=1, stars=4,
        ),
        LEAVING: Counts(
            trips=2, trips_cancelled=1, seats_offered=trip.seats_total, seats_sold=2, requested=1, cancelled=1
        ),
        (DEPARTURE + DAY).date(): Counts(trips=1, trips_completed=1, seats_offered=over.seats_total),
    }  # fmt: skip
    assert dict(usage.actives) == {
        NOW.date(): Actives(users=5, passengers=5),
        LEAVING: Actives(users=2, passengers=1, drivers=1),
        (DEPARTURE + DAY).date(): Actives(users=1, drivers=1),
    }
    assert usage.active == Actives(users=7, passengers=5, drivers=2)


async def test_report_has_every_day_and_its_shares(scene: Scene) -> None:
    trip, rider = scene.trip, scene.passenger
    booking = paid(trip, a_booking(trip, rider, seats=2, id=new_id()))
    await scene.world.keep(booking)
    report = await ReportUsage(scene.world.usage)(since=MIDNIGHT, until=MIDNIGHT + 3 * DAY)
    assert [each.day for each in report.days] == [(MIDNIGHT + n * DAY).date() for n in range(3)]
    assert (report.first_day, report.last_day) == (MIDNIGHT.date(), (MIDNIGHT + 2 * DAY).date())
    assert (report.totals.requested, report.totals.seats_sold) == (1, 2)
    assert (report.rates.paid, report.rates.completed, report.rates.rating_mean) == (1.0, 0.0, None)
    assert report.rates.fill == round(2 / trip.seats_total, 4)
    assert report.days[2].active == Actives()
