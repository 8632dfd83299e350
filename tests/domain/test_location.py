"""When a driver is followed, by whom, and what of his way counts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.carpool.location import DriverLocation, Fix, Window, around, driven_m, driving_window, ride_window
from allonova.domain.carpool.ride_link import NotShareable, RideLink, link_ends_at, require_shareable
from allonova.domain.kernel.geo import Point
from tests.support.factories import ABIDJAN, DEPARTURE, HOUR, MINUTE, NDOUCI, NOW, SECOND, new_id

DAY = 24 * HOUR


def test_followed_from_a_day_before_departure_to_a_day_after_arrival() -> None:
    arrival = DEPARTURE + 3 * HOUR
    assert driving_window(DEPARTURE, arrival) == Window(DEPARTURE - DAY, arrival + DAY)
    assert around(DEPARTURE) == Window(DEPARTURE - 30 * MINUTE, DEPARTURE + 30 * MINUTE)


@pytest.mark.parametrize(("checked_in", "since"), [(None, -30), (-120, -120), (-30, -30), (10, -30)])
def test_of_the_drivers_way_a_passenger_sees_his_own_ride(checked_in: int | None, since: int) -> None:
    arrival = DEPARTURE + 3 * HOUR
    checked_in_at = None if checked_in is None else DEPARTURE + checked_in * MINUTE
    for ended_at, until in ((None, arrival + 6 * HOUR), (arrival - HOUR, arrival - HOUR)):
        window = ride_window(DEPARTURE, arrival, checked_in_at=checked_in_at, ended_at=ended_at)
        assert window == Window(DEPARTURE + since * MINUTE, until)


def test_position_says_nothing_of_now_after_two_minutes() -> None:
    fix = Fix(driver_id=new_id(), point=ABIDJAN, at=NOW)
    assert fix.is_fresh(NOW)
    assert fix.is_fresh(NOW + 2 * MINUTE)
    assert not fix.is_fresh(NOW + 2 * MINUTE + SECOND)


def seen(*points: Point) -> list[DriverLocation]:
    driver, trip = new_id(), new_id()
    return [DriverLocation(id=new_id(), trip_id=trip, driver_id=driver, point=one, created_at=NOW) for one in points]


def test_small_steps_add_up_until_they_are_a_stride() -> None:
    steps = [Point(5.0, -4.0 + n * 0.0001) for n in range(11)]  # eleven metres each
    whole = steps[0].distance_m(steps[9])
    assert driven_m(seen(*steps)) == round(whole)
    assert driven_m(seen(*steps[:3])) == 0
    assert driven_m(seen(ABIDJAN, NDOUCI, ABIDJAN)) == round(2 * ABIDJAN.distance_m(NDOUCI))
    assert driven_m([]) == 0
    kept = seen(ABIDJAN)[0]
    assert kept.fix == Fix(driver_id=kept.driver_id, point=ABIDJAN, at=NOW)


def test_a_ride_is_followed_only_while_it_is_paid_and_not_over() -> None:
    require_shareable(BookingStatus.PAID)
    for status in BookingStatus:
        if status is not BookingStatus.PAID:
            with pytest.raises(NotShareable) as refused:
                require_shareable(status)
            assert refused.value.status == status
    arrival = datetime(2025, 10, 2, 11, 30, tzinfo=UTC)
    assert link_ends_at(arrival) == arrival + DAY
    link = RideLink(
        id=new_id(), booking_id=new_id(), token_hash="h", expires_at=arrival, created_at=NOW, updated_at=NOW
    )
    link.revoke(NOW + HOUR)
    assert link.revoked_at == link.updated_at == NOW + HOUR
